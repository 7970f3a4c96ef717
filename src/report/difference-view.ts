/** What changed between the facts of nodes, for terminals. */
import { foldHosts } from '../base/host-list.ts';
import type { FactsDiff, NodeDiff } from '../inspect/comparison/node-diff.ts';
import { factBeside } from './fact-text.ts';
import { counted } from './number-text.ts';
import { textTable } from './text-table.ts';

/** The differences as text; `all` shows what is each node's own too. */
export function differenceText(diff: FactsDiff, all = false): string {
  // Nodes in which the same things changed are told once.
  const groups = new Map<string, NodeDiff[]>();
  for (const node of diff.nodes) {
    const rows = rowsOf(node, all);
    groups.set(rows, [...(groups.get(rows) ?? []), node]);
  }
  const parts = [...groups].map(([rows, nodes]) => `${headOf(nodes, all)}${rows === '' ? '' : `\n${rows}`}`);
  if (diff.onlyLeft.length > 0) parts.push(`only in the first: ${foldHosts(diff.onlyLeft)}\n`);
  if (diff.onlyRight.length > 0) parts.push(`only in the second: ${foldHosts(diff.onlyRight)}\n`);
  return parts.join('\n');
}

function headOf(nodes: readonly NodeDiff[], all: boolean): string {
  const [first] = nodes;
  if (!first) return '';
  const { left, right, differences, own, equal, unknown } = first;
  const name = nodes.length === 1 && left !== right ? `${left} and ${right}` : foldHosts(nodes.map((one) => one.left));
  const count =
    differences.length === 0
      ? 'nothing differs'
      : `${counted(differences.length, 'fact')} ${differences.length === 1 ? 'differs' : 'differ'}`;
  const hidden = own.length === 0 || all ? '' : `, ${counted(own.length, 'fact')} of their own hidden (--all)`;
  const untold = unknown.length === 0 ? '' : `, ${counted(unknown.length, 'fact')} not known in either`;
  return `${name}: ${count}, ${equal} equal${untold}${hidden}\n`;
}

function rowsOf({ differences, own }: NodeDiff, all: boolean): string {
  const rows = [...differences, ...(all ? own : [])].map(({ group, key, left, right }) => {
    return [`${group}.${key}`, factBeside(left, right), factBeside(right, left)];
  });
  return rows.length === 0 ? '' : textTable(['FACT', 'A', 'B'], rows);
}
