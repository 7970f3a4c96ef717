/** `assay diff`: what changed between two files of facts, node by node. */
import { diffNodes, type FactsDiff } from '../inspect/comparison/node-diff.ts';
import { probes } from '../inspect/probes/index.ts';
import type { System } from '../system/system.ts';
import { readFactsFile } from './facts-file.ts';

/** Compares two files. Nodes are paired by name; files of one node each are paired whatever its name. */
export async function diffFacts(system: System, left: string, right: string): Promise<FactsDiff> {
  const [a, b] = [await readFactsFile(system, left), await readFactsFile(system, right)];
  const [first, second] = [a[0], b[0]];
  if (a.length === 1 && b.length === 1 && first && second)
    return { nodes: [diffNodes(first, second, probes)], onlyLeft: [], onlyRight: [] };
  const others = new Map(b.map((facts) => [facts.node, facts]));
  const names = new Set(a.map((facts) => facts.node));
  return {
    nodes: a.flatMap((facts) => {
      const other = others.get(facts.node);
      return other ? [diffNodes(facts, other, probes)] : [];
    }),
    onlyLeft: [...names].filter((name) => !others.has(name)),
    onlyRight: [...others.keys()].filter((name) => !names.has(name)),
  };
}
