/** Sets of UTF-16 code units, as character classes name them. */

/** A set of UTF-16 code units: pairs of first and last. */
export interface Units {
  readonly ranges: readonly (readonly [number, number])[];
  readonly negated: boolean;
}

const digits: Units = { ranges: [[48, 57]], negated: false };
const words: Units = {
  ranges: [
    [48, 57],
    [65, 90],
    [95, 95],
    [97, 122],
  ],
  negated: false,
};
// ECMA-262 22.2.2.9: WhiteSpace and LineTerminator.
const spaces: Units = {
  ranges: [
    [9, 13],
    [32, 32],
    [160, 160],
    [0x1680, 0x1680],
    [0x2000, 0x200a],
    [0x2028, 0x2029],
    [0x202f, 0x202f],
    [0x205f, 0x205f],
    [0x3000, 0x3000],
    [0xfeff, 0xfeff],
  ],
  negated: false,
};
/** The classes with a letter of their own. */
export const classes: Readonly<Record<string, Units>> = { d: digits, w: words, s: spaces };
/** The control characters with a letter of their own. */
export const controls: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, '0': 0 };

/** The set of one code unit. */
export function single(unit: number): Units {
  return { ranges: [[unit, unit]], negated: false };
}

/** The same set without negation. */
export function positive(units: Units): readonly (readonly [number, number])[] {
  if (!units.negated) return units.ranges;
  const ranges: (readonly [number, number])[] = [];
  let from = 0;
  for (const [first, last] of units.ranges) {
    if (first > from) ranges.push([from, first - 1]);
    from = last + 1;
  }
  return [...ranges, [from, 0xffff]];
}

/** True when the set holds the code unit. */
export function holds(units: Units, unit: number): boolean {
  for (const [first, last] of units.ranges) if (unit >= first && unit <= last) return !units.negated;
  return units.negated;
}
