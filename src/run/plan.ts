/** Plans: cases packed into few allocations, each fixed when it is submitted. Pure. */
import type { Launch } from '../launch/launch.ts';
import type { Partition } from '../site/site.ts';
import type { Placed } from './placed.ts';
import { groupSteps, type StepGroup } from './step-group.ts';

/** One step of an allocation: one case, once. */
export interface PlannedStep {
  /** Name of its directory, unique in the allocation. */
  readonly name: string;
  readonly launch: Launch;
  /** Groups come one after the other; in a group lanes go side by side, and in a lane one step after the other. */
  readonly group: number;
  readonly lane: number;
}

/** One allocation: a job that holds nodes, and the steps that run in it. */
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

/** Seconds that an allocation needs beside its steps: facts at the start, the end of the companion. */
const allocationOverhead = 60;

/** Packs cases into allocations of one partition, in order, as many in each as its time limit holds. */
export function planAllocations(
  runId: string,
  placed: readonly Placed[],
  partition: Partition,
  first: number,
  exclude: readonly string[] = [],
): readonly PlannedAllocation[] {
  return packed(placed, partition).map(({ groups, nodes, seconds }, index) => {
    const id = `a${first + index}`;
    return {
      id,
      key: `assay-${runId}-${id}`,
      partition,
      nodes,
      limitSeconds: Math.min(allocationOverhead + seconds, partition.timeLimitSeconds),
      exclude,
      steps: stepsOf(groups, id),
    };
  });
}

interface Packed {
  readonly groups: readonly StepGroup[];
  readonly nodes: number;
  readonly seconds: number;
}

/** As many cases in each allocation as its time holds: found by halving, since lanes make the time of a group uneven. */
function packed(placed: readonly Placed[], partition: Partition): readonly Packed[] {
  const result: Packed[] = [];
  for (let from = 0; from < placed.length; ) {
    const fits = (count: number) => {
      const pack = packOf(placed.slice(from, from + count), partition);
      return allocationOverhead + pack.seconds <= partition.timeLimitSeconds ? pack : undefined;
    };
    let [least, most] = [1, placed.length - from];
    let best = fits(most);
    if (best) least = most;
    while (least < most) {
      const middle = Math.ceil((least + most) / 2);
      const pack = fits(middle);
      if (pack) [least, best] = [middle, pack];
      else most = middle - 1;
    }
    // One case alone that takes longer than the partition allows is tried all the same; Slurm has the last word.
    result.push(best ?? packOf(placed.slice(from, from + 1), partition));
    from += least;
  }
  return result;
}

function packOf(items: readonly Placed[], partition: Partition): Packed {
  const widest = Math.max(...items.map((item) => item.nodes));
  const beside = items.filter((item) => item.beside).reduce((sum, item) => sum + item.nodes, 0);
  const nodes = Math.max(widest, Math.min(partition.nodes, beside));
  const groups = groupSteps(items, nodes);
  return { groups, nodes, seconds: groups.reduce((sum, group) => sum + group.seconds, 0) };
}

function stepsOf(groups: readonly StepGroup[], allocation: string): readonly PlannedStep[] {
  let position = 0;
  return groups.flatMap(({ members, lanes }, group) =>
    members.map(({ item, lane }) => {
      position += 1;
      const name = String(position).padStart(4, '0');
      const launch = item.resolve(allocation, name, lanes > 1 ? lane * item.nodes : undefined);
      return { name, launch, group, lane };
    }),
  );
}
