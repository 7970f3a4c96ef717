/**
 * The gate. Comes in: evidence about one image, a policy and the time. Goes out: a decision with every rule's result, and
 * the statements, signatures and checks that let others rely on it. It never reads a file, a registry or a clock (signers
 * and key files apart), and never promotes anything itself.
 */
import type { Digest } from '../base/digest.ts';
import type { Candidate, Evidence } from './evidence.ts';
import { type BlessedKernel, blessedKernels } from './kernels/kernels-of-runs.ts';
import type { Bootstrap, Policy } from './policy.ts';
import { bootstrapInForce, type RuleResult, ruleSeverity } from './rule.ts';
import { rules } from './rules/index.ts';

/** `promote`: every rule is satisfied. `refuse`: a proven fault. `hold`: not proven either way. */
export type DecisionOutcome = 'promote' | 'hold' | 'refuse';

/** What a gate says of one image, with the result of every rule. */
export interface Decision {
  readonly outcome: DecisionOutcome;
  readonly candidate: Candidate;
  /** The policy asked; without a digest it could not be read. */
  readonly policy: { readonly name: string; readonly version?: string; readonly digest?: Digest };
  readonly runs: readonly string[];
  readonly rules: readonly RuleResult[];
  /** The bootstrap rule, when the decision rests on it. */
  readonly bootstrap?: Bootstrap;
  /** The blessings of the kernels that the runs were made on, where the policy asks for them and all are in force. */
  readonly kernels?: readonly BlessedKernel[];
  /** ISO 8601 UTC. */
  readonly decidedAt: string;
}

/** A policy that could not be read, with the reason. */
export interface UnreadablePolicy {
  readonly file: string;
  readonly unreadable: string;
}

/**
 * Decides. All rules are evaluated and the worst wins; only `ok` from every one of them promotes. A policy that could not
 * be read holds.
 */
export function gate(evidence: Evidence, policy: Policy | UnreadablePolicy, now: string): Decision {
  const base = { candidate: evidence.candidate, runs: evidence.runs.map(({ id }) => id), decidedAt: now };
  if ('unreadable' in policy) {
    const message = `the policy ${policy.file} could not be read: ${policy.unreadable}`;
    const asks = 'that there is a policy to decide by';
    const rule: RuleResult = { rule: 'policy', asks, outcome: 'hold', message, evidence: [] };
    return { ...base, outcome: 'hold', policy: { name: policy.file }, rules: [rule] };
  }
  const results = rules.map((rule) => rule.check(evidence, policy, now));
  const bootstrap = bootstrapInForce(evidence, policy, now);
  const kernels = policy.kernel && blessedKernels(evidence, now);
  return {
    ...base,
    outcome: outcomeOf(results),
    policy: { name: policy.name, ...(policy.version && { version: policy.version }), digest: policy.digest },
    rules: results,
    ...(bootstrap && { bootstrap }),
    ...(kernels && { kernels }),
  };
}

/** Anything that is not a plain `ok` from every rule keeps the image out. */
function outcomeOf(results: readonly RuleResult[]): DecisionOutcome {
  const worst = Math.max(-1, ...results.map(({ outcome }) => ruleSeverity.indexOf(outcome)));
  const known = results.every(({ outcome }) => ruleSeverity.includes(outcome));
  if (ruleSeverity[worst] === 'refuse') return 'refuse';
  return known && ruleSeverity[worst] === 'ok' ? 'promote' : 'hold';
}

/** Exit status of the command line: 0 promote, 1 refuse, 4 hold. */
export function decisionExitCode(decision: Decision): 0 | 1 | 4 {
  return decision.outcome === 'promote' ? 0 : decision.outcome === 'refuse' ? 1 : 4;
}
