/** Groups of steps: which run side by side on disjoint nodes of an allocation, and in which lane each goes. Pure. */
import type { Placed } from './placed.ts';

/** Steps between which nothing but their own lane decides the order. Groups follow each other. */
export interface StepGroup {
  readonly lanes: number;
  /** In the order of the cases; a lane's steps run one after the other. */
  readonly members: readonly { readonly item: Placed; readonly lane: number }[];
  /** Longest time of its longest lane, in seconds. */
  readonly seconds: number;
}

/** Seconds that a step needs beside its program. */
const stepOverhead = 2;

/**
 * Groups cases for an allocation of so many nodes. Neighbours that allow others beside them are gathered by their size, so
 * that equal ones fill the nodes; each of the others is a group of its own, with the whole allocation quiet around it.
 */
export function groupSteps(items: readonly Placed[], nodes: number): readonly StepGroup[] {
  const groups: StepGroup[] = [];
  let open = new Map<number, Placed[]>();
  const close = () => {
    for (const [size, members] of open) groups.push(sideBySide(members, Math.floor(nodes / size)));
    open = new Map();
  };
  for (const item of items) {
    if (item.beside) {
      const members = open.get(item.nodes);
      if (members) members.push(item);
      else open.set(item.nodes, [item]);
      continue;
    }
    close();
    groups.push(sideBySide([item], 1));
  }
  close();
  return groups;
}

/** Each case goes to the lane that is over first, by the time limits. */
function sideBySide(items: readonly Placed[], most: number): StepGroup {
  const lanes = Math.max(1, Math.min(most, items.length));
  const busy = new Array<number>(lanes).fill(0);
  const members = items.map((item) => {
    const lane = busy.indexOf(Math.min(...busy));
    busy[lane] = (busy[lane] ?? 0) + item.limitSeconds + stepOverhead;
    return { item, lane };
  });
  return { lanes, members, seconds: Math.max(...busy) };
}
