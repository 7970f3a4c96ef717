import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { openDatabase } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { migrations } from '../../src/store/migrations.ts';
import { listRuns, readRun } from '../../src/store/read-runs.ts';
import { openStore } from '../../src/store/store.ts';
import { writeRun } from '../../src/store/write-run.ts';
import { fullRecord, largeRecord } from './record.ts';
import { opened, system, temporaryDirectory } from './temporary-store.ts';

const somewhere = () => join(temporaryDirectory(), 'store.sqlite');

test('a new store has mode 0640 in a directory of 2750, whatever the umask', async () => {
  const directory = join(temporaryDirectory(), 'assay');
  const path = join(directory, 'store.sqlite');
  const mask = process.umask(0o077);
  onTestFinished(() => void process.umask(mask));
  await opened(path);
  expect((statSync(path).mode & 0o7777).toString(8)).toBe('640');
  expect((statSync(directory).mode & 0o7777).toString(8)).toBe('2750');
});

test('a directory that was there keeps its mode', async () => {
  const directory = temporaryDirectory();
  chmodSync(directory, 0o755);
  await opened(join(directory, 'store.sqlite'));
  expect((statSync(directory).mode & 0o7777).toString(8)).toBe('755');
});

test('a store uses a rollback journal, not WAL', async () => {
  const path = somewhere();
  const store = await opened(path);
  await writeRun(store, fullRecord());
  store.close();
  // Bytes 18 and 19 of the header: 1 is the rollback journal, 2 WAL (sqlite.org/fileformat2.html).
  expect([...readFileSync(path).subarray(18, 20)]).toEqual([1, 1]);
  expect(existsSync(`${path}-wal`)).toBe(false);
});

test('the same run twice changes nothing; a grown journal replaces; an older copy does not', async () => {
  const store = await opened(somewhere());
  const half = largeRecord('r', 2);
  const whole = largeRecord('r', 3, 5, digestOf('grown'));
  const later = { ...whole, run: { ...whole.run, endedAt: '2026-03-01T13:00:00.000Z' } };
  expect(await writeRun(store, fullRecord('other'))).toBe('stored');
  expect(await writeRun(store, half)).toBe('stored');
  expect(await writeRun(store, { ...half, cases: [] })).toBe('unchanged');
  expect(await readRun(store, 'r')).toEqual(half);
  expect(await writeRun(store, later)).toBe('replaced');
  expect(await readRun(store, 'r')).toEqual(later);
  expect(await writeRun(store, half)).toBe('newer-kept');
  expect(await readRun(store, 'r')).toEqual(later);
  expect(await readRun(store, 'other')).toEqual(fullRecord('other'));
  expect(await listRuns(store)).toHaveLength(2);
});

test('a replacement that fails leaves the run as it was', async () => {
  const store = await opened(somewhere());
  const record = fullRecord('r');
  await writeRun(store, record);
  const grown = { ...record, run: { ...record.run, journalDigest: digestOf('grown') }, cases: [] };
  await expect(writeRun(store, grown)).rejects.toThrow('which is not in it');
  expect(await readRun(store, 'r')).toEqual(record);
});

test('runs are found by id, by the beginning of it, and as the latest; others get a hint', async () => {
  const store = await opened(somewhere());
  await expect(readRun(store, 'latest')).rejects.toMatchObject({ code: 'STORE_RUN_UNKNOWN', hint: /run a suite/ });
  const at = (id: string, startedAt: string) => {
    const record = fullRecord(id);
    return { ...record, run: { ...record.run, startedAt } };
  };
  await writeRun(store, at('0302-bbbb', '2026-03-02T00:00:00.000Z'));
  await writeRun(store, at('0301-aaaa', '2026-03-01T00:00:00.000Z'));
  await writeRun(store, at('0301-aaab', '2026-03-01T00:00:00.100Z'));
  expect((await readRun(store, 'latest')).run.id).toBe('0302-bbbb');
  expect((await readRun(store, '0302')).run.id).toBe('0302-bbbb');
  expect((await readRun(store, '0301-aaab')).run.id).toBe('0301-aaab');
  expect((await listRuns(store)).map(({ run }) => run.id)).toEqual(['0302-bbbb', '0301-aaab', '0301-aaaa']);
  expect(await listRuns(store, { limit: 1 })).toMatchObject([
    { run: { id: '0302-bbbb' }, verdicts: { fail: 1, skip: 1 } },
  ]);
  expect(await listRuns(store, { image: digestOf('none') })).toEqual([]);
  await expect(readRun(store, '0301')).rejects.toMatchObject({ hint: expect.stringContaining('0301-aaab, 0301-aaaa') });
  await expect(readRun(store, '0302-bbbc')).rejects.toMatchObject({ hint: 'did you mean "0302-bbbb"?' });
  await expect(readRun(store, 'zz')).rejects.toMatchObject({ hint: expect.stringContaining('0302-bbbb') });
  await expect(readRun(store, '')).rejects.toMatchObject({ code: 'STORE_RUN_UNKNOWN' });
});

test('a store that another process holds is waited for, and then an error says so', async () => {
  const path = somewhere();
  const store = await opened(path, 'write', { limitSeconds: 0.3 });
  const other = await openDatabase(path, 'write');
  onTestFinished(other.close);
  other.script('BEGIN IMMEDIATE');
  await expect(writeRun(store, fullRecord())).rejects.toMatchObject({
    code: 'STORE_LOCKED',
    kind: 'site',
    hint: expect.stringContaining('--resume r-20260301-1200-ab12'),
  });
  other.script('ROLLBACK');
  expect(await writeRun(store, fullRecord())).toBe('stored');
});

test('a store that is let go in time is written', async () => {
  const path = somewhere();
  const store = await opened(path);
  const other = await openDatabase(path, 'write');
  onTestFinished(other.close);
  other.script('BEGIN IMMEDIATE');
  const writing = writeRun(store, fullRecord());
  setTimeout(() => other.script('ROLLBACK'), 50);
  expect(await writing).toBe('stored');
});

test('a reader wants a store that is there and holds something', async () => {
  const path = somewhere();
  await expect(openStore(system, path, 'read')).rejects.toMatchObject({ code: 'STORE_MISSING' });
  expect(existsSync(path)).toBe(false);
  writeFileSync(path, '');
  await expect(openStore(system, path, 'read')).rejects.toMatchObject({ code: 'STORE_MISSING' });
});

test.each([
  ['text', 'this is a text file, and rather longer than a header of SQLite, which takes one hundred bytes in all, so'],
  ['short', 'x'],
  ['JSON', '{"runs": []}'.repeat(400)],
])('a file of something else is refused and left alone: %s', async (_, content) => {
  const path = somewhere();
  writeFileSync(path, content);
  for (const access of ['read', 'write'] as const)
    await expect(openStore(system, path, access)).rejects.toMatchObject({ code: 'STORE_FOREIGN' });
  expect(readFileSync(path, 'utf8')).toBe(content);
});

test("another program's SQLite file is refused and left alone, with or without a version", async () => {
  for (const version of [0, 1, 7]) {
    const path = somewhere();
    writeFileSync(path, '');
    const other = await openDatabase(path, 'write');
    other.script(`CREATE TABLE theirs (x); PRAGMA user_version = ${version}`);
    other.close();
    const before = readFileSync(path);
    for (const access of ['read', 'write'] as const)
      await expect(openStore(system, path, access)).rejects.toMatchObject({ code: 'STORE_FOREIGN' });
    expect(readFileSync(path).equals(before)).toBe(true);
  }
});

test('a store of a newer Assay is refused and left alone', async () => {
  const path = somewhere();
  (await opened(path)).close();
  const newer = await openDatabase(path, 'write');
  newer.script(`PRAGMA user_version = ${migrations.length + 1}`);
  newer.close();
  const before = readFileSync(path);
  for (const access of ['read', 'write'] as const)
    await expect(openStore(system, path, access)).rejects.toMatchObject({
      code: 'STORE_NEWER',
      hint: expect.stringContaining('newer Assay'),
    });
  expect(readFileSync(path).equals(before)).toBe(true);
});

test('a later step keeps what is there; a step that fails changes nothing; an edited step is refused', async () => {
  const path = somewhere();
  const store = await opened(path);
  await writeRun(store, fullRecord('r'));
  store.close();
  const add = (sql: string) => [...migrations, { number: migrations.length + 1, name: 'more', sql }];
  const database = await openDatabase(path, 'write');
  onTestFinished(database.close);
  const before = readFileSync(path);
  const failing = add('CREATE TABLE extra (extra_id INTEGER PRIMARY KEY); INSERT INTO nowhere VALUES (1)');
  expect(() => migrate(database, failing, 'now')).toThrow('nowhere');
  const dangling = add('DELETE FROM runTable');
  expect(() => migrate(database, dangling, 'now')).toThrow('refers to nothing');
  expect(readFileSync(path).equals(before)).toBe(true);
  migrate(database, add('CREATE TABLE extra (extra_id INTEGER PRIMARY KEY)'), 'now');
  expect(database.rows('SELECT run_name FROM runTable JOIN extra')).toEqual([]);
  expect(database.rows('SELECT run_name FROM runTable')).toEqual([{ run_name: 'r' }]);
  expect(() => migrate(database, add('CREATE TABLE extra (other INTEGER)'), 'now')).toThrow('differ');
  await expect(openStore(system, path, 'read')).rejects.toMatchObject({ code: 'STORE_NEWER' });
});

test('a store of the first form is brought up to date with what it holds, and then takes environments', async () => {
  const path = somewhere();
  writeFileSync(path, '');
  const old = await openDatabase(path, 'write');
  migrate(old, migrations.slice(0, 1), 'now');
  const none = digestOf('none');
  old.run(
    `INSERT INTO runTable (run_timestamp, run_name, run_started_at, run_ended_at, run_outcome, run_directory, run_site,
       run_site_digest, run_plan_digest, run_journal_digest, run_assay_version, run_user, run_host)
     VALUES ('2026-01-01 00:00:00', 'old', '2026-01-01T00:00:00Z', '2026-01-01T00:00:01Z', 'accepted', '/r', 's', ?, ?, ?, '0', 'u', 'h')`,
    ...[none, none, none],
  );
  old.run(`INSERT INTO image VALUES (1, 1, 'i', ?, ?, ?, 'amd64', NULL, NULL, NULL)`, none, none, none);
  old.run(
    `INSERT INTO test_case (run_id, case_name, case_digest, case_suite, case_test, case_nodes, case_ranks, case_runtime,
       case_mpi, case_verdict, case_reason) VALUES (1, 'c', ?, 's', 't', 1, 1, 'r', 'm', 'pass', '')`,
    none,
  );
  old.run('INSERT INTO library_set VALUES (1, 1, ?)', none);
  old.run(`INSERT INTO library VALUES (1, 1, 1, '/usr/lib/libmpi.so.40')`);
  old.run(
    `INSERT INTO rank_process (run_id, case_id, library_set_id, rank_number, rank_node) VALUES (1, 1, 1, 0, 'n1')`,
  );
  old.close();
  await expect(openStore(system, path, 'read')).rejects.toMatchObject({ code: 'STORE_OLDER' });
  const store = await opened(path);
  const { cases, ranks, notes } = await readRun(store, 'old');
  expect(ranks).toEqual([{ case: 'c', rank: 0, node: 'n1', libraries: [{ path: '/usr/lib/libmpi.so.40' }] }]);
  expect(notes).toEqual([]);
  const [kept] = cases;
  expect(kept).toMatchObject({ name: 'c', verdict: 'pass' });
  expect(kept).not.toHaveProperty('environment');
  await writeRun(store, fullRecord('new'));
  expect(await readRun(store, 'new')).toEqual(fullRecord('new'));
});

test('a damaged file is named as such, with what to do', async () => {
  const path = somewhere();
  const store = await opened(path);
  await writeRun(store, largeRecord('r', 50));
  store.close();
  const bytes = readFileSync(path);
  bytes.fill(0xaa, 4096 * 3);
  writeFileSync(path, bytes);
  const damaged = openStore(system, path, 'read').then(async (reader) => {
    onTestFinished(reader.close);
    return readRun(reader, 'r');
  });
  await expect(damaged).rejects.toMatchObject({ code: 'STORE_CORRUPT', hint: expect.stringContaining('.recover') });
});

test('a cell that holds what Assay never writes is damage, not a verdict', async () => {
  const path = somewhere();
  const store = await opened(path);
  await writeRun(store, fullRecord('r'));
  const other = await openDatabase(path, 'write');
  onTestFinished(other.close);
  for (const [table, column, value] of [
    ['test_case', 'case_verdict', 'passed'],
    ['image', 'image_digest', 'latest'],
    ['output_file', 'file_size', 'large'],
    ['runTable', 'run_outcome', null],
  ] as const) {
    const copy = `${path}.${column}`;
    copyFileSync(path, copy);
    const changed = await openDatabase(copy, 'write');
    changed.run(`UPDATE ${table} SET ${column} = ?`, value);
    changed.close();
    await expect(readRun(await opened(copy, 'read'), 'r')).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      message: expect.stringContaining(`${table}.${column}`),
    });
  }
});

// Full and read-only file systems are made for real, which needs root. CI must have it; elsewhere we say so and go on.
const mayMount = process.platform === 'linux' && process.getuid?.() === 0;
if (!mayMount) process.stderr.write('not root: tests of full and read-only file systems are left out\n');
const mounting = test.runIf(mayMount || process.env.CI === 'true');

function mounted(kind: 'tmpfs' | 'ext4', megabytes: number): string {
  const directory = temporaryDirectory();
  const mount = join(directory, 'mnt');
  mkdirSync(mount);
  if (kind === 'tmpfs') execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', mount]);
  else {
    const disk = join(directory, 'disk');
    execFileSync('truncate', ['-s', `${megabytes}M`, disk]);
    execFileSync('mkfs.ext4', ['-q', '-m', '0', disk]);
    execFileSync('mount', ['-o', 'loop', disk, mount]);
  }
  onTestFinished(() => void execFileSync('umount', [mount]));
  return mount;
}

mounting.each(['tmpfs', 'ext4'] as const)(
  'on a full %s the error says so, the store keeps what it had, and it works again with room',
  async (kind) => {
    const mount = mounted(kind, kind === 'tmpfs' ? 1 : 2);
    const path = join(mount, 'store.sqlite');
    const store = await opened(path);
    await writeRun(store, fullRecord('old'));
    await expect(writeRun(store, largeRecord('big', 2000))).rejects.toMatchObject({
      code: 'STORE_FULL',
      kind: 'site',
      hint: expect.stringMatching(/free in .*mnt.*\/scratch\/runs\/big.*--resume big/),
    });
    expect(await readRun(store, 'old')).toEqual(fullRecord('old'));
    expect(await writeRun(store, fullRecord('small'))).toBe('stored');
    store.close();

    // Not one byte left: nothing can be made, and nothing can be added.
    const filler = join(mount, 'filler');
    fill(filler);
    const full = await opened(path);
    await expect(writeRun(full, largeRecord('more', 20))).rejects.toMatchObject({ code: 'STORE_FULL' });
    await expect(openStore(system, join(mount, 'second.sqlite'), 'write')).rejects.toMatchObject({
      code: 'STORE_FULL',
    });
    const reader = await opened(path, 'read');
    expect((await listRuns(reader)).map(({ run }) => run.id).sort()).toEqual(['old', 'small']);
    rmSync(filler);
    expect(await writeRun(full, largeRecord('more', 20))).toBe('stored');
  },
);

/** Writes until no byte more goes in. */
function fill(path: string): void {
  const file = openSync(path, 'w');
  for (const size of [65536, 4096, 512, 1]) {
    try {
      for (;;) writeSync(file, Buffer.alloc(size));
    } catch {
      // Full for pieces of this size.
    }
  }
  closeSync(file);
}

mounting('on a read-only file system a store can be read, and writing says why not', async () => {
  const mount = mounted('tmpfs', 4);
  const path = join(mount, 'store.sqlite');
  const store = await opened(path);
  await writeRun(store, fullRecord());
  store.close();
  execFileSync('mount', ['-o', 'remount,ro', mount]);
  const reader = await opened(path, 'read');
  expect(await readRun(reader, 'latest')).toEqual(fullRecord());
  const refused = opened(path).then((writer) => writeRun(writer, fullRecord('second')));
  await expect(refused).rejects.toMatchObject({ code: 'STORE_UNWRITABLE', hint: expect.stringContaining('mode 640') });
  await expect(openStore(system, join(mount, 'new.sqlite'), 'write')).rejects.toMatchObject({
    code: 'STORE_UNWRITABLE',
  });
});

test('a path through something that is no directory says why it cannot be written', async () => {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, 'file'), 'x');
  await expect(openStore(system, join(directory, 'file', 'store.sqlite'), 'write')).rejects.toMatchObject({
    code: 'STORE_UNWRITABLE',
  });
  await expect(openStore(system, directory, 'write')).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' });
});
