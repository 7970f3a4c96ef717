/** Numbers as programs print them, read strictly: what is not surely one finite number is none. */
import { quoted } from './lines.ts';
import type { Declared } from './parser.ts';

/** A value, or one clause that says why there is none. */
export type Value<T = number | string> = { readonly ok: T } | { readonly why: string };

// C's %e, %f, %g (C17 7.21.6.1) and Fortran's D exponent (F2018 13.7.2.3.3); no hexadecimal, no grouping.
const shape = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][+-]?\d+)?$/;
const longestText = 1000;

/** Reads one number; blanks around it do not count. */
export function readNumber(text: string): Value<number> {
  const bare = text.trim();
  if (bare === '') return { why: 'the value is empty' };
  if (bare.length > 400) return { why: `${quoted(bare)} is too long for a number` };
  if (!shape.test(bare)) return { why: whyNoNumber(bare) };
  const value = Number(bare.replace(/[dD]/, 'e'));
  if (!Number.isFinite(value)) return { why: `${quoted(bare)} is beyond the range of a double` };
  if (value === 0 && /[1-9]/.test(bare.replace(/[eEdD].*$/, '')))
    return { why: `${quoted(bare)} is too small for a double` };
  return { ok: value };
}

function whyNoNumber(bare: string): string {
  if (/^[+-]?(?:nan|inf|infinity|1\.#(?:qnan|inf|ind).*)(?:\(.*\))?$/i.test(bare))
    return `${quoted(bare)} is not finite`;
  if (/^\*+$/.test(bare)) return `${quoted(bare)} is a number that did not fit its field`;
  if (/^[+-]?\d[\d.]*,[\d.,]*(?:[eEdD][+-]?\d+)?$/.test(bare))
    return `${quoted(bare)} has a comma, as a locale writes it: set LC_ALL=C in the test's environment`;
  return `${quoted(bare)} is not a number`;
}

/**
 * Reads a value of the declared type. After a number may stand its unit, parted by blanks; it must then be the
 * declared one. A text must be short and free of control characters and of the sign that marks broken UTF-8.
 */
export function readValue(text: string, declared: Pick<Declared, 'type' | 'unit'>): Value {
  const bare = text.trim();
  if (declared.type === 'text') {
    if (bare === '') return { why: 'the value is empty' };
    if (bare.length > longestText) return { why: `the text is longer than ${longestText} characters` };
    if (/[\u0000-\u001f\u007f-\u009f\ufffd]/.test(bare))
      return { why: `${quoted(bare)} holds control characters or bytes that are not UTF-8` };
    return { ok: bare };
  }
  const parts = /^(\S+)[ \t]+(\S.*)$/.exec(bare);
  const [, digits, unit] = parts ?? [];
  if (digits !== undefined && unit !== undefined && shape.test(digits)) {
    if (unit !== declared.unit) return { why: `it is in ${quoted(unit)}, but declared in ${quoted(declared.unit)}` };
    return readNumber(digits);
  }
  return readNumber(bare);
}
