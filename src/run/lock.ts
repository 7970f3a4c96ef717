/** Who drives a run: a file made exclusively, which says host, process and its start, and is touched while it is held. */
import { messageOf } from '../base/error.ts';
import { hasCode } from '../system/files.ts';
import type { System } from '../system/system.ts';
import { runDirectoryUnwritable, runLocked } from './errors.ts';

/** A held lock. */
export interface RunLock {
  /** Says that the holder still lives; call it at every turn of the loop, it writes now and then. */
  readonly touch: () => Promise<void>;
  readonly release: () => Promise<void>;
}

interface Holder {
  readonly host: string;
  readonly pid: number;
  readonly start: string;
  readonly time: string;
}

/** A lock whose holder is on another host is stale when it was not touched for this long, in seconds. */
const staleAfter = 120;

/** Start of a process in clock ticks since boot, field 22 of /proc/PID/stat (proc(5)); empty when there is none. */
async function startOf(system: System, pid: number): Promise<string> {
  const stat = (await system.files.readTextIfThere(`/proc/${pid}/stat`)) ?? '';
  return stat.slice(stat.lastIndexOf(') ') + 2).split(' ')[19] ?? '';
}

async function isAlive(holder: Holder, system: System): Promise<boolean> {
  if (holder.host === system.environment.host)
    return holder.start !== '' && (await startOf(system, holder.pid)) === holder.start;
  return Date.parse(system.clock.now()) - Date.parse(holder.time) < staleAfter * 1000;
}

async function createLock(system: System, path: string, content: string): Promise<boolean> {
  try {
    return await system.files.createExclusive(path, content);
  } catch (error) {
    if (!hasCode(error, 'EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT')) throw error;
    throw runDirectoryUnwritable(
      `the run directory cannot be written: ${messageOf(error)}`,
      'a run is gone on with by the user who began it; or make room',
      { cause: error },
    );
  }
}

/** Takes the lock or throws RUN_LOCKED, naming who holds it. A dead holder's lock is taken over. */
export async function takeLock(system: System, path: string): Promise<RunLock> {
  const own = async (): Promise<string> => {
    const holder: Holder = {
      host: system.environment.host,
      pid: process.pid,
      start: await startOf(system, process.pid),
      time: system.clock.now(),
    };
    return `${JSON.stringify(holder)}\n`;
  };
  for (let attempt = 0; attempt < 100; attempt += 1) {
    if (await createLock(system, path, await own())) return held(system, path, own);
    const text = await system.files.readTextIfThere(path);
    const holder = readHolder(text);
    if (holder && (await isAlive(holder, system)))
      throw runLocked(
        `the run is driven by process ${holder.pid} on ${holder.host}`,
        'wait for it, or end that process first; a run is never driven twice',
      );
    if (text !== undefined && (await removeStale(system, path, text, await own()))) continue;
    await system.clock.sleep(0.02 + Math.random() * 0.05);
  }
  throw runLocked('the run is being taken over by another process', 'wait a moment and try again');
}

function held(system: System, path: string, own: () => Promise<string>): RunLock {
  let touched = system.clock.monotonic();
  const isOurs = async (): Promise<boolean> => {
    const [there, here] = [readHolder(await system.files.readTextIfThere(path)), readHolder(await own())];
    return there?.host === here?.host && there?.pid === here?.pid && there?.start === here?.start;
  };
  return {
    touch: async () => {
      if (system.clock.monotonic() - touched < staleAfter / 10) return;
      touched = system.clock.monotonic();
      if (!(await isOurs()))
        throw runLocked('another process took the run over while this one stood still', 'leave the run to it');
      await system.files.writeAtomic(path, await own());
    },
    release: async () => {
      if (await isOurs()) await system.files.remove(path);
    },
  };
}

/**
 * Removes a lock that was found stale, if it still is that one. Whoever removes one holds a second lock meanwhile: of
 * several who found it stale a late one would else remove what an earlier one took since.
 */
async function removeStale(system: System, path: string, stale: string, own: string): Promise<boolean> {
  const takeover = `${path}.takeover`;
  if (!(await createLock(system, takeover, own))) {
    // Held for an instant only: an old one was left by a process that died in that instant.
    const since = (await system.files.stat(takeover))?.mtimeMs ?? Number.POSITIVE_INFINITY;
    if (Date.parse(system.clock.now()) - since > staleAfter * 1000) await system.files.remove(takeover);
    return false;
  }
  try {
    if ((await system.files.readTextIfThere(path)) !== stale) return false;
    await system.files.remove(path);
    return true;
  } finally {
    await system.files.remove(takeover);
  }
}

function readHolder(text: string | undefined): Holder | undefined {
  try {
    const value = JSON.parse(text ?? '') as Partial<Holder>;
    const { host, pid, start, time } = value;
    return typeof host === 'string' && typeof pid === 'number' && typeof start === 'string' && typeof time === 'string'
      ? { host, pid, start, time }
      : undefined;
  } catch {
    return undefined;
  }
}
