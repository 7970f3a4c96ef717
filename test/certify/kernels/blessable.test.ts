import { describe, expect, it } from 'vitest';
import type { RunEvidence } from '../../../src/certify/evidence.ts';
import { blessable } from '../../../src/certify/kernels/blessable.ts';
import { finding, goodRun, now } from '../example.ts';

const look = (kind: string, outcome: 'altered' | 'disagrees' | 'silent' | 'missing') =>
  goodRun.integrity.map((one) => (one.kind === kind ? { ...one, outcome } : one));
const verdict = (word: 'fail' | 'error' | 'skip') =>
  goodRun.cases.map((item, index) =>
    index === 0 ? { ...item, verdict: word, recorded: word, findings: [finding('physics', word)] } : item,
  );

describe('blessable', () => {
  it('takes a good run, and one with a case that no partition could hold', () => {
    expect(blessable(goodRun, now).outcome).toBe('ok');
    expect(blessable({ ...goodRun, cases: verdict('skip') }, now).outcome).toBe('ok');
  });

  it.each<[string, Partial<RunEvidence>, 'hold' | 'refuse']>([
    ['a failed case', { cases: verdict('fail') }, 'refuse'],
    ['a case the site failed', { cases: verdict('error') }, 'hold'],
    ['no case', { cases: [] }, 'hold'],
    ['an edited file', { integrity: look('files', 'altered') }, 'refuse'],
    ['a broken journal', { integrity: look('journal', 'altered') }, 'refuse'],
    ["a scheduler's record that disagrees", { integrity: look('scheduler-record', 'disagrees') }, 'refuse'],
    ["a scheduler's record that is silent", { integrity: look('scheduler-record', 'silent') }, 'hold'],
    ['an unfinished run', { outcome: 'interrupted' }, 'hold'],
    [
      'a kernel without fingerprint',
      { nodes: [{ node: 'n1', fingerprints: { kernel: { unknown: 'denied' } } }] },
      'hold',
    ],
    ['no node', { nodes: [] }, 'hold'],
  ])('does not take %s', (_, change, outcome) => {
    const asked = blessable({ ...goodRun, ...change }, now);
    expect(asked.outcome).toBe(outcome);
    expect(asked.rules.some((rule) => rule.outcome === outcome && rule.message !== '')).toBe(true);
  });
});
