/** A comparison for terminals: the verdict, the counts, causes beside effects. */
import { cutText, plainLine } from '../base/plain-text.ts';
import type { Cause } from '../compare/cause.ts';
import type { ComparedRun, Comparison } from '../compare/compare.ts';
import type { Effect } from '../compare/effect.ts';
import { showNumber, showPercent } from './number-text.ts';
import { textTable } from './text-table.ts';

const shownOfKind = 8;
const shownPlaces = 4;
const cellBytes = 60;

/** The comparison as text; `all` cuts no list, and shows what is hidden and what is not known too. */
export function comparisonText(comparison: Comparison, all = false): string {
  const { left, right, verdict, causes, effects, counts, equalEffects, hidden, unknown } = comparison;
  const limit = all ? Infinity : shownOfKind;
  const unknownCount = counts.unknown > 0 ? `, ${counts.unknown} not known in both` : '';
  const parts = [
    textTable(['', 'RUN', 'STARTED', 'OUTCOME', 'SITE', 'IMAGE', 'DIGEST'], [runRow('A', left), runRow('B', right)]),
    `${verdict}\n${counts.differ} differ, ${counts.equal} equal, ${counts.hidden} volatile hidden${unknownCount}\n`,
  ];
  if (causes.length > 0) parts.push(section(causeHeads, causes.map(causeRow), limit));
  const results = `${equalEffects} results equal`;
  if (effects.length === 0) parts.push(`${results}, none differ\n`);
  else parts.push(`${section(effectHeads, effects.map(effectRow), limit)}${results}\n`);
  const metric = effects.find((effect) => effect.kind === 'metric');
  if (metric) parts.push(`Two values do not tell a change from noise; the spread: assay history ${metric.name}\n`);
  if (all && hidden.length > 0) parts.push(`hidden:\n${section(causeHeads, hidden.map(causeRow), limit)}`);
  if (all && unknown.length > 0)
    parts.push(`not known in both runs:\n${section(causeHeads, unknown.map(causeRow), limit)}`);
  if (!all && counts.hidden + counts.unknown > 0) parts.push('--all shows what is hidden or not known\n');
  return parts.join('\n');
}

/** A table of rows whose first cell is their kind; of each kind the first few, so that none hides the others. */
function section(heads: readonly string[], rows: readonly (readonly string[])[], limit: number): string {
  const counts = new Map<string, number>();
  const shown = rows.filter(([kind = '']) => {
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    return (counts.get(kind) ?? 0) <= limit;
  });
  const left = [...counts].filter(([, count]) => count > limit).map(([kind, count]) => `${count - limit} of ${kind}`);
  return `${textTable(heads, shown)}${left.length > 0 ? `… and ${left.join(', ')} more (--all)\n` : ''}`;
}

function runRow(side: string, run: ComparedRun): readonly string[] {
  return [side, run.id, `${run.startedAt.slice(0, 19)}Z`, run.outcome, run.site, run.image, short(run.digest)];
}

const causeHeads = ['CAUSE', 'WHAT', 'A', 'B', 'WHERE'];

function causeRow({ kind, name, left, right, where }: Cause): readonly string[] {
  const more = where.length > shownPlaces ? ` and ${where.length - shownPlaces} more` : '';
  return [kind, name, cell(left), cell(right), where.slice(0, shownPlaces).join(', ') + more];
}

const effectHeads = ['EFFECT', 'CASE', 'WHAT', 'A', 'B', 'CHANGE'];

function effectRow(effect: Effect): readonly string[] {
  const { kind, case: of, name } = effect;
  if (effect.kind === 'metric') {
    const change = effect.changePercent === undefined ? 'from 0' : showPercent(effect.changePercent);
    const { left, right, unit, direction } = effect;
    return [kind, of, name, `${showNumber(left)} ${unit}`, `${showNumber(right)} ${unit}`, `${change} ${direction}`];
  }
  if (effect.kind === 'number') {
    // All digits: what differs may be the last.
    const { left, right, unit, relative } = effect;
    return [kind, of, name, `${left} ${unit}`, `${right} ${unit}`, `relative ${relative.toExponential(1)}`];
  }
  if (effect.kind === 'series') {
    const { lengths, first, largest, unit } = effect;
    const change = `from value ${first + 1} on, by at most ${showNumber(largest)} ${unit}`;
    return [kind, of, name, `${lengths[0]} values`, `${lengths[1]} values`, change];
  }
  return [kind, of, name, cell(effect.left), cell(effect.right), ''];
}

/** One value in a table: digests short, long texts cut, nothing as a dash. */
function cell(value: string | undefined): string {
  if (value === undefined) return '–';
  return value === '' ? '""' : cutText(short(plainLine(value)), cellBytes);
}

function short(text: string): string {
  return text.replace(/^sha256:([0-9a-f]{12})[0-9a-f]{52}$/, '$1');
}
