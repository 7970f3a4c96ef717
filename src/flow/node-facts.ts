/** Rows of facts as the store keeps them, as the facts of a node again. */
import type { Fact, Facts } from '../inspect/facts.ts';
import type { NodeFacts } from '../store/read-nodes.ts';

/** The facts of a node by group and key. */
export function factsOf({ node, facts }: Pick<NodeFacts, 'node' | 'facts'>): Facts {
  const groups: Record<string, Record<string, Fact>> = {};
  for (const { group, key, value, unknown, why, source } of facts) {
    const fact: Fact =
      value === undefined ? { unknown: unknown ?? 'error', why: why ?? 'not said', source } : { value, source };
    const known = groups[group] ?? {};
    groups[group] = known;
    known[key] = fact;
  }
  return { node, groups };
}
