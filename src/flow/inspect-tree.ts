/** A look at the whole unpacked image: is every file what its layers hold? */
import { dirname, join } from 'node:path';
import { type Digest, digestOf } from '../base/digest.ts';
import type { Tree } from '../oci/tree/tree.ts';
import { readTreeFile } from '../oci/tree/tree-file.ts';
import { type FileStamps, verifyTree } from '../oci/tree/verify-tree.ts';
import type { System } from '../system/system.ts';

/** What a look found. `digest` is the manifest's that lies beside the tree now. */
export interface TreeLook {
  readonly digest: Digest;
  readonly altered: readonly string[];
  readonly missing: readonly string[];
}

/** Most paths kept of each kind: one is enough to refuse. */
const most = 20;

/** The manifest beside a tree's root, or undefined when it is not there or not whole. */
export async function manifestBeside(system: System, root: string): Promise<Tree | undefined> {
  return (await readTreeFile(system, join(dirname(root), 'tree.json')))?.tree;
}

/**
 * Compares every file of the tree with the manifest beside it. Those that this process read before, and that nobody has
 * touched since (`seen`), are not read again.
 */
export async function inspectTreeOf(
  system: System,
  root: string,
  expected: Digest,
  seen?: FileStamps,
): Promise<TreeLook> {
  const tree = await manifestBeside(system, root);
  if (!tree) return { digest: digestOf(''), altered: [], missing: ['tree.json'] };
  if (tree.digest !== expected) return { digest: tree.digest, altered: ['tree.json'], missing: [] };
  const { altered, extra, missing } = await verifyTree(system, root, tree, seen);
  return { digest: tree.digest, altered: [...altered, ...extra].slice(0, most), missing: missing.slice(0, most) };
}
