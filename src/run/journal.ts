/**
 * The journal of a run: one JSON object a line, appended and fsynced, each holding the digest of the line before it. A
 * line cut by a crash is dropped when the run is opened again; a change anywhere else breaks the chain and is found.
 */
import { canonicalJson, type Digest, digestOf } from '../base/digest.ts';
import { hasCode } from '../system/files.ts';
import { redact } from '../system/log.ts';
import type { System } from '../system/system.ts';
import { runDirectoryUnwritable, runJournalBroken } from './errors.ts';
import type { Event, EventBody } from './event.ts';
import { foldEvent, foldEvents, type RunState } from './state.ts';

/** The `prev` of the first line. */
export const firstPrev: Digest = digestOf('');

/** What reading a journal gives: whole events, the digest of the last line, and how many bytes of a cut line follow. */
export interface JournalText {
  readonly events: readonly Event[];
  readonly head: Digest;
  readonly cutBytes: number;
  /** Where the chain breaks, if it does. */
  readonly broken?: string;
}

/** Reads a journal's text. Pure; never throws. */
export function readJournal(text: string): JournalText {
  const events: Event[] = [];
  let head = firstPrev;
  let from = 0;
  while (from < text.length) {
    const end = text.indexOf('\n', from);
    if (end < 0) return { events, head, cutBytes: Buffer.byteLength(text.slice(from)) };
    const line = text.slice(from, end);
    const event = parseLine(line);
    if (!event) return { events, head, cutBytes: 0, broken: `line ${events.length + 1} is not an event` };
    if (event.prev !== head || event.seq !== events.length)
      return { events, head, cutBytes: 0, broken: `line ${events.length + 1} does not follow the line before it` };
    events.push(event);
    head = digestOf(line);
    from = end + 1;
  }
  return { events, head, cutBytes: 0 };
}

function parseLine(line: string): Event | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null) return undefined;
    const event = value as Event;
    return typeof event.type === 'string' && typeof event.seq === 'number' && typeof event.prev === 'string'
      ? event
      : undefined;
  } catch {
    return undefined;
  }
}

/** An open journal: what it holds, and the one way to add to it. */
export interface Journal {
  readonly path: string;
  readonly events: () => readonly Event[];
  /** What the events add up to, kept as they are added. */
  readonly state: () => RunState;
  readonly head: () => Digest;
  /** Adds events in order, synced to disk together before it returns. */
  readonly append: (...events: readonly EventBody[]) => Promise<void>;
}

/** Every string of an event with credentials taken out: the one writer of the journal is where redaction stands. */
function redactEvent(event: EventBody): EventBody {
  return JSON.parse(JSON.stringify(event), (_key, value: unknown) =>
    typeof value === 'string' ? redact(value) : value,
  ) as EventBody;
}

/** Opens a journal for appending; a cut last line is dropped. Throws RUN_JOURNAL_BROKEN when the chain does not hold. */
export async function openJournal(system: System, path: string): Promise<Journal> {
  const text = (await system.files.readTextIfThere(path)) ?? '';
  const read = readJournal(text);
  if (read.broken)
    throw runJournalBroken(
      `${path}: ${read.broken}`,
      'the run cannot be resumed; keep the directory for the record and start a new run',
    );
  if (read.cutBytes > 0) {
    const whole = Buffer.from(text);
    await system.files.writeAtomic(path, whole.subarray(0, whole.length - read.cutBytes));
  }
  const events: Event[] = [...read.events];
  let head = read.head;
  let state = foldEvents(events);
  return {
    path,
    events: () => events,
    state: () => state,
    head: () => head,
    append: async (...bodies) => {
      const added: { readonly event: Event; readonly line: string }[] = [];
      let prev = head;
      for (const body of bodies) {
        const event: Event = {
          ...redactEvent(body),
          seq: events.length + added.length,
          time: system.clock.now(),
          prev,
        };
        const line = canonicalJson(event);
        added.push({ event, line });
        prev = digestOf(line);
      }
      try {
        await system.files.appendDurably(path, added.map(({ line }) => `${line}\n`).join(''));
      } catch (error) {
        const full = hasCode(error, 'ENOSPC', 'EDQUOT') ? 'the file system is full' : String(error);
        throw runDirectoryUnwritable(`${path} cannot be written: ${full}`, 'make room, then resume the run', {
          cause: error,
        });
      }
      for (const { event } of added) {
        events.push(event);
        state = foldEvent(state, event);
      }
      head = prev;
    },
  };
}
