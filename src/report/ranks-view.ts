/** How the cases of a run really ran, for terminals: libraries their ranks had loaded, limits, transport, differences. */

import { listOf } from '../base/number-list.ts';
import { cutText, plainLine } from '../base/plain-text.ts';
import { showBytes } from '../base/quantity.ts';
import type { LibraryRole } from '../inspect/ranks/library-role.ts';
import type { NoteRow, RankRow, RunRecord } from '../store/run-record.ts';

/** Kinds of cases shown; those that ran alike are one. */
const shownKinds = 12;
/** Sentences of one label shown for a kind. */
const shownNotes = 10;
const shownNames = 3;

const labels: Readonly<Record<NoteRow['about'], string>> = {
  seen: 'ranks',
  preflight: 'not as foretold',
  difference: 'ranks differ',
  'transport-loaded': 'transports loaded',
  'transport-in-use': 'transport in use',
};

/** A section for the cases whose ranks were looked at, cases alike together; empty when there is nothing to say. */
export function ranksText({ cases, ranks, notes }: RunRecord): string {
  const ranksOf = byCase(ranks);
  const notesOf = byCase(notes);
  const kinds = new Map<string, string[]>();
  for (const { name } of cases) {
    const [own, said] = [ranksOf.get(name) ?? [], notesOf.get(name) ?? []];
    if (own.length === 0 && said.length === 0) continue;
    const text = [...loadedLines(own), ...noteLines(said)].map((line) => `    ${line}\n`).join('');
    const names = kinds.get(text);
    if (names) names.push(name);
    else kinds.set(text, [name]);
  }
  if (kinds.size === 0) return '';
  const shown = [...kinds].slice(0, shownKinds).map(([text, names]) => {
    const more = names.length > shownNames ? ` and ${names.length - shownNames} more` : '';
    return `  ${one(names.slice(0, shownNames).join(', '))}${more}\n${text}`;
  });
  const left = kinds.size - shown.length;
  return `how they ran:\n${shown.join('')}${left > 0 ? `  … and ${left} more kinds of cases (--json has all)\n` : ''}`;
}

function byCase<R extends { readonly case: string }>(rows: readonly R[]): ReadonlyMap<string, readonly R[]> {
  const groups = new Map<string, R[]>();
  for (const each of rows) {
    const group = groups.get(each.case);
    if (group) group.push(each);
    else groups.set(each.case, [each]);
  }
  return groups;
}

function loadedLines(ranks: readonly RankRow[]): readonly string[] {
  if (ranks.length === 0) return [];
  const files = (role: LibraryRole): string => {
    const found = ranks.flatMap(({ libraries }) => libraries.filter((library) => library.role === role));
    const held = new Set(found.filter(({ released }) => !released).map(({ path }) => path));
    const names = found.map(({ path, origin }) => {
      const words = [...(origin ? [origin] : []), ...(held.has(path) ? [] : ['let go'])];
      return `${path.slice(path.lastIndexOf('/') + 1)}${words.length > 0 ? ` (${words.join(', ')})` : ''}`;
    });
    return [...new Set(names)].sort().join(', ') || 'none seen';
  };
  const distinct = (of: (rank: RankRow) => string | undefined): string =>
    [...new Set(ranks.map((rank) => of(rank) ?? 'unknown'))].sort().join(', ');
  const memory = ({ memoryLimit }: RankRow) => (typeof memoryLimit === 'number' ? showBytes(memoryLimit) : memoryLimit);
  const time = ({ processorLimit }: RankRow) => (processorLimit === undefined ? undefined : String(processorLimit));
  const rows: readonly (readonly [string, string])[] = [
    ['MPI', files('mpi')],
    ['PMI client', files('pmi')],
    ['fabric / GPU', `${files('fabric')} / ${files('gpu')}`],
    [
      'processors',
      `${distinct((rank) => rank.processors)}; limits: time ${distinct(time)}, memory ${distinct(memory)}`,
    ],
  ];
  const starting = ranks.filter(({ settled }) => !settled).map(({ rank }) => rank);
  return [
    ...rows.map(([label, text]) => row(label, text)),
    ...(starting.length > 0
      ? [row('looked at last', `while they may still have been starting or ending: ${listOf(starting)}`)]
      : []),
  ];
}

function noteLines(notes: readonly NoteRow[]): readonly string[] {
  return (Object.keys(labels) as NoteRow['about'][]).flatMap((about) => {
    const own = notes.filter((note) => note.about === about);
    const left = own.length - shownNotes;
    return [
      ...own.slice(0, shownNotes).map(({ text }) => row(labels[about], text)),
      ...(left > 0 ? [row(labels[about], `… and ${left} more`)] : []),
    ];
  });
}

function row(label: string, text: string): string {
  return `${label.padEnd(17)} ${one(text)}`;
}

function one(text: string): string {
  return cutText(plainLine(text), 400);
}
