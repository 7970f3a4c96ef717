/** Lays one tar after another over a tree on disk, by the rules of image-spec v1.1 layer.md. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { hasCode } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import { layerInvalid, layerTooLarge } from '../errors.ts';
import {
  type DirectoryNode,
  directoryIn,
  emptyRoot,
  hideLower,
  partsOf,
  pathIn,
  type TreeNode,
  walk,
} from './model.ts';
import type { TreeNote } from './tree.ts';

/** One header of a tar, as the parser gives it; a number that could not be read is null. */
export interface TarHeader {
  readonly name: string;
  readonly type: string | null;
  readonly mode: number | null;
  readonly size: number;
  readonly mtime: Date;
  readonly linkname: string | null;
  readonly pax: Readonly<Record<string, string>> | null;
}

/** A tree being made: what is on disk below `directory` is what `root` says. */
export interface Growing {
  readonly system: System;
  readonly directory: string;
  readonly root: DirectoryNode;
  readonly notes: TreeNote[];
  readonly entryLimit: number;
  readonly pending: Set<Promise<void>>;
  entries: number;
  failure: { readonly error: unknown } | undefined;
}

/** A tree with nothing in it yet, over an empty directory. */
export function growTree(system: System, directory: string, entryLimit: number): Growing {
  return {
    system,
    directory,
    root: emptyRoot(),
    notes: [],
    entryLimit,
    pending: new Set(),
    entries: 0,
    failure: undefined,
  };
}

/** Which layer an entry belongs to: its number from 1, and its name for messages. */
export interface LayerPlace {
  readonly number: number;
  readonly where: string;
}

/** Files up to this size are read whole and written beside each other; on network file systems that is what counts. */
const smallFile = 256 * 1024;
const writesAtOnce = 16;
const mostNotes = 10_000;
const whiteout = '.wh.';

/** Applies one entry of a layer. `content` must be read to its end, which is done here. */
export async function applyEntry(
  tree: Growing,
  layer: LayerPlace,
  header: TarHeader,
  content: AsyncIterable<Uint8Array>,
): Promise<void> {
  tree.entries += 1;
  if (tree.entries > tree.entryLimit)
    throw layerTooLarge(
      `the layers hold more than ${tree.entryLimit} entries`,
      'raise the limit if the image is really that large',
    );
  const parts = partsOf(header.name, layer.where);
  const name = parts.at(-1);
  if (name === undefined) {
    if (header.type !== 'directory') throw odd(layer, header, 'would replace the root');
    describe(tree.root, header, layer);
    return;
  }
  const above = parts.slice(0, -1);
  if (name.startsWith(whiteout)) return applyWhiteout(tree, layer, above, name);
  const parent = await walk(tree.root, above, layer.where, (at, part) => addDirectory(tree, at, part, layer.number));
  if (!parent) throw odd(layer, header, 'has no parent');
  if (header.name.includes('\ufffd')) {
    note(tree, parts.join('/'), 'name-not-utf8');
    if (header.type !== 'directory' && parent.children.get(name)?.layer === layer.number)
      throw odd(layer, header, 'has a name that is not UTF-8 and cannot be told from another');
  }
  switch (header.type) {
    case 'directory':
      return applyDirectory(tree, layer, header, parent, name);
    case 'file':
    case 'contiguous-file':
      if (Object.keys(header.pax ?? {}).some((key) => key.startsWith('GNU.sparse.')))
        throw odd(layer, header, 'is a sparse file of GNU tar, which image layers may not hold');
      return applyFile(tree, layer, header, parent, name, content);
    case 'symlink':
      return applySymlink(tree, layer, header, parent, name);
    case 'link':
      return applyHardLink(tree, layer, header, parent, name);
    case 'character-device':
    case 'block-device':
    case 'fifo':
      await clear(tree, parent, name);
      note(tree, pathIn(parent, name), header.type === 'fifo' ? 'fifo-skipped' : 'device-skipped');
      return;
    default:
      throw odd(layer, header, 'is of a type that image layers may not hold');
  }
}

function odd(layer: LayerPlace, header: TarHeader, what: string) {
  const shown = JSON.stringify(header.name.slice(0, 200));
  return layerInvalid(`${layer.where}: the entry ${shown} ${what}`, 'build the image anew with a current tool');
}

function note(tree: Growing, path: string, what: TreeNote['what']): void {
  if (tree.notes.length < mostNotes) tree.notes.push({ path, what });
}

async function applyWhiteout(tree: Growing, layer: LayerPlace, above: readonly string[], name: string): Promise<void> {
  const parent = await walk(tree.root, above, layer.where);
  const target = name.slice(whiteout.length);
  const opaque = name === '.wh..wh..opq';
  // Other names with the prefix twice are AUFS's own bookkeeping.
  if (!opaque && target.startsWith(whiteout)) return;
  if (!opaque && (target === '' || target === '.' || target === '..'))
    throw layerInvalid(
      `${layer.where} has the whiteout ${JSON.stringify(name)}, which hides nothing that can be`,
      'ask who built the image',
    );
  if (!parent) return;
  await settle(tree);
  for (const path of hideLower(parent, layer.number, opaque ? undefined : target))
    await tree.system.files.remove(join(tree.directory, path));
}

function describe(node: DirectoryNode, header: TarHeader, layer: LayerPlace): void {
  // Readable, writable and searchable by its owner, so that the tree can be read and deleted.
  node.mode = ((header.mode ?? 0o755) & 0o1777) | 0o700;
  node.modified = modifiedOf(header);
  node.layer = layer.number;
}

async function applyDirectory(
  tree: Growing,
  layer: LayerPlace,
  header: TarHeader,
  parent: DirectoryNode,
  name: string,
): Promise<void> {
  const there = parent.children.get(name);
  if (there?.kind !== 'directory') await clear(tree, parent, name);
  const node = there?.kind === 'directory' ? there : await addDirectory(tree, parent, name, layer.number);
  describe(node, header, layer);
}

/** Makes a directory on disk and in the tree. */
export async function addDirectory(
  tree: Growing,
  parent: DirectoryNode,
  name: string,
  layer: number,
): Promise<DirectoryNode> {
  const node = directoryIn(parent, name, layer);
  await tree.system.files.makeDirectory(join(tree.directory, node.path), 0o700);
  parent.children.set(name, node);
  return node;
}

async function applyFile(
  tree: Growing,
  layer: LayerPlace,
  header: TarHeader,
  parent: DirectoryNode,
  name: string,
  content: AsyncIterable<Uint8Array>,
): Promise<void> {
  await clear(tree, parent, name);
  const path = pathIn(parent, name);
  const mode = ((header.mode ?? 0o644) & 0o777) | 0o600;
  if (((header.mode ?? 0) & 0o6000) !== 0) note(tree, path, 'setuid-dropped');
  if (header.pax && Object.hasOwn(header.pax, 'SCHILY.xattr.security.capability'))
    note(tree, path, 'capability-dropped');
  const hash = createHash('sha256');
  let size = 0;
  async function* hashed(): AsyncGenerator<Uint8Array> {
    for await (const piece of content) {
      hash.update(piece);
      size += piece.length;
      yield piece;
    }
  }
  const file = join(tree.directory, path);
  const modified = modifiedOf(header);
  if (header.size <= smallFile) {
    const pieces: Uint8Array[] = [];
    for await (const piece of hashed()) pieces.push(piece);
    await later(tree, tree.system.files.createFile(file, Buffer.concat(pieces), mode, modified));
  } else {
    await tree.system.files.createFile(file, hashed(), mode, modified);
  }
  parent.children.set(name, { kind: 'file', mode, size, sha256: hash.digest('hex'), layer: layer.number });
}

async function applySymlink(
  tree: Growing,
  layer: LayerPlace,
  header: TarHeader,
  parent: DirectoryNode,
  name: string,
): Promise<void> {
  const target = header.linkname ?? '';
  if (target === '' || target.includes('\0') || target.length > 4095) throw odd(layer, header, 'is a link to nowhere');
  await clear(tree, parent, name);
  await makeSymlink(tree, target, join(tree.directory, pathIn(parent, name)), modifiedOf(header));
  parent.children.set(name, { kind: 'symlink', target, layer: layer.number });
}

async function makeSymlink(tree: Growing, target: string, path: string, modified: Date): Promise<void> {
  await tree.system.files.makeSymlink(target, path);
  await tree.system.files.setModified(path, modified);
}

async function applyHardLink(
  tree: Growing,
  layer: LayerPlace,
  header: TarHeader,
  parent: DirectoryNode,
  name: string,
): Promise<void> {
  const target = partsOf(header.linkname ?? '', layer.where);
  const last = target.at(-1) ?? '';
  const from = await walk(tree.root, target.slice(0, -1), layer.where);
  const node = from?.children.get(last);
  if (!from || !node)
    throw odd(layer, header, `is a hard link to ${JSON.stringify(header.linkname)}, which is not there`);
  if (node.kind === 'directory') throw odd(layer, header, 'is a hard link to a directory');
  if (from === parent && last === name) return;
  await clear(tree, parent, name);
  await settle(tree);
  const path = pathIn(parent, name);
  const existing = join(tree.directory, pathIn(from, last));
  const file = join(tree.directory, path);
  if (node.kind === 'symlink') {
    await makeSymlink(tree, node.target, file, modifiedOf(header));
  } else {
    try {
      await tree.system.files.makeHardLink(existing, file);
    } catch (error) {
      // Some file systems have no hard links, or few for one file.
      if (!hasCode(error, 'EMLINK', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EXDEV')) throw error;
      await tree.system.files.createFile(file, tree.system.files.read(existing), node.mode, modifiedOf(header));
      note(tree, path, 'hard-link-copied');
    }
  }
  parent.children.set(name, { ...node, layer: layer.number });
}

/** Removes what stands where something new will be. */
async function clear(tree: Growing, parent: DirectoryNode, name: string): Promise<void> {
  const there: TreeNode | undefined = parent.children.get(name);
  if (!there) return;
  await settle(tree);
  await tree.system.files.remove(join(tree.directory, pathIn(parent, name)));
  parent.children.delete(name);
}

function modifiedOf(header: TarHeader): Date {
  const pax = header.pax && Object.hasOwn(header.pax, 'mtime') ? Number(header.pax.mtime) * 1000 : Number.NaN;
  const time = Number.isFinite(pax) ? pax : header.mtime.getTime();
  // Years beyond what every file system can keep are cut off.
  return new Date(Number.isFinite(time) ? Math.min(Math.max(time, 0), 0xffffffff * 1000) : 0);
}

/** Lets a write go on beside others, at most so many; the first failure comes out of this or the next `settle`. */
async function later(tree: Growing, work: Promise<void>): Promise<void> {
  const task: Promise<void> = work
    .catch((error: unknown) => {
      tree.failure ??= { error };
    })
    .finally(() => tree.pending.delete(task));
  tree.pending.add(task);
  if (tree.pending.size >= writesAtOnce) await Promise.race(tree.pending);
  if (tree.failure) throw tree.failure.error;
}

/** Waits until every write is done. */
export async function settle(tree: Growing): Promise<void> {
  await Promise.all(tree.pending);
  if (tree.failure) throw tree.failure.error;
}
