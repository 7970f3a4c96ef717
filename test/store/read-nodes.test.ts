import { join } from 'node:path';
import { expect, test } from 'vitest';
import { newestNodeFacts } from '../../src/store/read-nodes.ts';
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
