/**
 * What the evidence proves. In come cases with how their steps ended, what their output said and what the harness found
 * of identity and wire-up; out go findings and one verdict for each case, and performance apart from both. It never
 * reads a file, never asks a clock, never lets what is missing pass, and never turns performance into a verdict.
 */
import { canonicalJson } from '../base/digest.ts';
import type { Observed } from '../observe/observation.ts';
import { type CheckDeclaration, type CheckResult, type GroupCheck, invalid, type Member } from './check.ts';
import { checkOf, checkOptionsOf, lintCheck } from './declaration.ts';
import { judgePerformance, type Oversubscription, type Performance } from './performance.ts';
import { type StepEnd, statusFinding } from './status.ts';
import { type Finding, type Verdict, worst } from './verdict.ts';

/** All that is known of one case. */
export interface CaseEvidence {
  /** Suite, test and parameters: the name that pairs it with its baseline. */
  readonly name: string;
  readonly suite: string;
  readonly test: string;
  readonly parameters: Readonly<Record<string, string | number>>;
  readonly step: StepEnd;
  readonly observed: Observed;
  /** The declared checks by name, placeholders resolved. */
  readonly checks: Readonly<Record<string, CheckDeclaration>>;
  /** Names of the observations that are metrics. */
  readonly performance: readonly string[];
  readonly oversubscription: Oversubscription;
  /** Findings of the harness itself: `identity`, `wireup`, `placement` and the like. */
  readonly findings: readonly Finding[];
}

/** What one case's evidence proves. */
export interface CaseJudgement {
  readonly name: string;
  readonly verdict: Verdict;
  readonly findings: readonly Finding[];
  readonly performance: readonly Performance[];
}

/** Judges all cases of a run together: some checks compare them with each other. One judgement each, in order. */
export function judgeCases(cases: readonly CaseEvidence[]): readonly CaseJudgement[] {
  const members = cases.map(memberOf);
  const groupOf = grouper(cases);
  return cases.map((one, index) => {
    const status = statusFinding(one.step);
    const ended = status.verdict === 'pass';
    const evaluateOver = (check: GroupCheck, declaration: CheckDeclaration): CheckResult => {
      const options = checkOptionsOf(declaration);
      const group = groupOf(index, check.over(options));
      const results = check.evaluate(
        declaration.of,
        options,
        group.flatMap((at) => members[at] ?? []),
      );
      return results[group.indexOf(index)] ?? invalid('the check gave no result for this case');
    };
    const findings = [
      status,
      ...one.findings,
      // A step that did not end well owes no evidence: its status says all, and whose fault it is.
      ...(ended ? missingFindings(one.observed) : []),
      ...(ended ? checkFindings(one, evaluateOver) : []),
    ];
    return {
      name: one.name,
      verdict: worst(findings),
      findings,
      performance: ended ? judgePerformance(one.performance, one.observed, one.oversubscription) : [],
    };
  });
}

function missingFindings(observed: Observed): readonly Finding[] {
  return observed.missing.map(({ name, why }) => ({
    check: name,
    kind: 'observation',
    verdict: 'invalid',
    message: `${name} is missing: ${why}`,
  }));
}

function checkFindings(
  one: CaseEvidence,
  evaluateOver: (check: GroupCheck, declaration: CheckDeclaration) => CheckResult,
): readonly Finding[] {
  return Object.entries(one.checks).map(([name, declaration]) => {
    const problem = lintCheck(name, declaration)[0];
    const check = checkOf(declaration.kind);
    const result =
      problem || !check
        ? invalid(`cannot be used: ${problem?.message ?? 'no such kind'}`)
        : check.scope === 'group'
          ? evaluateOver(check, declaration)
          : check.evaluate(declaration.of, checkOptionsOf(declaration), one.observed);
    return { check: name, kind: 'physics', ...result };
  });
}

/** The case as checks over groups see it: lost when its step, its identity or its wire-up did not hold. */
function memberOf(one: CaseEvidence): Member {
  const grounds = [statusFinding(one.step), ...one.findings];
  const verdict = worst(grounds);
  const why = grounds.find((finding) => finding.verdict === verdict)?.message ?? '';
  const evidence = verdict === 'pass' ? { observed: one.observed } : { lost: verdict, why };
  return { name: one.name, parameters: one.parameters, evidence };
}

/** A function from a case's index to the indices of its group: the cases that differ only in the parameters named. */
function grouper(cases: readonly CaseEvidence[]): (index: number, over: readonly string[]) => readonly number[] {
  const known = new Map<string, { readonly keys: readonly string[]; readonly groups: ReadonlyMap<string, number[]> }>();
  return (index, over) => {
    const name = JSON.stringify(over);
    const grouping = known.get(name) ?? groupsOf(cases, over);
    known.set(name, grouping);
    return grouping.groups.get(grouping.keys[index] ?? '') ?? [];
  };
}

function groupsOf(
  cases: readonly CaseEvidence[],
  over: readonly string[],
): { readonly keys: readonly string[]; readonly groups: ReadonlyMap<string, number[]> } {
  const groups = new Map<string, number[]>();
  const keys = cases.map((one, index) => {
    const rest = Object.entries(one.parameters).filter(([name]) => !over.includes(name));
    const key = canonicalJson([one.suite, one.test, Object.fromEntries(rest)]);
    const group = groups.get(key);
    if (group) group.push(index);
    else groups.set(key, [index]);
    return key;
  });
  return { keys, groups };
}
