/** Performance of a case, apart from its verdict: it never turns into one. */
import type { Better, Observed } from '../observe/observation.ts';
import { numberOf } from './evidence.ts';

/** Why a metric says nothing yet, or what it says. The outcomes against a baseline come from `decideRounds`. */
type PerformanceOutcome = 'no-baseline' | 'oversubscribed' | 'missing';

/** One metric of one case. */
export interface Performance {
  readonly metric: string;
  readonly outcome: PerformanceOutcome;
  readonly value?: number;
  readonly unit?: string;
  readonly better?: Better;
  readonly message: string;
}

/** Whether more ranks ran than there are physical cores; `why` gives the numbers. */
export type Oversubscription =
  | { readonly oversubscribed: 'no' }
  | { readonly oversubscribed: 'yes'; readonly why: string };

/** One outcome for each declared metric, in their order. */
export function judgePerformance(
  metrics: readonly string[],
  observed: Observed,
  oversubscription: Oversubscription,
): readonly Performance[] {
  return metrics.map((metric) => {
    const looked = numberOf(observed, metric);
    if ('why' in looked) return { metric, outcome: 'missing', message: looked.why };
    const better = observed.observations.find((one) => one.name === metric)?.better;
    if (!better) return { metric, outcome: 'missing', message: `"${metric}" does not say which way is better` };
    const said = { metric, value: looked.ok.value, unit: looked.ok.unit, better };
    return oversubscription.oversubscribed === 'yes'
      ? { ...said, outcome: 'oversubscribed', message: `does not count: ${oversubscription.why}` }
      : { ...said, outcome: 'no-baseline', message: 'there is no baseline to compare with' };
  });
}
