import type { PerformanceEvidence } from '../evidence.ts';
import { bootstrapInForce, hold, type Problem, refuse, ruleOverRuns } from '../rule.ts';

/** No proven slowdown; and, where the policy asks for it, every gated metric decided. */
export const performance = ruleOverRuns(
  'performance',
  'that the image is not slower than the blessed one',
  (evidence, policy, now) => {
    const all = evidence.runs.flatMap((run) => run.performance);
    const first = bootstrapInForce(evidence, policy, now) !== undefined;
    const gated = all.filter(({ outcome }) => outcome === 'accept' || (first && outcome === 'no-baseline'));
    const decided = policy.performance === 'decided';
    const nothing = decided && all.every(({ outcome }) => outcome === 'not-gated');
    return {
      problems: [
        ...all.flatMap((item) => problemOf(item, decided, first)),
        ...(nothing
          ? [hold('no metric was gated; a policy for suites without any says performance: {require: recorded}')]
          : []),
      ],
      good: decided
        ? `gated metrics: ${gated.length}${first ? ', recorded without a baseline (bootstrap)' : ', all accepted'}`
        : `recorded metrics: ${all.length}, no proven slowdown; the policy asks for no more`,
      shown: all.map(({ case: name, metric, outcome, message }) => `${name} ${metric}: ${outcome}, ${message}`),
    };
  },
);

function problemOf(item: PerformanceEvidence, decided: boolean, first: boolean): readonly Problem[] {
  const line = `${item.case} ${item.metric}: ${item.outcome}, ${item.message}`;
  if (item.outcome === 'reject') return [refuse(line)];
  if (item.outcome === 'accept' || item.outcome === 'not-gated') return [];
  if (item.outcome === 'no-baseline' && first) return [];
  const recorded = item.outcome === 'undecided' || item.outcome === 'no-baseline' || item.outcome === 'oversubscribed';
  return decided || !recorded ? [hold(line)] : [];
}
