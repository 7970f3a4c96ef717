/** Unpacks an image's layers into a directory, as an ordinary user. */
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { canonicalJson, type Digest } from '../base/digest.ts';
import { HarnessError, messageOf } from '../base/error.ts';
import { inParallel } from '../base/parallel.ts';
import type { System } from '../system/system.ts';
import type { Descriptor } from './descriptor.ts';
import { layerInvalid, preparationConflict } from './errors.ts';
import { readArchive } from './tree/archive.ts';
import { assertLayerType, type ByteBudget, byteBudget, layerTar } from './tree/layer-stream.ts';
import { addDirectory, applyEntry, type Growing, growTree, type LayerPlace, settle } from './tree/layer-writer.ts';
import { type DirectoryNode, entriesOf, pathIn, walk } from './tree/model.ts';
import { type Tree, treeOf } from './tree/tree.ts';

/** One layer: its descriptor, the digest of its tar, and how to read its blob (already checked against the descriptor). */
export interface LayerSource {
  readonly descriptor: Descriptor;
  readonly diffId: Digest;
  readonly open: () => Promise<Readable>;
}

/** Paths that a runtime wants to be there as mount points; they are added where the image lacks them. */
export interface Preparation {
  readonly directories: readonly string[];
  /** Empty files. */
  readonly files: readonly string[];
}

/** Limits and wishes of unpacking. */
export interface UnpackOptions {
  /** Bytes that all layers together may unpack to; default 200 GB. */
  readonly maxBytes?: number;
  /** Entries of all layers together; default 5 million. */
  readonly maxEntries?: number;
  readonly preparation?: Preparation;
  readonly onLayer?: (layer: Descriptor, number: number) => void;
}

/**
 * Unpacks layers in order into `directory`, which must be empty or missing, and answers what is there now.
 * Owners, devices, fifos, setuid bits, and file capabilities do not come along (noted where something is lost).
 * OCI_LAYER_INVALID, OCI_LAYER_TOO_LARGE, OCI_DIGEST_MISMATCH, OCI_PREPARATION_CONFLICT, or the file system's own
 * error; what is in the directory then is worth nothing.
 */
export async function unpackLayers(
  system: System,
  layers: readonly LayerSource[],
  directory: string,
  options: UnpackOptions = {},
): Promise<Tree> {
  await system.files.makeDirectory(directory, 0o755);
  if ((await system.files.list(directory)).length > 0) throw new Error(`${directory} is not empty`);
  const tree = growTree(system, directory, options.maxEntries ?? 5_000_000);
  const budget = byteBudget(options.maxBytes ?? 200e9);
  for (const [index, layer] of layers.entries()) {
    options.onLayer?.(layer.descriptor, index + 1);
    const where = `layer ${index + 1} (${layer.descriptor.digest})`;
    assertLayerType(layer.descriptor.mediaType, where);
    try {
      await unpackLayer(tree, layer, budget, { number: index + 1, where });
      await settle(tree);
    } catch (error) {
      await Promise.allSettled(tree.pending);
      throw inWords(error, where);
    }
  }
  await prepare(tree, options.preparation ?? { directories: [], files: [] }, layers.length + 1);
  await finishDirectories(tree);
  return treeOf(entriesOf(tree.root), tree.notes);
}

async function unpackLayer(tree: Growing, layer: LayerSource, budget: ByteBudget, place: LayerPlace): Promise<void> {
  const blob = await layer.open();
  await readArchive(
    layerTar(blob, layer.diffId, budget, place.where),
    (header, content) => applyEntry(tree, place, header, content),
    () => blob.destroy(),
  );
}

/** Errors of tar, gzip and zstd in words; ours, the file system's and a signal's stay what they are. */
function inWords(error: unknown, where: string): unknown {
  if (error instanceof HarnessError) return error;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (code === 'ABORT_ERR' || (/^E[A-Z0-9]+$/.test(code) && code !== 'ENAMETOOLONG')) return error;
  if (code.startsWith('Z_') || !isBug(error))
    return layerInvalid(`${where} cannot be read: ${messageOf(error)}`, 'push the image anew: this layer is damaged', {
      cause: error,
    });
  return error;
}

function isBug(error: unknown): boolean {
  return error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
}

async function prepare(tree: Growing, preparation: Preparation, layer: number): Promise<void> {
  for (const path of [...preparation.directories].sort()) await place(tree, path, layer);
  for (const path of [...preparation.files].sort()) {
    const parent = await place(tree, dirname(path), layer);
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (parent.children.has(name)) continue;
    const added = join(tree.directory, pathIn(parent, name));
    await tree.system.files.createFile(added, new Uint8Array(0), 0o644, new Date(0));
    const sha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
    parent.children.set(name, { kind: 'file', mode: 0o644, size: 0, sha256, layer, added: true });
  }
}

async function place(tree: Growing, path: string, layer: number): Promise<DirectoryNode> {
  try {
    const parts = path.split('/').filter((part) => part !== '');
    const found = await walk(tree.root, parts, 'the preparation', async (parent, name) => {
      const node = await addDirectory(tree, parent, name, layer);
      node.added = true;
      return node;
    });
    return found ?? tree.root;
  } catch (error) {
    if (!(error instanceof HarnessError)) throw error;
    throw preparationConflict(
      `the mount point ${path} cannot be made in the image: ${error.message}`,
      'mount elsewhere, or make the directory in the image',
    );
  }
}

/** Modes and times of directories, last: making their children changed the times. */
async function finishDirectories(tree: Growing): Promise<void> {
  const open: DirectoryNode[] = [tree.root];
  const all: DirectoryNode[] = [];
  for (let at = open.pop(); at; at = open.pop()) {
    all.push(at);
    for (const child of at.children.values()) if (child.kind === 'directory') open.push(child);
  }
  await inParallel(all, 16, async ({ path, mode, modified }) => {
    const directory = join(tree.directory, path);
    await tree.system.files.chmod(directory, mode);
    await tree.system.files.setModified(directory, modified ?? new Date(0));
  });
}

/** A preparation as one text, equal for equal wishes in any order. */
export function preparationKey({ directories, files }: Preparation): string {
  return canonicalJson({ directories: [...new Set(directories)].sort(), files: [...new Set(files)].sort() });
}
