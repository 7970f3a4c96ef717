/** Tolerances: how far two numbers may be apart. */
import { type Static, Type } from '../base/schema.ts';

const positive = Type.Optional(Type.Number({ minimum: 0 }));

/**
 * The options of a tolerance. `absolute` is in the observation's unit, `relative` a fraction of the expectation;
 * with both, the larger holds, so that `absolute` carries where the expectation is near zero. `ulp` counts the doubles
 * between the two, as in Goldberg (ACM Computing Surveys 23(1) 1991), and stands alone.
 */
export const boundOptions = {
  absolute: positive,
  relative: positive,
  ulp: Type.Optional(Type.Integer({ minimum: 0 })),
};

/** A tolerance as declared. */
export interface Bound {
  readonly absolute?: Static<typeof boundOptions.absolute>;
  readonly relative?: Static<typeof boundOptions.relative>;
  readonly ulp?: Static<typeof boundOptions.ulp>;
}

/** What the schema cannot say of a tolerance. `needed`: without any tolerance the check means nothing. */
export function lintBound(bound: Bound, needed: 'needed' | 'optional'): readonly string[] {
  const { absolute, relative, ulp } = bound;
  if (ulp !== undefined && (absolute ?? relative) !== undefined) return ['"ulp" stands alone'];
  if (needed === 'needed' && absolute === undefined && relative === undefined && ulp === undefined)
    return ['declare a tolerance: "absolute", "relative" or "ulp"'];
  return [];
}

/** How far apart two numbers are and may be, both in the same measure. */
export interface Apart {
  readonly holds: boolean;
  readonly difference: number;
  readonly allowed: number;
  readonly measure: 'absolute' | 'ulp';
}

/** Compares a number with its expectation; `scale` is what `relative` is a fraction of. No tolerance: bit for bit. */
export function compare(value: number, expected: number, bound: Bound, scale = Math.abs(expected)): Apart {
  if (bound.ulp !== undefined) {
    const difference = Number(ulpsBetween(value, expected));
    return { holds: difference <= bound.ulp, difference, allowed: bound.ulp, measure: 'ulp' };
  }
  const allowed = Math.max(bound.absolute ?? 0, (bound.relative ?? 0) * scale);
  const difference = Math.abs(value - expected);
  const exact = bound.absolute === undefined && bound.relative === undefined;
  // Bit for bit also tells 0 from -0.
  const holds = exact ? Object.is(value, expected) : difference <= allowed;
  return { holds, difference, allowed, measure: 'absolute' };
}

const bytes = new DataView(new ArrayBuffer(8));

/** How many steps from double to next double lie between two finite numbers; 0 and -0 are the same. */
function ulpsBetween(a: number, b: number): bigint {
  const distance = ordinal(a) - ordinal(b);
  return distance < 0n ? -distance : distance;
}

/** The place of a finite double among all doubles, by the order of their bits (IEEE 754, 5.10). */
function ordinal(value: number): bigint {
  bytes.setFloat64(0, value);
  const bits = bytes.getBigInt64(0);
  return bits < 0n ? -(bits & 0x7fffffffffffffffn) : bits;
}
