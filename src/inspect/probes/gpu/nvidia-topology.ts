/** How the GPUs and adapters of a node are connected, by the matrix of `nvidia-smi topo -m`. */
import { createHash } from 'node:crypto';
import { factFrom } from '../../answers.ts';
import type { NodeAnswer, ProbeRow } from '../../probe.ts';
import { countedKinds } from './kinds.ts';

/** The matrix: names of rows and columns, and the kind of connection between each two. */
export interface Topology {
  readonly names: readonly string[];
  /** By row and column, in the order of `names`. */
  readonly cells: readonly (readonly string[])[];
  /** NUMA nodes by GPU, `0,0,1,1`, where the matrix has the column. */
  readonly numa?: string;
}

const device = /^(GPU|NIC|mlx\d*_|CPU)\d+$/;
const connection = /^(X|NV\d+|PIX|PXB|PHB|NODE|SYS|SOC|PSB|C2C|N\/A)$/;

/**
 * Reads the matrix; undefined where the text holds none, or one with holes. The header is underlined by escape codes,
 * cells stand between tabs with spaces in them, and columns behind the devices (`CPU Affinity`) may be empty.
 */
export function readTopology(text: string): Topology | undefined {
  const lines = text.replace(/\x1b\[[0-9;]*m/g, '').split(/\r?\n/);
  const at = lines.findIndex((line) => line.split('\t').some((cell) => /^GPU\d+$/.test(cell.trim())));
  const header = (lines[at] ?? '').split('\t').map((cell) => cell.trim());
  const names = header.filter((cell) => device.test(cell));
  if (names.length === 0) return undefined;
  const cells: string[][] = [];
  const numa: string[] = [];
  const column = header.indexOf('NUMA Affinity');
  for (const [index, name] of names.entries()) {
    const row = (lines[at + 1 + index] ?? '').split('\t').map((cell) => cell.trim());
    const kinds = row.slice(1, names.length + 1);
    if (row[0] !== name || kinds.length !== names.length || !kinds.every((kind) => connection.test(kind)))
      return undefined;
    if (name.startsWith('GPU') && column > 0) numa.push(row[column] || '?');
    cells.push(kinds);
  }
  return { names, cells, ...(numa.length > 0 && { numa: numa.join(',') }) };
}

/** `28 x NV18`: connections between two GPUs, each pair once; `one GPU` where there is but one. */
function pairs({ names, cells }: Topology): string {
  const gpus = names.flatMap((name, index) => (name.startsWith('GPU') ? [index] : []));
  const kinds = gpus.flatMap((row) =>
    gpus.filter((column) => column > row).map((column) => cells[row]?.[column] ?? ''),
  );
  return kinds.length > 0 ? countedKinds(kinds) : 'one GPU';
}

/** Rows of the matrix: what connects the GPUs, their NUMA nodes, and a digest over all, adapters included. */
export function topologyRows(answer: NodeAnswer): readonly ProbeRow[] {
  const of = (say: (topology: Topology) => string | undefined) =>
    factFrom(answer, (text) => {
      const topology = readTopology(text);
      return topology && say(topology);
    });
  const digest = ({ names, cells, numa }: Topology): string => {
    const lines = names.map((name, index) => [name, ...(cells[index] ?? [])].join(' '));
    return `sha256:${createHash('sha256')
      .update(`${lines.join('\n')}\n${numa ?? ''}\n`)
      .digest('hex')}`;
  };
  return [
    { key: 'nvidia-topology', fact: of(pairs) },
    { key: 'nvidia-numa', fact: of(({ numa }) => numa ?? 'not stated') },
    { key: 'nvidia-topology-digest', fact: of(digest) },
  ];
}
