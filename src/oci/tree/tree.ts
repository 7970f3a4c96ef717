/** An unpacked image as a list of what is in it: the manifest of its tree. */
import { canonicalJson, type Digest, digestOf, isDigest } from '../../base/digest.ts';
import { oneOf, Type, validate } from '../../base/schema.ts';

/** One path of a tree, relative to its root, without a leading slash. Paths are UTF-8 texts. */
export type TreeEntry =
  | { readonly path: string; readonly type: 'directory'; readonly mode: number; readonly added?: true }
  | {
      readonly path: string;
      readonly type: 'file';
      readonly mode: number;
      /** Bytes. */
      readonly size: number;
      readonly sha256: string;
      /** Not in the image: made as a mount point that a runtime wants. */
      readonly added?: true;
    }
  | { readonly path: string; readonly type: 'symlink'; readonly target: string; readonly added?: true };

/** Something of a layer that the tree does not have, or has in another way. */
export interface TreeNote {
  readonly path: string;
  readonly what:
    | 'device-skipped'
    | 'fifo-skipped'
    | 'setuid-dropped'
    | 'capability-dropped'
    | 'name-not-utf8'
    | 'hard-link-copied';
}

/** A tree's manifest: entries by path (UTF-16 order); `digest` is that of their canonical JSON. */
export interface Tree {
  readonly digest: Digest;
  readonly entries: readonly TreeEntry[];
  readonly notes: readonly TreeNote[];
}

/** Makes the manifest of entries given in any order. */
export function treeOf(entries: readonly TreeEntry[], notes: readonly TreeNote[]): Tree {
  const sorted = [...entries].sort((a, b) => (a.path < b.path ? -1 : 1));
  return { digest: digestOf(canonicalJson(sorted)), entries: sorted, notes };
}

const added = Type.Optional(Type.Literal(true));
const entrySchema = Type.Object({
  path: Type.String(),
  type: oneOf(['directory', 'file', 'symlink']),
  mode: Type.Optional(Type.Integer()),
  size: Type.Optional(Type.Integer()),
  sha256: Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$' })),
  target: Type.Optional(Type.String()),
  added,
});
const treeSchema = Type.Object({
  digest: Type.String(),
  entries: Type.Array(entrySchema),
  notes: Type.Array(Type.Object({ path: Type.String(), what: Type.String() })),
});

/** A tree's manifest from its JSON value, or undefined when it is not one or its digest is not its own. */
export function readTree(value: unknown): Tree | undefined {
  const checked = validate(treeSchema, value);
  if ('problems' in checked) return undefined;
  const { digest, entries, notes } = checked.ok;
  if (!isDigest(digest) || digestOf(canonicalJson(entries)) !== digest) return undefined;
  return { digest, entries: entries as readonly TreeEntry[], notes: notes as readonly TreeNote[] };
}
