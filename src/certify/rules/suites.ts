import type { Evidence } from '../evidence.ts';
import type { Policy } from '../policy.ts';
import { hold, type Problem, ruleOverRuns } from '../rule.ts';

/** Every suite that the policy names has run, with at least one case, and with every case that was planned. */
export const suites = ruleOverRuns('suites', 'that every required suite ran, whole', (evidence, policy) => ({
  problems: [...missingSuites(evidence, policy), ...missingCases(evidence)],
  good: `ran whole: ${policy.suites.map(({ name }) => `${name} (${countOf(evidence, name)})`).join(', ')}`,
  shown: evidence.runs.flatMap(({ suites: list }) => list.map(({ name, digest }) => `${name} ${digest}`)),
}));

function missingSuites({ runs }: Evidence, policy: Policy): readonly Problem[] {
  return policy.suites.flatMap(({ name, digest }) => {
    const ran = runs.flatMap((run) =>
      run.suites.filter((suite) => suite.name === name).map((suite) => ({ run, suite })),
    );
    if (ran.length === 0) return [hold(`the suite ${name} did not run`)];
    const counted = ran.filter(({ suite }) => digest === undefined || suite.digest === digest);
    if (counted.length === 0)
      return [hold(`the suite ${name} ran as ${ran[0]?.suite.digest}; the policy asks for ${digest}`)];
    const cases = counted.flatMap(({ run }) => run.cases.filter((item) => item.suite === name));
    return cases.length === 0 ? [hold(`the suite ${name} ran no case, which proves nothing`)] : [];
  });
}

/** Planned and present must be the same set: a case too many shows that the plan is not the one that ran. */
function missingCases({ runs }: Evidence): readonly Problem[] {
  return runs.flatMap((run) => {
    const there = new Set(run.cases.map(({ name }) => name));
    const planned = new Set(run.suites.flatMap((suite) => suite.planned));
    return [
      ...[...planned]
        .filter((name) => !there.has(name))
        .map((name) => hold(`the case ${name} was planned in run ${run.id} and has no result`)),
      ...[...there]
        .filter((name) => !planned.has(name))
        .map((name) => hold(`the case ${name} has a result and was not planned in run ${run.id}`)),
    ];
  });
}

function countOf({ runs }: Evidence, suite: string): string {
  const count = runs.flatMap(({ cases }) => cases).filter((item) => item.suite === suite).length;
  return count === 1 ? '1 case' : `${count} cases`;
}
