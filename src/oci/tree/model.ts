/**
 * The tree in memory while layers are laid over each other. Every path is resolved here, inside the root, and only
 * paths made of real directories are given to the file system: so no link of a hostile layer can lead out.
 */
import { layerInvalid } from '../errors.ts';
import type { TreeEntry } from './tree.ts';

/** A file; two hard links are two equal nodes. */
export interface FileNode {
  readonly kind: 'file';
  readonly mode: number;
  readonly size: number;
  readonly sha256: string;
  readonly layer: number;
  readonly added?: true;
}

/** A symbolic link; its target is kept as the layer has it. */
export interface LinkNode {
  readonly kind: 'symlink';
  readonly target: string;
  readonly layer: number;
}

/** A directory; changed in place while layers come. */
export interface DirectoryNode {
  readonly kind: 'directory';
  /** Path from the root, no link in it; the root's is empty. */
  readonly path: string;
  readonly children: Map<string, TreeNode>;
  mode: number;
  modified: Date | undefined;
  /** Number of the last layer that named it. */
  layer: number;
  added?: true;
}

export type TreeNode = FileNode | LinkNode | DirectoryNode;

const mostLinks = 40;

/** An empty tree. */
export function emptyRoot(): DirectoryNode {
  return { kind: 'directory', path: '', children: new Map(), mode: 0o755, modified: undefined, layer: 0 };
}

/** A new directory below another; the caller puts it into `children`. */
export function directoryIn(parent: DirectoryNode, name: string, layer: number): DirectoryNode {
  const path = pathIn(parent, name);
  return { kind: 'directory', path, children: new Map(), mode: 0o755, modified: undefined, layer };
}

/** Path from the root of a name in a directory. */
export function pathIn(parent: DirectoryNode, name: string): string {
  return parent.path === '' ? name : `${parent.path}/${name}`;
}

/**
 * The parts of a layer's path. Leading slashes and `.` fall away, as every runtime does it; `..`, NUL and parts that no
 * file system takes are refused: OCI_LAYER_INVALID.
 */
export function partsOf(path: string, where: string): readonly string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  const shown = JSON.stringify(path.length > 200 ? `${path.slice(0, 200)}…` : path);
  const hint = 'do not run this image; ask who built it';
  if (parts.includes('..')) throw layerInvalid(`${where} has an entry that leads upwards: ${shown}`, hint);
  if (path.includes('\0')) throw layerInvalid(`${where} has an entry with a NUL in its name: ${shown}`, hint);
  if (path.length > 4096 || parts.some((part) => Buffer.byteLength(part) > 255))
    throw layerInvalid(`${where} has an entry whose name is too long: ${shown}`, hint);
  return parts;
}

/**
 * Walks to a directory, through links, never above the root: `..` of the root is the root, and an absolute target
 * begins at the root. `make` is asked for a directory that is missing; without it a missing one gives undefined.
 * OCI_LAYER_INVALID for a file in the way and for links without end.
 */
export async function walk(
  root: DirectoryNode,
  parts: readonly string[],
  where: string,
  make?: (parent: DirectoryNode, name: string) => Promise<DirectoryNode>,
): Promise<DirectoryNode | undefined> {
  let trail: readonly DirectoryNode[] = [root];
  const todo = [...parts].reverse();
  for (let links = 0; ; ) {
    const at = trail.at(-1) ?? root;
    const part = todo.pop();
    if (part === undefined) return at;
    if (part === '' || part === '.') continue;
    if (part === '..') {
      trail = trail.length > 1 ? trail.slice(0, -1) : trail;
      continue;
    }
    const child = at.children.get(part);
    if (child?.kind === 'directory') {
      trail = [...trail, child];
    } else if (child?.kind === 'symlink') {
      links += 1;
      if (links > mostLinks)
        throw layerInvalid(
          `${where}: the path ${parts.join('/')} leads through links without end`,
          'ask who built the image',
        );
      if (child.target.startsWith('/')) trail = [root];
      todo.push(...child.target.split('/').reverse());
    } else if (child) {
      throw layerInvalid(
        `${where}: the path ${parts.join('/')} leads through ${pathIn(at, part)}, which is a file`,
        'ask who built the image',
      );
    } else {
      if (!make) return undefined;
      trail = [...trail, await make(at, part)];
    }
  }
}

/**
 * Takes away what lower layers put into a directory (`name`: one child; else all), as whiteouts do; what this layer
 * has put there stays. Answers the paths to remove on disk, each whole.
 */
export function hideLower(directory: DirectoryNode, layer: number, name?: string): readonly string[] {
  const removed: string[] = [];
  const names = name === undefined ? [...directory.children.keys()] : [name];
  for (const child of names) {
    const node = directory.children.get(child);
    if (!node) continue;
    if (node.kind === 'directory') removed.push(...hideLower(node, layer));
    if (node.layer >= layer || (node.kind === 'directory' && node.children.size > 0)) continue;
    directory.children.delete(child);
    removed.push(pathIn(directory, child));
  }
  return removed;
}

/** Every entry below the root. */
export function entriesOf(root: DirectoryNode): readonly TreeEntry[] {
  const entries: TreeEntry[] = [];
  const open: DirectoryNode[] = [root];
  for (let at = open.pop(); at; at = open.pop()) {
    for (const [name, node] of at.children) {
      const path = pathIn(at, name);
      if (node.kind === 'directory') {
        open.push(node);
        entries.push({ path, type: 'directory', mode: node.mode, ...(node.added && { added: true }) });
      } else if (node.kind === 'symlink') {
        entries.push({ path, type: 'symlink', target: node.target });
      } else {
        const { mode, size, sha256 } = node;
        entries.push({ path, type: 'file', mode, size, sha256, ...(node.added && { added: true }) });
      }
    }
  }
  return entries;
}
