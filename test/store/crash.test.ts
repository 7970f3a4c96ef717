import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '../../src/store/database.ts';
import { listRuns, readRun } from '../../src/store/read-runs.ts';
import { writeRun } from '../../src/store/write-run.ts';
import { type Built, built } from './built.ts';
import { fullRecord } from './record.ts';
import { opened, temporaryDirectory } from './temporary-store.ts';

let program: Built;
beforeAll(() => {
  program = built(`
const [path, name, runs, cases] = words;
if (name === undefined) {
  await openStore(system, path, 'read').catch((error) => console.log(error.code, error.message, error.hint));
  process.exit();
}
const store = await openStore(system, path, 'write');
for (let i = 0; i < Number(runs); i += 1) await writeRun(store, largeRecord(name + i, Number(cases)));
store.close();
`);
});
afterAll(() => program.remove());

test('kill -9 in the middle of a write leaves the old state, for a reader and for the next writer', async () => {
  const path = join(temporaryDirectory(), 'store.sqlite');
  const first = await opened(path);
  await writeRun(first, fullRecord('old'));
  first.close();
  const before = statSync(path).size;

  // So much that SQLite must write pages of the file itself before the transaction ends.
  const child = spawn(process.execPath, [program.path, path, 'big', '1', '12000'], { stdio: 'ignore' });
  const gone = once(child, 'exit');
  const inTheMiddle = () => existsSync(`${path}-journal`) && statSync(path).size > before + 1_000_000;
  while (!inTheMiddle() && child.exitCode === null) await wait(2);
  child.kill('SIGKILL');
  await gone;
  expect(child.signalCode).toBe('SIGKILL');
  expect(existsSync(`${path}-journal`)).toBe(true);

  if (process.getuid?.() === 0) await refusedToAnother(path);

  const reader = await opened(path, 'read');
  expect((await listRuns(reader)).map(({ run }) => run.id)).toEqual(['old']);
  expect(await readRun(reader, 'old')).toEqual(fullRecord('old'));
  reader.close();

  const writer = await opened(path);
  expect(await writeRun(writer, fullRecord('new'))).toBe('stored');
  writer.close();
  const database = await openDatabase(path, 'read');
  expect(database.rows('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
  expect(database.rows('PRAGMA foreign_key_check')).toEqual([]);
  database.close();
});

/** A reader who may not write cannot roll back, and is told who can. */
async function refusedToAnother(path: string): Promise<void> {
  for (const directory of [dirname(path), dirname(program.path)]) chmodSync(directory, 0o755);
  chmodSync(path, 0o644);
  chmodSync(`${path}-journal`, 0o644);
  const child = spawn(process.execPath, [program.path, path], {
    uid: 65534,
    gid: 65534,
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
  });
  await once(child, 'close');
  expect(printed).toMatch(/^STORE_UNREADABLE a process died while .* belongs to uid 0 with mode 644/);
}

test('two processes that make and fill one store at once both get all of their runs in', async () => {
  const path = join(temporaryDirectory(), 'made', 'store.sqlite');
  const exits = ['a', 'b'].map(async (name) => {
    const child = spawn(process.execPath, [program.path, path, name, '8', '100'], { stdio: 'inherit' });
    const [code] = await once(child, 'exit');
    return code as number;
  });
  expect(await Promise.all(exits)).toEqual([0, 0]);
  const store = await opened(path, 'read');
  const runs = await listRuns(store);
  expect(runs.map(({ run }) => run.id).sort()).toEqual([
    ...[0, 1, 2, 3, 4, 5, 6, 7].map((n) => `a${n}`),
    ...[0, 1, 2, 3, 4, 5, 6, 7].map((n) => `b${n}`),
  ]);
  expect(runs.every(({ verdicts }) => verdicts.pass === 100)).toBe(true);
});
