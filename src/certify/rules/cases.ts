import type { RejudgedCase } from '../evidence.ts';
import { caseLabel, hold, type Problem, refuse, ruleOverRuns } from '../rule.ts';

/** Every case passed, judged again from raw outputs. Only `pass` passes. */
export const cases = ruleOverRuns('cases', 'that every case passed, judged again from the raw outputs', (evidence) => {
  const all = evidence.runs.flatMap((run) =>
    run.cases.map((item) => ({ label: caseLabel(evidence, run, item.name), item })),
  );
  const problems = [
    ...evidence.runs.filter((run) => run.cases.length === 0).map(({ id }) => hold(`run ${id} has no case`)),
    ...all.flatMap(({ label, item }) => problemOf(label, item)),
  ];
  return {
    problems,
    good: all.length === 1 ? 'the one case passed' : `all ${all.length} cases passed`,
    bad: `${problems.length} of ${all.length} cases did not pass`,
  };
});

function problemOf(label: string, { verdict, reason, findings }: RejudgedCase): readonly Problem[] {
  const worse = findings.find((finding) => finding.verdict !== 'pass');
  // A verdict is the worst of its findings; evidence that says otherwise contradicts itself.
  if (verdict === 'pass' && worse)
    return [hold(`${label}: pass, and yet its finding ${worse.check} is ${worse.verdict}`)];
  if (verdict === 'pass') return findings.length > 0 ? [] : [hold(`${label}: pass without any finding`)];
  const line = `${label}: ${verdict}${reason ? `, ${reason}` : ''}`;
  return [verdict === 'fail' || verdict === 'invalid' ? refuse(line) : hold(line)];
}
