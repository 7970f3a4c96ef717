/** What differs in the observations of a case that both runs have. */
import type { ObservationRow, RunRecord } from '../store/run-record.ts';
import { type Effect, type Effects, ranInBoth } from './effect.ts';
import { withoutRun } from './volatile.ts';

/** Largest change in % that is told as `level`: the default margin of performance checks. */
const marginPercent = 3;

/** The effects in observations, by case and name, in the order of the left run. */
export function observationEffects(left: RunRecord, right: RunRecord): Effects {
  const others = byName(right);
  const shared = ranInBoth(left, right);
  const effects: Effect[] = [];
  let equal = 0;
  const seen = new Set<string>();
  for (const [key, was] of byName(left)) {
    seen.add(key);
    if (!shared.has(was.case)) continue;
    const effect = effectOf(left, was, right, others.get(key));
    if (effect) effects.push(effect);
    else equal += 1;
  }
  for (const [key, is] of others)
    if (!seen.has(key) && shared.has(is.case))
      effects.push({ kind: 'text', case: is.case, name: is.name, right: shown(right, is) });
  return { effects, equal };
}

/** Observations by case and name; repeated ones are counted up. */
function byName({ observations }: RunRecord): ReadonlyMap<string, ObservationRow> {
  const found = new Map<string, ObservationRow>();
  for (const one of observations) {
    let index = 0;
    while (found.has(JSON.stringify([one.case, one.name, index]))) index += 1;
    found.set(JSON.stringify([one.case, one.name, index]), one);
  }
  return found;
}

function effectOf(
  left: RunRecord,
  was: ObservationRow,
  right: RunRecord,
  is: ObservationRow | undefined,
): Effect | undefined {
  const { case: of, name, unit } = was;
  if (!is) return { kind: 'text', case: of, name, left: shown(left, was) };
  const sameUnit = unit === is.unit;
  if (was.number !== undefined && is.number !== undefined && sameUnit)
    return numberEffect(was, was.number, is.number, was.better ?? is.better);
  const [before, after] = [seriesOf(was), seriesOf(is)];
  if (before && after && sameUnit) return seriesEffect(was, before, after);
  const [text, other] = [shown(left, was), shown(right, is)];
  return text === other ? undefined : { kind: 'text', case: of, name, left: text, right: other };
}

function numberEffect(
  { case: of, name, unit }: ObservationRow,
  left: number,
  right: number,
  better: ObservationRow['better'],
): Effect | undefined {
  if (better === undefined) {
    const relative = Math.abs(right - left) / Math.max(Math.abs(left), Math.abs(right));
    return left === right ? undefined : { kind: 'number', case: of, name, left, right, unit, relative };
  }
  if (left === right) return undefined;
  const changePercent = left === 0 ? undefined : (100 * (right - left)) / Math.abs(left);
  const level = changePercent !== undefined && Math.abs(changePercent) <= marginPercent;
  const direction = level ? 'level' : right > left === (better === 'higher') ? 'better' : 'worse';
  const change = changePercent === undefined ? {} : { changePercent };
  return { kind: 'metric', case: of, name, left, right, unit, ...change, direction };
}

/** The numbers of a series, which is stored as a JSON list. */
function seriesOf({ text }: ObservationRow): readonly number[] | undefined {
  if (!text?.startsWith('[')) return undefined;
  try {
    const values: unknown = JSON.parse(text);
    return Array.isArray(values) && values.every((value) => typeof value === 'number') ? values : undefined;
  } catch {
    // A text that only begins like a list.
    return undefined;
  }
}

function seriesEffect(
  { case: of, name, unit }: ObservationRow,
  left: readonly number[],
  right: readonly number[],
): Effect | undefined {
  const shared = Math.min(left.length, right.length);
  let first = -1;
  let largest = 0;
  for (let index = 0; index < shared; index += 1) {
    const distance = Math.abs((left[index] ?? 0) - (right[index] ?? 0));
    if (distance > 0 && first < 0) first = index;
    largest = Math.max(largest, distance);
  }
  if (first < 0 && left.length === right.length) return undefined;
  const lengths = [left.length, right.length] as const;
  return { kind: 'series', case: of, name, unit, lengths, first: first < 0 ? shared : first, largest };
}

function shown(record: RunRecord, { number, text, unit }: ObservationRow): string {
  if (number !== undefined) return `${number} ${unit}`;
  return withoutRun(record, text ?? '');
}
