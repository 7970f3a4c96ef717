import { caseLabel, hold, ruleOverRuns } from '../rule.ts';

/** What the run said of itself is what its raw outputs say now. A difference is no proof of fraud, but of nothing else either. */
export const recorded = ruleOverRuns(
  'recorded',
  'that the verdicts written down at the time agree with those judged again',
  (evidence) => ({
    problems: evidence.runs.flatMap((run) => [
      ...(run.cases.length > 0 && run.cases.every((item) => item.recorded === undefined)
        ? [hold(`run ${run.id}: the verdicts that it wrote down are gone`)]
        : []),
      ...run.cases
        .filter((item) => item.recorded !== undefined && item.recorded !== item.verdict)
        .map((item) =>
          hold(
            `${caseLabel(evidence, run, item.name)}: written down as ${item.recorded}, judged again as ${item.verdict}`,
          ),
        ),
      ...(run.outcome === 'rejected' || run.outcome === 'unproven'
        ? run.cases.every(({ verdict }) => verdict === 'pass')
          ? [hold(`run ${run.id} was written down as ${run.outcome}, and yet every case passes when judged again`)]
          : []
        : []),
    ]),
    good: 'nothing written down contradicts what was judged again',
  }),
);
