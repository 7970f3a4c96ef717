import { expect, test } from 'vitest';
import { diffNodes } from '../../../src/inspect/comparison/node-diff.ts';
import { deviationsAmong } from '../../../src/inspect/comparison/uniformity.ts';
import type { Facts } from '../../../src/inspect/facts.ts';
import { probes } from '../../../src/inspect/probes/index.ts';

const node = (name: string, taskPlugin?: string): Facts => ({
  node: name,
  groups: {
    mpi: {
      slurm: { value: '22.05.8', source: 'srun --version' },
      ...(taskPlugin && { 'slurm.TaskPlugin': { value: taskPlugin, source: 'scontrol show config' } }),
    },
  },
});
const names = (left: Facts, right: Facts): readonly string[] =>
  diffNodes(left, right, probes).differences.map(({ key }) => key);

test('what one node asks for all makes no node stand out, and shows where it changed between two days', () => {
  expect(deviationsAmong([node('n1', 'task/none'), node('n2'), node('n3')], probes)).toEqual([]);
  expect(names(node('n1', 'task/none'), node('n1'))).toEqual([]);
  expect(names(node('n1', 'task/none'), node('n1', 'task/affinity'))).toEqual(['slurm.TaskPlugin']);
});
