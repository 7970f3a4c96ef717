/** Whether a run may back a blessing: the rules of the gate that look at the run itself, asked as strictly as there. */
import type { Digest } from '../../base/digest.ts';
import type { Evidence, RunEvidence } from '../evidence.ts';
import type { Policy } from '../policy.ts';
import { hold, type Rule, type RuleOutcome, type RuleResult, ruleOverRuns, ruleSeverity } from '../rule.ts';
import { cases } from '../rules/cases.ts';
import { identity } from '../rules/identity.ts';
import { integrity } from '../rules/integrity.ts';
import { readable } from '../rules/readable.ts';
import { recorded } from '../rules/recorded.ts';
import { schedulerRecord } from '../rules/scheduler-record.ts';
import { kernelsOf } from './kernels-of-runs.ts';

/** Whether a run may back a blessing, with what every rule said. */
export interface Blessable {
  readonly outcome: RuleOutcome;
  readonly rules: readonly RuleResult[];
}

/** The kernel of every node is known. */
const known = ruleOverRuns('kernel-known', 'that the kernel of every node is known', ({ runs }) => {
  const kernels = runs.flatMap(kernelsOf);
  return {
    problems: [
      ...(kernels.length === 0 ? [hold('no node told its facts')] : []),
      ...kernels.flatMap(({ nodes, fingerprint }) =>
        typeof fingerprint === 'string'
          ? []
          : [hold(`the kernel of ${nodes.join(', ')} has no fingerprint: ${fingerprint.unknown}`)],
      ),
    ],
    good: kernels.length === 1 ? 'all nodes ran one kernel' : `the nodes ran ${kernels.length} different kernels`,
  };
});

const asked: readonly Rule[] = [readable, integrity, schedulerRecord, cases, identity, recorded, known];
const nothing: Digest = `sha256:${'0'.repeat(64)}`;

/** Asks. A case that no partition can hold (`skip`) does not spoil a run, as it does not when a run ends. */
export function blessable(run: RunEvidence, now: string): Blessable {
  const evidence: Evidence = {
    candidate: { name: 'the image of the run', repository: '', digest: run.tested, resolved: run.tested },
    tagNow: 'not-a-tag',
    blessedNow: 'none',
    runs: [{ ...run, cases: run.cases.filter(({ verdict }) => verdict !== 'skip') }],
    unreadable: [],
    untestedPlatforms: [],
  };
  const rules = asked.map((rule) => rule.check(evidence, strict, now));
  const worst = Math.max(0, ...rules.map(({ outcome }) => ruleSeverity.indexOf(outcome)));
  return { outcome: ruleSeverity[worst] ?? 'hold', rules };
}

const strict: Policy = {
  name: 'bless',
  digest: nothing,
  suites: [],
  sites: [],
  maxAgeSeconds: Number.POSITIVE_INFINITY,
  performance: 'recorded',
  identity: 'required',
  schedulerRecord: 'required',
  untestedPlatforms: 'hold',
  verifier: 'urn:assay:bless',
};
