/** Time. */
import { setTimeout as wait } from 'node:timers/promises';

/** The clock and the only way to wait. */
export interface Clock {
  /** Now, as ISO 8601 UTC with milliseconds. */
  readonly now: () => string;
  /** Seconds of a clock that never jumps, for measuring and for limits. */
  readonly monotonic: () => number;
  /** Waits; ends early, without error, when the signal aborts. */
  readonly sleep: (seconds: number, signal?: AbortSignal) => Promise<void>;
}

/** The machine's own clock. */
export const machineClock: Clock = {
  now: () => new Date().toISOString(),
  monotonic: () => performance.now() / 1000,
  sleep: async (seconds, signal) => {
    try {
      await wait(seconds * 1000, undefined, signal ? { signal } : {});
    } catch (error) {
      if (!signal?.aborted) throw error;
    }
  },
};
