/**
 * Inspection. What comes in: probes, which say as data what they ask of a node, and the text that the collector made
 * from them brings back. What goes out: facts with their sources, ranks as seen while they ran, fingerprints, and what
 * differs. It never guesses a fact, never runs anything on another node, and never throws for what a node may answer.
 */
import type { Fact, Facts } from './facts.ts';

/** One fact in a row of its own, as the store and exports keep it. */
export interface FlatFact {
  readonly node: string;
  readonly group: string;
  readonly key: string;
  readonly fact: Fact;
}

/** All facts of a node as rows, by group and key. */
export function flatFacts(facts: Facts): readonly FlatFact[] {
  return Object.entries(facts.groups)
    .flatMap(([group, rows]) => Object.entries(rows).map(([key, fact]) => ({ node: facts.node, group, key, fact })))
    .sort((a, b) => (`${a.group} ${a.key}` < `${b.group} ${b.key}` ? -1 : 1));
}
