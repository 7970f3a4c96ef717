/** How many of each kind a node has, and what a fact made of several fields is. */
import type { Fact } from '../../facts.ts';

/** `4 x A; 1 x B`, by name: the same for the same cards in any order. */
export function countedKinds(lines: readonly string[]): string {
  const kinds = [...new Set(lines)].sort();
  return kinds.map((kind) => `${lines.filter((line) => line === kind).length} x ${kind}`).join('; ');
}

/** What a tool prints where a card has no such thing. */
export function isNotApplicable(text: string): boolean {
  return /^\[?(N\/A|Not Supported)\]?$/i.test(text);
}

/**
 * One fact of several: the texts that `say` makes of those that are known, joined by commas. A part that failed makes
 * the whole unknown; a part that this release of a tool does not state is left out.
 */
export function joinedFact(parts: readonly (readonly [Fact, (value: string) => string])[], source: string): Fact {
  const failed = parts.map(([fact]) => fact).find((fact) => 'unknown' in fact && fact.unknown !== 'absent');
  if (failed) return failed;
  const said = parts.flatMap(([fact, say]) => ('value' in fact ? [{ value: fact.value, text: say(fact.value) }] : []));
  if (said.length === 0) return parts[0]?.[0] ?? { unknown: 'absent', why: 'nothing states it', source };
  if (said.every(({ value }) => isNotApplicable(value))) return { value: 'N/A', source };
  return { value: said.map(({ text }) => text).join(', '), source };
}

/** A fact that may be missing by nature: `not stated` then, and only then. */
export function orNotStated(fact: Fact): Fact {
  return 'unknown' in fact && fact.unknown === 'absent' ? { value: 'not stated', source: fact.source } : fact;
}

/** Facts of all cards as one, counted by kind. One that is unknown makes the whole unknown: else it would hide a change. */
export function kindsFact(cards: readonly (readonly Fact[])[], source: string): Fact {
  const unread = cards.flat().find((fact) => 'unknown' in fact);
  if (unread) return unread;
  const lines = cards.map((card) => card.map((fact) => ('value' in fact ? fact.value : '')).join(' / '));
  return { value: countedKinds(lines), source };
}
