import { join } from 'node:path';
import { expect, test } from 'vitest';
import { newestNodeFacts, newestPartitionFacts } from '../../src/store/read-nodes.ts';
import type { FactRow } from '../../src/store/run-record.ts';
import { writeRun } from '../../src/store/write-run.ts';
import { fullRecord } from './record.ts';
import { opened, temporaryDirectory } from './temporary-store.ts';

const fact = (node: string, value: string, group = 'kernel'): FactRow => {
  return { node, group, key: 'release', value, source: '/proc/sys/kernel/osrelease' };
};

test('of every node of a site the facts that it told last are given', async () => {
  const store = await opened(join(temporaryDirectory(), 'store.sqlite'));
  const runs: readonly [string, string, string, readonly FactRow[]][] = [
    [
      'late',
      '2026-03-03T00:00:00.000Z',
      'here',
      [fact('n1', '6.2'), fact('n1', 'x', 'mpi'), fact('n1', 'y', 'modules')],
    ],
    ['early', '2026-03-01T00:00:00.000Z', 'here', [fact('n1', '6.1'), fact('n2', '6.1')]],
    ['elsewhere', '2026-03-04T00:00:00.000Z', 'there', [fact('n1', '5.0'), fact('n9', '5.0')]],
  ];
  for (const [id, startedAt, site, facts] of runs) {
    const record = fullRecord(id);
    await writeRun(store, { ...record, run: { ...record.run, startedAt, site }, facts });
  }
  expect(await newestNodeFacts(store, 'here', ['kernel.release', 'modules.release'])).toEqual([
    { node: 'n1', run: 'late', at: '2026-03-03T00:00:00.000Z', facts: [fact('n1', '6.2'), fact('n1', 'y', 'modules')] },
    { node: 'n2', run: 'early', at: '2026-03-01T00:00:00.000Z', facts: [fact('n2', '6.1')] },
  ]);
  expect(await newestNodeFacts(store, 'nowhere', ['kernel.release'])).toEqual([]);
});

test('of every node of a partition the facts of the last run there, of the groups that are asked for', async () => {
  const store = await opened(join(temporaryDirectory(), 'store.sqlite'));
  const put = async (id: string, day: number, partition: string, nodes: readonly string[], release: string) => {
    const record = fullRecord(id);
    const [allocation] = record.allocations;
    await writeRun(store, {
      ...record,
      run: { ...record.run, startedAt: `2026-03-0${day}T00:00:00.000Z`, site: 'here' },
      allocations: allocation ? [{ ...allocation, partition, nodes }] : [],
      cases: [],
      notes: [],
      findings: [],
      observations: [],
      ranks: [],
      files: [],
      facts: nodes.flatMap((name) => [fact(name, release), fact(name, 'x', 'mpi'), fact(name, 'y', 'modules')]),
    });
  };
  await put('old', 1, 'batch', ['n1', 'n2'], '6.1');
  await put('new', 2, 'batch', ['n1'], '6.2');
  await put('gpu', 3, 'gpu', ['n1', 'g1'], '6.3');
  expect(await newestPartitionFacts(store, 'here', 'batch', ['kernel', 'mpi'])).toEqual([
    { node: 'n1', run: 'new', at: '2026-03-02T00:00:00.000Z', facts: [fact('n1', '6.2'), fact('n1', 'x', 'mpi')] },
    { node: 'n2', run: 'old', at: '2026-03-01T00:00:00.000Z', facts: [fact('n2', '6.1'), fact('n2', 'x', 'mpi')] },
  ]);
  expect(await newestPartitionFacts(store, 'here', 'debug', ['kernel'])).toEqual([]);
  expect(await newestPartitionFacts(store, 'there', 'batch', ['kernel'])).toEqual([]);
});
