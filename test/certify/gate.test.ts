import { describe, expect, it } from 'vitest';
import { decisionExitCode, gate } from '../../src/certify/certify.ts';
import type { Evidence, RunEvidence } from '../../src/certify/evidence.ts';
import type { Policy } from '../../src/certify/policy.ts';
import { rules } from '../../src/certify/rules/index.ts';
import type { Verdict } from '../../src/judge/verdict.ts';
import {
  blessed,
  digest,
  finding,
  goodEvidence,
  goodRun,
  now,
  policyOf,
  policyText,
  tested,
  withRun,
} from './example.ts';

const policy = policyOf();

function outcomeOf(evidence: Evidence, by: Policy = policy, at = now): string {
  return gate(evidence, by, at).outcome;
}

function withCase(change: Partial<RunEvidence['cases'][number]>): Evidence {
  return withRun({ cases: goodRun.cases.map((item, index) => (index === 0 ? { ...item, ...change } : item)) });
}

function withLook(index: number, change: Partial<RunEvidence['integrity'][number]>): Evidence {
  return withRun({ integrity: goodRun.integrity.map((look, at) => (at === index ? { ...look, ...change } : look)) });
}

function withMetric(outcome: RunEvidence['performance'][number]['outcome']): Evidence {
  return withRun({ performance: goodRun.performance.map((item, at) => (at === 0 ? { ...item, outcome } : item)) });
}

function verdictCase(verdict: Verdict): Evidence {
  return withCase({ verdict, recorded: verdict, findings: [finding('physics', verdict), finding('identity')] });
}

const other = digest('another image');

/** Every single input spoilt, with what must come of it. */
const spoilt: readonly [string, Evidence, 'refuse' | 'hold'][] = [
  ['a failed case', verdictCase('fail'), 'refuse'],
  ['an invalid case', verdictCase('invalid'), 'refuse'],
  ['a case the site failed', verdictCase('error'), 'hold'],
  ['a skipped case', verdictCase('skip'), 'hold'],
  ['a pass without findings', withCase({ findings: [] }), 'hold'],
  ['a pass with a failed finding', withCase({ findings: [finding('physics', 'fail'), finding('identity')] }), 'hold'],
  ['an unknown verdict', withCase({ verdict: 'fine' as Verdict }), 'hold'],
  ['another image tested', withRun({ tested: other }), 'refuse'],
  ['another candidate', { ...goodEvidence, candidate: { ...goodEvidence.candidate, digest: other } }, 'refuse'],
  [
    'an identity that does not match',
    withCase({ findings: [finding('physics'), finding('identity', 'fail')] }),
    'refuse',
  ],
  ['an identity unproven', withCase({ findings: [finding('physics'), finding('identity', 'error')] }), 'hold'],
  ['no identity', withCase({ findings: [finding('physics')] }), 'hold'],
  ['a moved tag', { ...goodEvidence, tagNow: { digest: other } }, 'hold'],
  ['an unknown tag', { ...goodEvidence, tagNow: { unknown: 'the registry is down' } }, 'hold'],
  ['a tag not looked up', { ...goodEvidence, tagNow: 'not-a-tag' }, 'hold'],
  ['no run', { ...goodEvidence, runs: [] }, 'hold'],
  ['an unreadable run', { ...goodEvidence, unreadable: [{ directory: '/runs/r2', why: 'not JSON' }] }, 'hold'],
  ['an interrupted run', withRun({ outcome: 'interrupted' }), 'hold'],
  ['an outcome nobody knows', withRun({ outcome: 'great' as 'accepted' }), 'hold'],
  ['a run that called itself rejected', withRun({ outcome: 'rejected' }), 'hold'],
  ['a verdict that differs from the recorded one', withCase({ recorded: 'fail' }), 'hold'],
  ['an edited file', withLook(1, { outcome: 'altered', where: ['steps/1/stdout'] }), 'refuse'],
  ['a broken journal', withLook(0, { outcome: 'altered' }), 'refuse'],
  ['a missing file', withLook(1, { outcome: 'missing' }), 'hold'],
  ["a scheduler's record that disagrees", withLook(2, { outcome: 'disagrees' }), 'refuse'],
  ["a scheduler's record that is silent", withLook(2, { outcome: 'silent' }), 'hold'],
  ["a scheduler's record that was not to be had", withLook(2, { outcome: 'missing' }), 'hold'],
  ['integrity not checked', withRun({ integrity: [] }), 'hold'],
  ['the journal not checked', withRun({ integrity: goodRun.integrity.slice(1) }), 'hold'],
  ['the record not asked for', withRun({ integrity: goodRun.integrity.slice(0, 2) }), 'hold'],
  ['another site', withRun({ site: 'laptop' }), 'hold'],
  ['an old run', withRun({ startedAt: '2026-11-01T10:00:00Z' }), 'hold'],
  ['a run in the future', withRun({ endedAt: '2026-12-01T10:00:00Z' }), 'hold'],
  ['a run that ended before it began', withRun({ endedAt: '2026-11-19T09:00:00Z' }), 'hold'],
  ['no time', withRun({ startedAt: '' }), 'hold'],
  ['the suite missing', withRun({ suites: [{ name: 'hpcc', digest: digest('hpcc'), planned: [] }] }), 'hold'],
  ['a suite without cases', withRun({ cases: [] }), 'hold'],
  ['a planned case without result', withRun({ cases: goodRun.cases.slice(1) }), 'hold'],
  ['a proven slowdown', withMetric('reject'), 'refuse'],
  ['an undecided metric', withMetric('undecided'), 'hold'],
  [
    'a case that was not planned',
    withRun({ suites: [{ name: 'lammps', digest: digest('suite'), planned: [] }] }),
    'hold',
  ],
  ['no baseline', withMetric('no-baseline'), 'hold'],
  ['an oversubscribed metric', withMetric('oversubscribed'), 'hold'],
  ['a missing metric', withMetric('missing'), 'hold'],
  ['no metric', withRun({ performance: [] }), 'hold'],
  ['another baseline than the blessed image', { ...goodEvidence, blessedNow: { digest: other } }, 'hold'],
  ['blessed unknown', { ...goodEvidence, blessedNow: { unknown: 'not allowed to look' } }, 'hold'],
  ['nothing blessed and no bootstrap', { ...goodEvidence, blessedNow: 'none' }, 'hold'],
  ['an untested platform', { ...goodEvidence, untestedPlatforms: ['linux/arm64'] }, 'hold'],
  ['platforms unknown', { ...goodEvidence, untestedPlatforms: { unknown: 'gone' } }, 'hold'],
];

describe('gate', () => {
  it('promotes on whole evidence, and says what every rule found', () => {
    const decision = gate(goodEvidence, policy, now);
    expect(decision.outcome).toBe('promote');
    expect(decisionExitCode(decision)).toBe(0);
    expect(decision.rules.map(({ rule }) => rule)).toEqual(rules.map(({ name }) => name));
    expect(decision.rules.every(({ message, asks }) => message !== '' && asks !== '')).toBe(true);
    expect(decision.policy).toEqual({ name: 'production', version: '3', digest: policy.digest });
  });

  it.each(spoilt)('%s', (_, evidence, outcome) => {
    const decision = gate(evidence, policy, now);
    expect(decision.outcome).toBe(outcome);
    expect(decisionExitCode(decision)).toBe(outcome === 'refuse' ? 1 : 4);
    expect(decision.rules.length).toBe(rules.length);
    expect(decision.rules.filter((rule) => rule.outcome !== 'ok').every(({ message }) => message !== '')).toBe(true);
  });

  it('refuses rather than holds when there is both, and never promotes any pair of faults', () => {
    for (const [first, a, one] of spoilt) {
      for (const [second, b, two] of spoilt) {
        const both = { ...a, ...changesOf(b), runs: [...a.runs, ...b.runs] };
        const outcome = outcomeOf(both);
        expect(outcome, `${first} and ${second}`).not.toBe('promote');
        const refused = one === 'refuse' || two === 'refuse';
        if (refused && a.candidate === b.candidate) expect(outcome, `${first} and ${second}`).toBe('refuse');
      }
    }
  });

  it('holds without a policy or without a time', () => {
    const decision = gate(goodEvidence, { file: 'policy.yaml', unreadable: 'it is not there' }, now);
    expect(decision.outcome).toBe('hold');
    expect(decision.rules[0]?.message).toContain('it is not there');
    expect(outcomeOf(goodEvidence, policy, 'soon')).toBe('hold');
  });

  it('asks for the very suite when the policy pins its digest', () => {
    const pinned = (of: string) => policyOf(policyText.replace('name: lammps', `{name: lammps, digest: "${of}"}`));
    expect(outcomeOf(goodEvidence, pinned(digest('suite')))).toBe('promote');
    expect(outcomeOf(goodEvidence, pinned(digest('other suite')))).toBe('hold');
  });

  it('lets the scheduler be silent only when the policy does, and never disagree', () => {
    const lax = policyOf(policyText.replace('scheduler_record: required', 'scheduler_record: when-available'));
    expect(outcomeOf(withLook(2, { outcome: 'silent' }), lax)).toBe('promote');
    expect(outcomeOf(withLook(2, { outcome: 'missing' }), lax)).toBe('hold');
    expect(outcomeOf(withLook(2, { outcome: 'disagrees' }), lax)).toBe('refuse');
  });

  it('accepts performance that is only recorded when the policy does, but no proven slowdown', () => {
    const lax = policyOf(policyText.replace('decided', 'recorded'));
    for (const outcome of ['undecided', 'no-baseline', 'oversubscribed'] as const)
      expect(outcomeOf(withMetric(outcome), lax)).toBe('promote');
    expect(outcomeOf(withRun({ performance: [] }), lax)).toBe('promote');
    expect(outcomeOf(withMetric('reject'), lax)).toBe('refuse');
    expect(outcomeOf(withMetric('missing'), lax)).toBe('hold');
  });

  it('leaves untested platforms behind only when the policy says so', () => {
    const lax = policyOf(`${policyText}untested_platforms: leave-behind\n`);
    expect(outcomeOf({ ...goodEvidence, untestedPlatforms: ['linux/arm64'] }, lax)).toBe('promote');
    expect(outcomeOf({ ...goodEvidence, untestedPlatforms: ['unknown/unknown'] })).toBe('promote');
  });

  it('takes an image asked for by digest', () => {
    const { tag: _, ...candidate } = goodEvidence.candidate;
    expect(outcomeOf({ ...goodEvidence, candidate, tagNow: 'not-a-tag' })).toBe('promote');
  });
});

describe('bootstrap', () => {
  const text = `${policyText}bootstrap: {reason: first image of this code, until: 2026-11-20}\n`;
  const { baseline: _, ...run } = goodRun;
  const first: Evidence = {
    ...goodEvidence,
    blessedNow: 'none',
    runs: [{ ...run, performance: goodRun.performance.map((item) => ({ ...item, outcome: 'no-baseline' })) }],
  };

  it('lets the first image in, and says so', () => {
    const decision = gate(first, policyOf(text), now);
    expect(decision.outcome).toBe('promote');
    expect(decision.bootstrap?.reason).toBe('first image of this code');
    expect(JSON.stringify(decision.rules)).toContain('BOOTSTRAP');
  });

  it('is repeatable for that image, and ends with the first one', () => {
    expect(outcomeOf({ ...first, blessedNow: { digest: tested } }, policyOf(text))).toBe('promote');
    expect(outcomeOf({ ...first, blessedNow: { digest: blessed } }, policyOf(text))).toBe('hold');
    expect(gate(goodEvidence, policyOf(text), now).bootstrap).toBeUndefined();
  });

  it('ends after its day', () => {
    expect(outcomeOf(first, policyOf(text), '2026-11-20T23:59:00Z')).toBe('promote');
    expect(outcomeOf(first, policyOf(text), '2026-11-21T00:00:00Z')).toBe('hold');
  });

  it('excuses the missing baseline and nothing else', () => {
    for (const outcome of ['reject', 'undecided', 'oversubscribed', 'missing'] as const) {
      const runs = first.runs.map((item) => ({
        ...item,
        performance: [{ case: 'x', metric: 'm', outcome, message: '' }],
      }));
      expect(outcomeOf({ ...first, runs }, policyOf(text))).not.toBe('promote');
    }
  });
});

describe('age', () => {
  it('counts from the start of the run, to the second', () => {
    const at = (startedAt: string) => outcomeOf(withRun({ startedAt }));
    expect(at('2026-11-13T12:00:00Z')).toBe('promote');
    expect(at('2026-11-13T11:59:59Z')).toBe('hold');
  });
});

function changesOf(evidence: Evidence): Partial<Evidence> {
  return Object.fromEntries(
    Object.entries(evidence).filter(([key, value]) => key !== 'runs' && value !== goodEvidence[key as keyof Evidence]),
  );
}
