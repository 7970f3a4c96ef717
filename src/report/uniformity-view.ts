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
  const answers = found.deviations.flatMap(oddAnswers);
  const rows = (all ? answers.map((answer) => [answer] as const) : together(answers)).map(answerRow);
  const shown = all ? rows : rows.slice(0, shownRows);
  const odd = new Set(found.deviations.flatMap(({ nodes }) => nodes.map(({ node }) => node)));
  const parts = [
    rows.length === 0
      ? found.nodes.length === 1
        ? 'one node: there is none to compare it with\n'
        : `${found.nodes.length} nodes agree in every fact that is not their own\n`
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

/** One answer that is not the majority's, with the nodes that give it. */
interface OddAnswer {
  readonly path: string;
  readonly nodes: readonly string[];
  readonly fact: Fact | undefined;
  readonly majority: Deviation['majority'];
}

function oddAnswers({ group, key, majority, nodes }: Deviation): readonly OddAnswer[] {
  const answers = new Map<string, OddAnswer & { readonly nodes: string[] }>();
  for (const { node, fact } of nodes) {
    const answer = answers.get(factText(fact)) ?? { path: `${group}.${key}`, majority, fact, nodes: [] };
    answers.set(factText(fact), answer);
    answer.nodes.push(node);
  }
  return [...answers.values()];
}

/**
 * Answers as rows will show them: facts that the same nodes do not tell, for one reason, are one row, in the place of the
 * first. One tool or file that failed would fill the screen, and hide what differs.
 */
function together(answers: readonly OddAnswer[]): readonly (readonly [OddAnswer, ...OddAnswer[]])[] {
  const rows = new Map<string, [OddAnswer, ...OddAnswer[]]>();
  for (const answer of answers) {
    const told = answer.fact !== undefined && 'value' in answer.fact;
    const row = `${told ? answer.path : ''} ${factText(answer.fact)} ${answer.nodes.join()}`;
    const before = rows.get(row);
    if (before) before.push(answer);
    else rows.set(row, [answer]);
  }
  return [...rows.values()];
}

function answerRow([{ path, nodes, fact, majority }, ...others]: readonly [
  OddAnswer,
  ...OddAnswer[],
]): readonly string[] {
  const most: Fact | undefined = majority && { value: majority.value, source: '' };
  return [
    others.length > 0 ? `${path} and ${others.length} more` : path,
    cutText(foldHosts(nodes), 40),
    factBeside(fact, most),
    others.length > 0 ? '' : most ? `${factBeside(most, fact)} (${majority?.nodes})` : 'no majority',
  ];
}
