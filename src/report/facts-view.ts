/** Facts as a table: each value once, with the nodes that say it. */
import { foldHosts } from '../base/host-list.ts';
import type { Facts } from '../inspect/facts.ts';
import { factText } from './fact-text.ts';
import { textTable } from './text-table.ts';

/** Every fact of one node, or of several: then with the nodes, `all` where they agree. Nothing is cut. */
export function factsText(nodes: readonly Facts[]): string {
  const said = new Map<string, Map<string, string[]>>();
  for (const { node, groups } of nodes)
    for (const [group, members] of Object.entries(groups))
      for (const [key, fact] of Object.entries(members)) {
        const answers = said.get(`${group}.${key}`) ?? new Map<string, string[]>();
        said.set(`${group}.${key}`, answers);
        answers.set(factText(fact), [...(answers.get(factText(fact)) ?? []), node]);
      }
  const rows = [...said].flatMap(([path, answers]) =>
    [...answers].map(([text, those]) => ({
      path,
      text,
      which: those.length === nodes.length ? 'all' : foldHosts(those),
    })),
  );
  return nodes.length === 1
    ? textTable(
        ['FACT', 'VALUE'],
        rows.map(({ path, text }) => [path, text]),
      )
    : textTable(
        ['FACT', 'NODES', 'VALUE'],
        rows.map(({ path, which, text }) => [path, which, text]),
      );
}
