/** Effects: what two runs found of the same cases. */
import type { RunRecord } from '../store/run-record.ts';

/** Something that came out differently. `case` is empty for what is said of the whole run. */
export type Effect =
  | {
      /** A metric: an observation that has a better direction. Always listed, because two values never agree. */
      readonly kind: 'metric';
      readonly case: string;
      readonly name: string;
      readonly left: number;
      readonly right: number;
      readonly unit: string;
      /** 100 · (right − left) / |left|; absent when the left value is 0. */
      readonly changePercent?: number;
      /** `level` when it changed by at most the margin, 3 %. */
      readonly direction: 'better' | 'worse' | 'level';
    }
  | {
      /** A number without a better direction, mostly physics; listed when it differs in any digit. */
      readonly kind: 'number';
      readonly case: string;
      readonly name: string;
      readonly left: number;
      readonly right: number;
      readonly unit: string;
      /** |right − left| / max(|left|, |right|). */
      readonly relative: number;
    }
  | {
      readonly kind: 'series';
      readonly case: string;
      readonly name: string;
      readonly unit: string;
      readonly lengths: readonly [number, number];
      /** Index, from 0, of the first value that differs. */
      readonly first: number;
      /** The largest |right − left| over the values that both have. */
      readonly largest: number;
    }
  | {
      /** A text observation, a verdict, a finding's verdict, a case that only one run has, or the run's outcome. */
      readonly kind: 'text' | 'verdict' | 'finding' | 'case' | 'outcome';
      readonly case: string;
      readonly name: string;
      readonly left?: string;
      readonly right?: string;
    };

/** The effects, and how many results are the same in both runs. */
export interface Effects {
  readonly effects: readonly Effect[];
  readonly equal: number;
}

/** Names of the cases that both runs ran: of one that was skipped the verdict says all there is. */
export function ranInBoth(left: RunRecord, right: RunRecord): ReadonlySet<string> {
  const ran = ({ cases }: RunRecord) => cases.filter((one) => one.verdict !== 'skip').map((one) => one.name);
  const others = new Set(ran(right));
  return new Set(ran(left).filter((name) => others.has(name)));
}
