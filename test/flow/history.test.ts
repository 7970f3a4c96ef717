import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { compareStored } from '../../src/flow/compare.ts';
import { history, spreadOf } from '../../src/flow/history.ts';
import type { RunRecord } from '../../src/store/run-record.ts';
import { writeRun } from '../../src/store/write-run.ts';
import { caseRow, fullRecord } from '../store/record.ts';
import { opened, system, temporaryDirectory } from '../store/temporary-store.ts';

function run(day: number, rates: Readonly<Record<string, number>>, image = 'manifest'): RunRecord {
  const full = fullRecord(`2026030${day}T120000Z-aaaaaaaa`);
  return {
    ...full,
    run: { ...full.run, outcome: 'accepted', startedAt: `2026-03-0${day}T12:00:00.000Z` },
    image: { ...full.image, digest: digestOf(image) },
    cases: Object.keys(rates).map((name) => caseRow(name)),
    findings: [],
    observations: Object.entries(rates).map(([name, number]) => ({
      ...{ case: name, name: 'rate', number, unit: '1/s', better: 'higher' as const, file: 'stdout', line: 1 },
    })),
    ranks: [],
    notes: [],
    files: [],
  };
}

/** A site file whose store holds these runs. */
async function siteWith(runs: readonly RunRecord[]): Promise<string> {
  const directory = temporaryDirectory();
  const path = join(directory, 'site.yaml');
  const text = readFileSync('sites/cluster.yaml', 'utf8');
  writeFileSync(path, text.replace('~/assay/assay.db', join(directory, 'store.db')));
  const store = await opened(join(directory, 'store.db'));
  for (const record of runs) await writeRun(store, record);
  return path;
}

const three = [
  run(2, { 'lammps/melt n=1': 110, 'lammps/melt n=2': 200 }),
  run(1, { 'lammps/melt n=1': 100, 'lammps/melt n=2': 190 }),
  run(3, { 'lammps/melt n=1': 140, 'lammps/melt n=2': 260 }, 'other'),
];

test('values come by case, the newest last, with run, image, kernel and spread', async () => {
  const site = await siteWith(three);
  const found = await history(system, { site, metric: 'rate', limit: 20 });
  expect(found.map((one) => [one.case, ...one.values.map(({ value }) => value)])).toEqual([
    ['lammps/melt n=1', 100, 110, 140],
    ['lammps/melt n=2', 190, 200, 260],
  ]);
  expect(found[0]?.spread).toEqual({ count: 3, median: 110, mad: 10, least: 100, most: 140 });
  expect(found[0]?.values[2]).toEqual({
    run: '20260303T120000Z-aaaaaaaa',
    startedAt: '2026-03-03T12:00:00.000Z',
    outcome: 'accepted',
    image: 'registry.example.org/code:1',
    digest: digestOf('other'),
    kernels: ['6.1.0'],
    case: 'lammps/melt n=1',
    verdict: 'pass',
    value: 140,
    unit: '1/s',
    better: 'higher',
  });
});

test('a case, an image and a limit choose', async () => {
  const site = await siteWith(three);
  const values = async (more: object) => {
    const found = await history(system, { site, metric: 'rate', limit: 20, ...more });
    return found.map((one) => one.values.map(({ value }) => value));
  };
  expect(await values({ metric: 'lammps/melt n=2:rate' })).toEqual([[190, 200, 260]]);
  expect(await values({ case: 'lammps/melt' })).toHaveLength(2);
  expect(await values({ limit: 1 })).toEqual([[140], [260]]);
  expect(await values({ image: digestOf('other') })).toEqual([[140], [260]]);
  expect(await values({ image: digestOf('manifest').slice(7, 17), case: 'lammps/melt n=1' })).toEqual([[100, 110]]);
  expect(await values({ image: 'registry.example.org/code:1' })).toHaveLength(2);
});

test.each([
  [{ metric: 'rat' }, 'did you mean "rate"?'],
  [{ metric: 'nonsense' }, 'there are: rate'],
  [{ metric: 'rate', case: 'lammps/melt n=3' }, 'did you mean "lammps/melt n=1"?'],
  [{ metric: 'rate', image: 'sha256:000000' }, 'it was measured with: registry.example.org/code:1'],
])('what is not there is told with what is: %j', async (asked, hint) => {
  const site = await siteWith(three);
  await expect(history(system, { site, limit: 20, ...asked })).rejects.toMatchObject({
    code: 'STORE_METRIC_UNKNOWN',
    hint: expect.stringContaining(hint),
  });
});

test('the spread of an even count lies between the two in the middle', () => {
  expect(spreadOf([4, 1, 3, 2])).toEqual({ count: 4, median: 2.5, mad: 1, least: 1, most: 4 });
  expect(spreadOf([7])).toEqual({ count: 1, median: 7, mad: 0, least: 7, most: 7 });
});

test('two runs of the store are compared by their addresses', async () => {
  const site = await siteWith(three);
  const found = await compareStored(system, site, 'latest~1', 'latest');
  expect([found.left.id.slice(0, 8), found.right.id.slice(0, 8)]).toEqual(['20260302', '20260303']);
  expect(found.causes.map((one) => `${one.kind} ${one.name}`)).toEqual(['image digest']);
  expect(found.effects).toMatchObject([{ direction: 'better' }, { direction: 'better' }]);
});
