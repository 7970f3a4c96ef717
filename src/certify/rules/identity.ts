import type { RejudgedCase } from '../evidence.ts';
import { caseLabel, hold, type Problem, refuse, ruleOverRuns } from '../rule.ts';

/** Each case proves that the tested image is what its ranks ran: proved, not assumed. */
export const identity = ruleOverRuns('identity', 'that every case proves which image its processes ran', (evidence) => {
  const all = evidence.runs.flatMap((run) =>
    run.cases.map((item) => ({ label: caseLabel(evidence, run, item.name), item })),
  );
  return {
    problems: all.flatMap(({ label, item }) => problemsOf(label, item)),
    good: `proved in ${all.length === 1 ? 'the one case' : `all ${all.length} cases`}`,
  };
});

function problemsOf(label: string, item: RejudgedCase): readonly Problem[] {
  const proofs = item.findings.filter(({ kind }) => kind === 'identity');
  if (proofs.length === 0) return [hold(`${label}: nothing shows which image ran`)];
  return proofs.flatMap(({ verdict, message }) => {
    if (verdict === 'pass') return [];
    const line = `${label}: ${message}`;
    return [verdict === 'fail' || verdict === 'invalid' ? refuse(line) : hold(line)];
  });
}
