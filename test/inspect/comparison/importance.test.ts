import { expect, test } from 'vitest';
import { byImportance } from '../../../src/inspect/comparison/importance.ts';
import { probes } from '../../../src/inspect/probes/index.ts';

test('what a fingerprint holds comes first, and of it the part that changed before the whole', () => {
  const named = (path: string) => ({ group: path.slice(0, path.indexOf('.')), key: path.slice(path.indexOf('.') + 1) });
  const sorted = [
    'hardware.memory',
    'kernel.swappiness',
    'kernel.mitigations',
    'kernel.config-digest',
    'kernel.vulnerability.mds',
    'modules.@out-of-tree',
    'kernel.config.HZ',
    'kernel.release',
  ]
    .map(named)
    .sort(byImportance(probes));
  expect(sorted.map(({ group, key }) => `${group}.${key}`)).toEqual([
    'kernel.release',
    'kernel.config.HZ',
    'kernel.vulnerability.mds',
    'kernel.config-digest',
    'kernel.mitigations',
    'modules.@out-of-tree',
    'kernel.swappiness',
    'hardware.memory',
  ]);
});
