import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { listRuns, readRun } from '../../src/store/read-runs.ts';
import type { RunRecord } from '../../src/store/run-record.ts';
import { writeRun } from '../../src/store/write-run.ts';
import { caseRow, fullRecord, largeRecord } from './record.ts';
import { opened, temporaryDirectory } from './temporary-store.ts';

test('a run comes back equal to what was written', async () => {
  const store = await opened(join(temporaryDirectory(), 'new', 'store.sqlite'));
  const record = fullRecord();
  expect(await writeRun(store, record)).toBe('stored');
  expect(await readRun(store, record.run.id)).toEqual(record);
});

test('a run without anything optional comes back equal', async () => {
  const store = await opened(join(temporaryDirectory(), 'store.sqlite'));
  const full = fullRecord();
  const { account: _a, ci: _c, ...run } = full.run;
  const { mpiFamily: _f, mpiAbi: _b, ...image } = full.image;
  const bare: RunRecord = {
    run: { ...run, outcome: 'interrupted' },
    image: { ...image, layers: [], packages: [] },
    suites: [],
    allocations: [],
    cases: [],
    findings: [],
    observations: [],
    facts: [],
    ranks: [],
    notes: [],
    files: [],
  };
  await writeRun(store, bare);
  expect(await readRun(store, 'latest')).toEqual(bare);
});

const odd = [
  `quotes ' " \` and ); DROP TABLE runTable;--`,
  'a NUL \0 in the middle',
  'ESC \x1b[31m, CR \r, tab \t and newline \n',
  'emoji 👩‍🔬, combining e\u0301, right to left \u202e',
  '',
  ' ',
  'NULL',
  '__proto__',
  '1e999',
  '\u{10ffff}\uffff\ufeff',
  'x'.repeat(300_000),
];

test.each(odd.map((text) => [text.slice(0, 40), text] as const))('odd text survives: %j', async (_, text) => {
  const store = await opened(join(temporaryDirectory(), 'store.sqlite'));
  const base = fullRecord();
  const record: RunRecord = {
    ...base,
    run: { ...base.run, user: text, directory: text },
    cases: [
      caseRow(`case ${text}`, { reason: text, parameters: { [text]: text, other: 1 }, environment: { [text]: text } }),
    ],
    findings: [
      { case: `case ${text}`, check: text, kind: text, verdict: 'invalid', message: text, data: { [text]: text } },
    ],
    observations: [{ case: `case ${text}`, name: text, text, unit: text, file: text, line: 1 }],
    facts: [{ node: text, group: text, key: text, value: text, source: text }],
    ranks: [
      {
        case: `case ${text}`,
        rank: 0,
        node: text,
        libraries: [{ path: text }, { path: text, origin: 'image', digest: digestOf(text) }],
      },
    ],
    notes: [{ case: `case ${text}`, about: 'seen', text }],
    files: [{ case: `case ${text}`, path: text, digest: digestOf(text), size: 1 }],
  };
  await writeRun(store, record);
  expect(await readRun(store, record.run.id)).toEqual(record);
});

test('an unpaired surrogate, which UTF-8 has no form for, becomes U+FFFD', async () => {
  const store = await opened(join(temporaryDirectory(), 'store.sqlite'));
  const base = fullRecord();
  await writeRun(store, { ...base, run: { ...base.run, user: 'cut \ud83d here' } });
  expect((await readRun(store, 'latest')).run.user).toBe('cut \ufffd here');
});

test.each([0, 1, -1, 0.1, 2 ** 53, -(2 ** 53), 1e300, 5e-324, Number.MAX_VALUE, 1 / 3])(
  'the number %d comes back with every bit',
  async (number) => {
    const store = await opened(join(temporaryDirectory(), 'store.sqlite'));
    const base = fullRecord();
    const name = 'n';
    const record: RunRecord = {
      ...base,
      cases: [caseRow(name, { parameters: { p: number } })],
      findings: [{ case: name, check: 'c', kind: 'k', verdict: 'pass', message: '', data: { number } }],
      observations: [{ case: name, name: 'o', number, unit: '1', file: 'f', line: 1 }],
      ranks: [],
      notes: [],
      files: [],
    };
    await writeRun(store, record);
    expect(await readRun(store, 'latest')).toEqual(record);
  },
);

test.each([Number.NaN, Number.POSITIVE_INFINITY])('%d is refused and leaves the store as it was', async (number) => {
  const store = await opened(join(temporaryDirectory(), 'store.sqlite'));
  const base = fullRecord();
  const [first] = base.observations;
  const record = { ...base, observations: first ? [{ ...first, number }] : [] };
  await expect(writeRun(store, record)).rejects.toThrow('observation_number');
  expect(await listRuns(store)).toEqual([]);
});

test('rows that refer to nothing, and two cases of one name, are refused whole', async () => {
  const store = await opened(join(temporaryDirectory(), 'store.sqlite'));
  const base = fullRecord();
  const [finding] = base.findings;
  const stray = { ...base, findings: finding ? [{ ...finding, case: 'elsewhere' }] : [] };
  await expect(writeRun(store, stray)).rejects.toThrow('"elsewhere"');
  await expect(writeRun(store, { ...base, cases: [caseRow('a'), caseRow('a')] })).rejects.toThrow('named "a"');
  await expect(writeRun(store, { ...base, cases: [caseRow('a', { allocation: 'a9' })] })).rejects.toThrow('"a9"');
  expect(await listRuns(store)).toEqual([]);
});

test('environments come back as they were, and one that several cases share is kept once', async () => {
  const path = join(temporaryDirectory(), 'store.sqlite');
  const store = await opened(path);
  const base = fullRecord();
  const cases = [
    caseRow('a', { environment: { A: '1', B: '2' } }),
    caseRow('b', { environment: { B: '2', A: '1' } }),
    caseRow('c', { environment: { A: '1', B: '3' } }),
    caseRow('d', { environment: {} }),
    caseRow('e'),
  ];
  const record: RunRecord = { ...base, cases, findings: [], observations: [], ranks: [], notes: [], files: [] };
  await writeRun(store, record);
  expect(await readRun(store, 'latest')).toEqual(record);
  const count = (from: string) => store.attempt((database) => database.rows(`SELECT count(*) AS n FROM ${from}`)[0]?.n);
  expect(await count('environment_set')).toBe(3);
  expect(await count('environment_variable')).toBe(4);
  await writeRun(store, { ...record, run: { ...record.run, journalDigest: digestOf('grown') }, cases: [] });
  expect(await count('environment_set')).toBe(0);
});

test('a run of 1,000 cases is written and read quickly', async () => {
  const path = join(temporaryDirectory(), 'store.sqlite');
  const store = await opened(path);
  const record = largeRecord('big', 1000);
  const start = performance.now();
  await writeRun(store, record);
  const written = performance.now();
  const back = await readRun(store, 'big');
  const read = performance.now();
  const rows = 1000 + 5000 * 4 + 2000 + 5000;
  process.stderr.write(
    `1,000 cases (about ${rows} rows, ${statSync(path).size} bytes): written in ${Math.round(written - start)} ms, read in ${Math.round(read - written)} ms\n`,
  );
  expect(back).toEqual(record);
  expect(written - start).toBeLessThan(20_000);
});
