import { expect, test } from 'vitest';
import { diffNodes } from '../../../src/inspect/comparison/node-diff.ts';
import type { Fact, Facts } from '../../../src/inspect/facts.ts';
import { probes } from '../../../src/inspect/probes/index.ts';

const node = (rows: Readonly<Record<string, Fact>>): Facts => ({ node: 'n1', groups: { kernel: rows } });
const known = (value: string): Fact => ({ value, source: 'test' });
const lost: Fact = { unknown: 'denied', why: 'so it is', source: 'test' };
const named = (left: Facts, right: Facts) => diffNodes(left, right, probes).differences.map(({ key }) => key);

test('of a whole that one node does not know its parts are not told one by one', () => {
  const whole = node({ 'config-digest': known('sha256:1'), 'config.HZ': known('250'), 'config.SMP': known('y') });
  expect(named(whole, node({ 'config-digest': lost }))).toEqual(['config-digest']);
  expect(named(node({ 'config-digest': lost }), whole)).toEqual(['config-digest']);
});

test('of two wholes that are known the parts are told, also one that only one node has', () => {
  const left = node({ 'command-line': known('nosmt'), 'command-line.nosmt': known('set') });
  expect(named(left, node({ 'command-line': known('none') }))).toEqual(['command-line.nosmt', 'command-line']);
  const bare = { 'vulnerability.mds': known('Mitigation: Clear CPU buffers') };
  expect(named(node({ mitigations: known('mds: …'), ...bare }), node({ mitigations: known('none') }))).toEqual([
    'vulnerability.mds',
    'mitigations',
  ]);
});
