/** Whether nodes are alike, on one screen: fingerprints first, then the facts that stand out, the weightiest first. */
import { foldHosts } from '../base/host-list.ts';
import { cutText } from '../base/plain-text.ts';
import type { Deviation, Uniformity } from '../inspect/comparison/uniformity.ts';
import type { Fact } from '../inspect/facts.ts';
import { factBeside, factText } from './fact-text.ts';
import { counted } from './number-text.ts';
import { textTable } from './text-table.ts';

/** Rows that fit a screen beside the fingerprints. */
const shownRows = 25;

/** The result as text; `all` cuts nothing. */
export function uniformityText(found: Uniformity, all = false): string {
  const rows = found.deviations.flatMap(deviationRows);
  const shown = all ? rows : rows.slice(0, shownRows);
  const odd = new Set(found.deviations.flatMap(({ nodes }) => nodes.map(({ node }) => node)));
  const parts = [
    rows.length === 0
      ? `${found.nodes.length} nodes agree in every fact that is not their own\n`
      : `${counted(found.nodes.length, 'node')}, ${counted(odd.size, 'node')} not as most, in ${counted(found.deviations.length, 'fact')}\n`,
    textTable(['FINGERPRINT', 'NODES', 'DIGEST', 'WHICH'], found.fingerprints.flatMap(fingerprintRows)),
  ];
  if (rows.length > 0) parts.push(textTable(['FACT', 'NODES', 'SAY', 'MOST SAY'], shown));
  if (found.unknown.length > 0)
    parts.push(`known of no node: ${found.unknown.map(({ group, key }) => `${group}.${key}`).join(', ')}\n`);
  if (shown.length < rows.length) parts.push(`… and ${rows.length - shown.length} more rows (--all)\n`);
  return parts.join('\n');
}

function fingerprintRows({ name, groups }: Uniformity['fingerprints'][number]): readonly (readonly string[])[] {
  return groups.map(({ digest, why, nodes }) => [
    name,
    String(nodes.length),
    digest ? digest.slice('sha256:'.length, 'sha256:'.length + 12) : cutText(`unknown: ${why}`, 60),
    groups.length === 1 ? 'all' : cutText(foldHosts(nodes), 60),
  ]);
}

/** A row for each answer that is not the majority's, with the nodes that give it. */
function deviationRows({ group, key, majority, nodes }: Deviation): readonly (readonly string[])[] {
  const answers = new Map<string, { readonly fact: Fact | undefined; readonly nodes: string[] }>();
  for (const { node, fact } of nodes) {
    const answer = answers.get(factText(fact)) ?? { fact, nodes: [] };
    answers.set(factText(fact), answer);
    answer.nodes.push(node);
  }
  const most: Fact | undefined = majority && { value: majority.value, source: '' };
  return [...answers.values()].map(({ fact, nodes: those }) => [
    `${group}.${key}`,
    cutText(foldHosts(those), 40),
    factBeside(fact, most),
    most ? `${factBeside(most, fact)} (${majority?.nodes})` : 'no majority',
  ]);
}
