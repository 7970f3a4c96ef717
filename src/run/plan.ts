/** Plans: cases packed into few allocations, each fixed when it is submitted. Pure. */
import type { Launch } from '../launch/launch.ts';
import type { Partition } from '../site/site.ts';

/** One step of an allocation: one case, once. */
export interface PlannedStep {
  /** Name of its directory, unique in the allocation. */
  readonly name: string;
  readonly launch: Launch;
}

/** One allocation: a job that holds nodes, and the steps that run in it, in order. */
export interface PlannedAllocation {
  readonly id: string;
  /** Name and comment of the job, unique to this allocation of this run. */
  readonly key: string;
  readonly partition: Partition;
  readonly nodes: number;
  readonly limitSeconds: number;
  readonly exclude: readonly string[];
  readonly steps: readonly PlannedStep[];
}

/** A case before it has a place in an allocation: its launch can only be resolved when its directory is known. */
export interface Placed {
  readonly case: string;
  readonly suite: string;
  readonly nodes: number;
  readonly limitSeconds: number;
  readonly resolve: (allocation: string, step: string) => Launch;
}

/** Seconds that an allocation needs beside its steps: facts at the start, the end of the companion. */
const allocationOverhead = 60;
/** Seconds that a step needs beside its program. */
const stepOverhead = 2;

/** Packs cases into allocations of one partition, in order, as many in each as its time limit holds. */
export function planAllocations(
  runId: string,
  placed: readonly Placed[],
  partition: Partition,
  first: number,
  exclude: readonly string[] = [],
): readonly PlannedAllocation[] {
  const groups: { items: Placed[]; seconds: number }[] = [];
  for (const item of placed) {
    const seconds = item.limitSeconds + stepOverhead;
    const last = groups.at(-1);
    if (last && last.seconds + seconds <= partition.timeLimitSeconds) {
      last.items.push(item);
      last.seconds += seconds;
    } else {
      groups.push({ items: [item], seconds: allocationOverhead + seconds });
    }
  }
  return groups.map(({ items, seconds }, index) => {
    const id = `a${first + index}`;
    return {
      id,
      key: `assay-${runId}-${id}`,
      partition,
      nodes: Math.max(...items.map((item) => item.nodes)),
      limitSeconds: Math.min(seconds, partition.timeLimitSeconds),
      exclude,
      steps: items.map((item, position) => {
        const name = String(position + 1).padStart(4, '0');
        return { name, launch: item.resolve(id, name) };
      }),
    };
  });
}
