import { describe, expect, it } from 'vitest';
import { judgeCases } from '../../src/judge/judge.ts';
import type { StepState } from '../../src/judge/status.ts';
import type { Verdict } from '../../src/judge/verdict.ts';
import { checkOn, evidence, observedOf } from './case-evidence.ts';

const wrong = checkOn({ kind: 'equals', of: 'energy', expect: 1 });

describe('judgeCases', () => {
  it.each<[StepState, number | null, Verdict]>([
    ['completed', 0, 'pass'],
    ['completed', 1, 'fail'],
    ['completed', null, 'error'],
    ['failed', 139, 'fail'],
    ['failed', null, 'fail'],
    ['failed', 0, 'fail'],
    ['out-of-memory', 137, 'fail'],
    ['timeout', null, 'fail'],
    ['cancelled', null, 'error'],
    ['preempted', null, 'error'],
    ['node-fail', null, 'error'],
    ['boot-fail', null, 'error'],
    ['launch-failed', null, 'error'],
    ['allocation-limit', 0, 'error'],
    ['not-run', null, 'error'],
    ['unknown', 0, 'error'],
    ['skipped', null, 'skip'],
    ['constructor' as StepState, 0, 'error'],
    ['__proto__' as StepState, 0, 'error'],
  ])('%s with status %s is %s', (state, exitCode, verdict) => {
    const [judgement] = judgeCases([evidence({ step: { state, exitCode, why: 'because' } })]);
    expect(judgement?.verdict).toBe(verdict);
    expect(judgement?.findings[0]).toMatchObject({ check: 'status', verdict });
  });

  it("does not turn the site's error into missing evidence", () => {
    const observed = { observations: [], series: [], missing: [{ name: 'energy', why: 'the output is empty' }] };
    const lost = evidence({ step: { state: 'node-fail', exitCode: null, why: '' }, observed, checks: wrong });
    expect(judgeCases([lost])[0]?.verdict).toBe('error');
    expect(judgeCases([{ ...lost, step: { state: 'completed', exitCode: 0, why: '' } }])[0]?.verdict).toBe('invalid');
  });

  it('never passes a case whose observation is missing, though its checks pass', () => {
    const observed = { ...observedOf({ energy: 1 }), missing: [{ name: 'rate', why: 'it is not finite' }] };
    const [judgement] = judgeCases([evidence({ observed, checks: wrong })]);
    expect(judgement?.verdict).toBe('invalid');
    expect(judgement?.findings).toContainEqual({
      check: 'rate',
      kind: 'observation',
      verdict: 'invalid',
      message: 'rate is missing: it is not finite',
    });
  });

  it('takes the worst of all findings, those of the harness too', () => {
    expect(judgeCases([evidence({ checks: wrong })])[0]?.verdict).toBe('fail');
    const identity = { check: 'identity', kind: 'identity', verdict: 'fail', message: 'another digest' } as const;
    expect(judgeCases([evidence({ findings: [identity] })])[0]?.verdict).toBe('fail');
    const lost = evidence({ findings: [identity], step: { state: 'cancelled', exitCode: null, why: '' } });
    expect(judgeCases([lost])[0]?.verdict).toBe('fail');
  });

  it('answers for each case, in order', () => {
    const cases = ['a', 'b', 'a'].map((name, index) => evidence({ name, parameters: { nodes: index } }));
    expect(judgeCases(cases).map((one) => one.name)).toEqual(['a', 'b', 'a']);
    expect(judgeCases([])).toEqual([]);
  });

  it('tells performance apart from the verdict', () => {
    const observed = observedOf({ rate: 5, energy: 1 });
    const observations = observed.observations.map((one) =>
      one.name === 'rate' ? { ...one, better: 'higher' as const } : one,
    );
    const one = evidence({ observed: { ...observed, observations }, performance: ['rate', 'energy', 'gone'] });
    const [judgement] = judgeCases([one]);
    expect(judgement?.verdict).toBe('pass');
    expect(judgement?.performance.map(({ metric, outcome }) => [metric, outcome])).toEqual([
      ['rate', 'no-baseline'],
      ['energy', 'missing'],
      ['gone', 'missing'],
    ]);
    const [crowded] = judgeCases([{ ...one, oversubscription: { oversubscribed: 'yes', why: '4 ranks on 2 cores' } }]);
    expect(crowded?.verdict).toBe('pass');
    expect(crowded?.performance[0]).toMatchObject({
      outcome: 'oversubscribed',
      message: expect.stringContaining('4 ranks'),
    });
  });
});
