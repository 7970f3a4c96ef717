import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { firstPrev, openJournal, readJournal } from '../../src/run/journal.ts';
import { foldEvents } from '../../src/run/state.ts';
import { realSystem } from '../../src/system/real-system.ts';

const system = realSystem(true);
let path = '';
let directory = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'assay-journal-'));
  path = join(directory, 'journal.jsonl');
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

async function three(): Promise<string> {
  const journal = await openJournal(system, path);
  await journal.append({ type: 'submitting', allocation: 'a1', key: 'k', script: digestOf('s') });
  await journal.append({ type: 'submitted', allocation: 'a1', job: '7', how: 'answered' });
  await journal.append({ type: 'finished' });
  return readFileSync(path, 'utf8');
}

describe('the journal', () => {
  it('chains its lines, and its end has a digest', async () => {
    const text = await three();
    const { events, head, broken } = readJournal(text);
    expect(events.map((event) => event.type)).toEqual(['submitting', 'submitted', 'finished']);
    expect(events[0]?.prev).toBe(firstPrev);
    expect(head).toBe(digestOf(text.trimEnd().split('\n')[2] ?? ''));
    expect(broken).toBeUndefined();
  });

  it('drops a line that a crash cut, and goes on after the whole ones', async () => {
    const text = await three();
    appendFileSync(path, '{"type":"fini');
    const journal = await openJournal(system, path);
    expect(journal.events().length).toBe(3);
    expect(readFileSync(path, 'utf8')).toBe(text);
    await journal.append({ type: 'finished' });
    expect(readJournal(readFileSync(path, 'utf8')).events.length).toBe(4);
  });

  it('finds a change in any line but the last, and a line that was taken out', async () => {
    const text = await three();
    const lines = text.trimEnd().split('\n');
    const changed = text.replace('"job":"7"', '"job":"8"');
    expect(readJournal(changed).broken).toContain('line 3');
    expect(readJournal(`${lines[0]}\n${lines[2]}\n`).broken).toContain('line 2');
    writeFileSync(path, changed);
    await expect(openJournal(system, path)).rejects.toMatchObject({ code: 'RUN_JOURNAL_BROKEN' });
  });

  it('never holds a credential', async () => {
    const journal = await openJournal(system, path);
    const why = 'could not read https://user:hunter22@registry/v2 with Bearer abcdefghijklmnop';
    await journal.append({ type: 'allocation-ended', allocation: 'a1', state: 'failed', why });
    const text = readFileSync(path, 'utf8');
    expect(text).not.toContain('hunter22');
    expect(text).not.toContain('abcdefghijklmnop');
  });

  it('adds several events at once as it adds them one by one, and keeps its state', async () => {
    await three();
    const journal = await openJournal(system, path);
    await journal.append({ type: 'held', why: 'w', action: 'leave', jobs: [] }, { type: 'finished' });
    const read = readJournal(readFileSync(path, 'utf8'));
    expect(read.broken).toBeUndefined();
    expect(read.events.map((event) => event.type).slice(3)).toEqual(['held', 'finished']);
    expect(journal.head()).toBe(read.head);
    expect(journal.state()).toEqual(foldEvents(read.events));
  });

  it('folds to the same state however often it is read', async () => {
    const { events } = readJournal(await three());
    expect(foldEvents(events)).toEqual(foldEvents([...events]));
    expect(foldEvents([])).toEqual({ allocations: [], skips: [], trees: [] });
  });
});
