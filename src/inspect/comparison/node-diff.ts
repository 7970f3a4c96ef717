/** Two nodes side by side: what differs, what is their own, what is equal. Pure. */
import type { Facts } from '../facts.ts';
import type { Probe } from '../probe.ts';
import { differencesBetween, type FactDifference } from './difference.ts';
import { byImportance, clusterFacts, ownFacts, wholeOf } from './importance.ts';

/** Two nodes side by side. Differences by importance. */
export interface NodeDiff {
  readonly left: string;
  readonly right: string;
  readonly differences: readonly FactDifference[];
  /** What differs between equal nodes too: names, boot ids, serials. */
  readonly own: readonly FactDifference[];
  /** What neither could tell. */
  readonly unknown: readonly FactDifference[];
  /** How many facts both have and say the same of. */
  readonly equal: number;
}

/** All pairs, and the nodes that only one file holds. */
export interface FactsDiff {
  readonly nodes: readonly NodeDiff[];
  readonly onlyLeft: readonly string[];
  readonly onlyRight: readonly string[];
}

/** Compares two nodes. */
export function diffNodes(left: Facts, right: Facts, probes: readonly Probe[]): NodeDiff {
  const own = ownFacts(probes);
  const all = differencesBetween(left, right)
    .filter((one) => !isPartOfUnknown(one, left, right))
    .sort(byImportance(probes));
  const cluster = clusterFacts(probes);
  // What the cluster says differs where both say it; that one of the nodes was not the one to ask is no difference.
  const isOwn = ({ group, key, kind }: FactDifference) =>
    own.has(`${group}.${key}`) || (kind === 'only' && cluster.has(`${group}.${key}`));
  return {
    left: left.node,
    right: right.node,
    differences: all.filter((one) => !isOwn(one) && !isUntold(one)),
    unknown: all.filter((one) => !isOwn(one) && isUntold(one)),
    own: all.filter(isOwn),
    equal: countEqual(left, right, all),
  };
}

/** A part that one side lacks because its whole is not known there: the whole says so, once. */
function isPartOfUnknown(one: FactDifference, left: Facts, right: Facts): boolean {
  const whole = one.kind === 'only' ? wholeOf(one) : undefined;
  const lacks = one.left ? right : left;
  const fact = whole === undefined ? undefined : lacks.groups[one.group]?.[whole];
  return fact !== undefined && 'unknown' in fact;
}

function isUntold({ left, right }: FactDifference): boolean {
  return left !== undefined && right !== undefined && 'unknown' in left && 'unknown' in right;
}

function countEqual(left: Facts, right: Facts, differences: readonly FactDifference[]): number {
  const different = new Set(differences.map(({ group, key }) => `${group}.${key}`));
  return Object.entries(left.groups).reduce((sum, [group, rows]) => {
    const both = Object.keys(rows).filter((key) => right.groups[group]?.[key] && !different.has(`${group}.${key}`));
    return sum + both.length;
  }, 0);
}
