/** What differs between the facts of two nodes, or of one node on two days. */
import type { Fact, Facts } from '../facts.ts';

/** One fact that differs. A side is missing when that node was not asked or has no such row. */
export interface FactDifference {
  readonly group: string;
  readonly key: string;
  readonly left?: Fact;
  readonly right?: Fact;
  /** `value`: both are known and differ. `unknown`: one is not known, so nothing is proved. `only`: one has no such row. */
  readonly kind: 'value' | 'unknown' | 'only';
}

/** Every fact in which two nodes differ, by group and key. Two facts that are both unknown count as one difference. */
export function differencesBetween(left: Facts, right: Facts): readonly FactDifference[] {
  const found: FactDifference[] = [];
  for (const group of namesOf(left.groups, right.groups)) {
    const [a, b] = [left.groups[group] ?? {}, right.groups[group] ?? {}];
    for (const key of namesOf(a, b)) {
      const difference = compare(a[key], b[key]);
      if (difference) found.push({ group, key, ...difference });
    }
  }
  return found;
}

function namesOf(a: object, b: object): readonly string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
}

function compare(left: Fact | undefined, right: Fact | undefined): Omit<FactDifference, 'group' | 'key'> | undefined {
  if (!left || !right) return { kind: 'only', ...(left && { left }), ...(right && { right }) };
  if ('unknown' in left || 'unknown' in right) {
    // Absent on both sides is the same answer twice; denied or timed out twice is no answer at all.
    const bothAbsent =
      'unknown' in left && 'unknown' in right && left.unknown === 'absent' && right.unknown === 'absent';
    return bothAbsent ? undefined : { kind: 'unknown', left, right };
  }
  return left.value === right.value ? undefined : { kind: 'value', left, right };
}
