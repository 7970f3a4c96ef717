/** Finding the observation that a check is about, or saying why it is not there. */
import type { Observation, Observed, Series } from '../observe/observation.ts';

/** What was looked for, or one clause that says why it cannot be used. */
export type Looked<T> = { readonly ok: T } | { readonly why: string };

/** The single value of that name. */
export function singleOf(observed: Observed, name: string): Looked<Observation> {
  const found = observed.observations.filter((one) => one.name === name);
  const first = found[0];
  if (!first) return { why: whyAbsent(observed, name, 'a single value') };
  if (found.length > 1) return { why: `there are ${found.length} observations "${name}"` };
  if (typeof first.value === 'number' && !Number.isFinite(first.value)) return { why: `"${name}" is not finite` };
  return { ok: first };
}

/** The single number of that name. */
export function numberOf(observed: Observed, name: string): Looked<{ readonly value: number; readonly unit: string }> {
  const looked = singleOf(observed, name);
  if ('why' in looked) return looked;
  const { value, unit } = looked.ok;
  return typeof value === 'number' ? { ok: { value, unit } } : { why: `"${name}" is a text, not a number` };
}

/** The series of that name, with at least `least` values. */
export function seriesOf(observed: Observed, name: string, least: number): Looked<Series> {
  const found = observed.series.find((one) => one.name === name);
  if (!found) return { why: whyAbsent(observed, name, 'a series') };
  if (found.values.length < least) return { why: `"${name}" has ${found.values.length} values; ${least} are needed` };
  const bad = found.values.findIndex((value) => !Number.isFinite(value));
  return bad < 0 ? { ok: found } : { why: `value ${bad + 1} of "${name}" is not finite` };
}

function whyAbsent(observed: Observed, name: string, wanted: string): string {
  const absent = observed.missing.find((one) => one.name === name);
  if (absent) return `"${name}" is missing: ${absent.why}`;
  const there = [...observed.observations, ...observed.series].some((one) => one.name === name);
  return there ? `"${name}" is not ${wanted}` : `"${name}" is not among the observations`;
}

/** A number for messages, with as many digits as it takes to tell it from every other double. */
export function show(value: number, unit: string): string {
  return unit === '' || unit === '1' ? String(value) : `${value} ${unit}`;
}
