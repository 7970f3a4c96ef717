/** What a rule of a gate is, and how its result is put together from the problems it found. */
import type { Evidence, RunEvidence } from './evidence.ts';
import type { Bootstrap, Policy } from './policy.ts';

/** `refuse`: a proven fault. `hold`: not proven either way. */
export type RuleOutcome = 'ok' | 'hold' | 'refuse';

/** From harmless to worst. */
export const ruleSeverity: readonly RuleOutcome[] = ['ok', 'hold', 'refuse'];

/** What one rule says, with what it looked at. */
export interface RuleResult {
  readonly rule: string;
  /** What the rule asks, for somebody who never saw the policy. */
  readonly asks: string;
  readonly outcome: RuleOutcome;
  /** One sentence. */
  readonly message: string;
  readonly evidence: readonly string[];
}

/** One rule: pure, and always evaluated, whatever the others say. `now` is ISO 8601 UTC. */
export interface Rule {
  readonly name: string;
  readonly asks: string;
  readonly check: (evidence: Evidence, policy: Policy, now: string) => RuleResult;
}

/** One thing that keeps a rule from being satisfied. */
export interface Problem {
  readonly outcome: 'hold' | 'refuse';
  readonly line: string;
}

/** A thing not proven. */
export function hold(line: string): Problem {
  return { outcome: 'hold', line };
}

/** A proven fault. */
export function refuse(line: string): Problem {
  return { outcome: 'refuse', line };
}

/** What a rule's own function gives back. */
interface Judged {
  readonly problems: readonly Problem[];
  /** The sentence when there is no problem, and what shows it. */
  readonly good: string;
  readonly shown?: readonly string[];
  /** The sentence when there are several problems; without it the first one speaks for all. */
  readonly bad?: string;
}

type Judge = (evidence: Evidence, policy: Policy, now: string) => Judged;

/** Makes a rule from a function that lists problems; the worst of them is its outcome. */
export function ruleOf(name: string, asks: string, judge: Judge): Rule {
  return {
    name,
    asks,
    check: (evidence, policy, now) => {
      const { problems, good, bad, shown } = judge(evidence, policy, now);
      const [worst] = [...problems].sort((a, b) => rank(b) - rank(a));
      if (!worst) return { rule: name, asks, outcome: 'ok', message: good, evidence: shown ?? [] };
      if (problems.length === 1) return { rule: name, asks, outcome: worst.outcome, message: worst.line, evidence: [] };
      return {
        rule: name,
        asks,
        outcome: worst.outcome,
        message: bad ?? `${worst.line} (and ${problems.length - 1} more)`,
        evidence: problems.map(({ outcome, line }) => `${outcome}: ${line}`),
      };
    },
  };
}

/** A rule over runs: without any run there is nothing to look at, and it holds. */
export function ruleOverRuns(name: string, asks: string, judge: Judge): Rule {
  return ruleOf(name, asks, (evidence, policy, now) =>
    evidence.runs.length === 0
      ? { problems: [hold('there is no readable run to look at')], good: '' }
      : judge(evidence, policy, now),
  );
}

function rank(problem: Problem): number {
  return ruleSeverity.indexOf(problem.outcome);
}

/** Milliseconds since 1970 of an ISO 8601 UTC time; undefined for anything else. */
export function momentOf(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z$/.test(text)) return undefined;
  const moment = Date.parse(text);
  return Number.isNaN(moment) ? undefined : moment;
}

/**
 * The bootstrap rule when it applies: asked for, not past its day, and the blessed repository known to hold no other image.
 * (It may hold this one: the promotion of the first image must be repeatable.)
 */
export function bootstrapInForce(evidence: Evidence, policy: Policy, now: string): Bootstrap | undefined {
  const { bootstrap } = policy;
  if (!bootstrap || !(evidence.blessedNow === 'none' || blessedAlready(evidence))) return undefined;
  const moment = momentOf(now);
  const until = bootstrap.until === undefined ? Number.POSITIVE_INFINITY : momentOf(bootstrap.until);
  return moment !== undefined && until !== undefined && moment <= until ? bootstrap : undefined;
}

/** True when the image is blessed already, so that its promotion brings in nothing new. */
export function blessedAlready({ blessedNow, candidate }: Evidence): boolean {
  return blessedNow !== 'none' && 'digest' in blessedNow && blessedNow.digest === candidate.digest;
}

/** The name of a case, with its run when there are several, for evidence lines. */
export function caseLabel(evidence: Evidence, run: RunEvidence, name: string): string {
  return evidence.runs.length > 1 ? `${name} (run ${run.id})` : name;
}
