/** What the rounds of a metric say of candidate against baseline. */
import { studentQuantile } from './student.ts';

/** Differences and what to hold them against. */
export interface RoundsQuestion {
  /** For each round, the median log cost of the candidate less that of the baseline; cost is time, or 1 / rate. */
  readonly differences: readonly number[];
  /** δ = log(1 + Δ): the slowdown that is still accepted. */
  readonly margin: number;
  /** One-sided level of this look (Pocock's constant: 0.0194 for four looks at 5 %). */
  readonly alpha: number;
}

/** The bounds and what follows from them; effects in percent are 100 · (exp(x) − 1), positive is slower. */
export interface RoundsAnswer {
  readonly outcome: 'accept' | 'reject' | 'undecided';
  readonly rounds: number;
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
  readonly effectPercent: number;
}

/**
 * One-sided Student bounds of the mean difference: `accept` when the upper one is within the margin, `reject` when the
 * lower one is above zero and the estimate at or beyond the margin, else `undecided`. Fewer than two rounds, or
 * anything that is not a number, decide nothing.
 */
export function decideRounds({ differences, margin, alpha }: RoundsQuestion): RoundsAnswer {
  const rounds = differences.length;
  const estimate = differences.reduce((sum, value) => sum + value, 0) / rounds;
  const variance = differences.reduce((sum, value) => sum + (value - estimate) ** 2, 0) / (rounds - 1);
  const half = studentQuantile(alpha, rounds - 1) * Math.sqrt(variance / rounds);
  const lower = estimate - half;
  const upper = estimate + half;
  const known = Number.isFinite(lower) && Number.isFinite(upper) && margin > 0;
  const outcome =
    known && upper <= margin ? 'accept' : known && lower > 0 && estimate >= margin ? 'reject' : 'undecided';
  return { outcome, rounds, estimate, lower, upper, effectPercent: 100 * Math.expm1(estimate) };
}
