import { expect, test } from 'vitest';
import { foldHosts } from '../../src/base/host-list.ts';

// Expected texts are those of `scontrol show hostlist` (Slurm 22.05.8), but for the order of the groups.
test.each([
  [['node1', 'node2', 'node3'], 'node[1-3]'],
  [['node3', 'node1', 'node7', 'node2', 'node1'], 'node[1-3,7]'],
  [['node9'], 'node9'],
  [['n08', 'n09', 'n10', 'n11'], 'n[08-11]'],
  [['n1', 'n2', 'n01'], 'n01,n[1-2]'],
  [['login', 'node1'], 'login,node1'],
  [['a1b2', 'a1b3'], 'a1b[2-3]'],
  [[], ''],
])('%j', (names, folded) => {
  expect(foldHosts(names)).toBe(folded);
});
