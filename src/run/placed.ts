/** Cases that have a partition, and not yet an allocation. */
import type { Launch } from '../launch/launch.ts';

/** A case before it has a place in an allocation: its launch can only be resolved when its directory is known. */
export interface Placed {
  readonly case: string;
  readonly suite: string;
  readonly nodes: number;
  readonly limitSeconds: number;
  /** Whether others may run beside it on other nodes of the allocation: not where its timing is measured. */
  readonly beside: boolean;
  /** `firstNode`: number of its first node within the allocation, where it runs beside others. */
  readonly resolve: (allocation: string, step: string, firstNode?: number) => Launch;
}
