/**
 * The files of an unpacked image. Paths are the image's own, absolute, and links are followed inside it only: `/` of an
 * absolute link is the image's root, and `..` never leaves it, as if the image were the whole world.
 */
import { posix } from 'node:path';
import { messageOf } from '../base/error.ts';
import type { Tree } from '../oci/tree/tree.ts';
import { type Files, hasCode } from '../system/files.ts';
import { imageTreeUnreadable } from './errors.ts';

/** A name in the tree. `mode` has the permission bits alone; `target` is there for links, as written. */
export interface ImageTreeEntry {
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'link' | 'other';
  readonly mode: number;
  /** Bytes of a file; 0 for all else. */
  readonly size: number;
  readonly target?: string;
}

/** The files of one image. */
export interface ImageTree {
  readonly entries: readonly ImageTreeEntry[];
  /** Directories that could not be listed, with why; what is below them is not in `entries`. */
  readonly unreadable: readonly string[];
  /** What a path means after every link, or undefined: not there, a loop, or a file used as a directory. */
  readonly resolve: (path: string) => ImageTreeEntry | undefined;
  /** The names directly in a directory (itself resolved first), sorted by path. */
  readonly children: (path: string) => readonly ImageTreeEntry[];
  /** At most `length` bytes from `offset` of a file; none when it cannot be read. */
  readonly read: (path: string, offset: number, length: number) => Promise<Uint8Array>;
  /** The start of a file as text, at most 16 MiB; undefined when there is no such file. */
  readonly readText: (path: string) => Promise<string | undefined>;
}

/** More names than any image has; a tree beyond it is refused rather than filling the memory. */
const mostEntries = 5_000_000;
const mostText = 1 << 24;
/** As the kernel (path_resolution(7)): a path with more links is a loop. */
const mostLinks = 40;

/** Builds the tree over its entries. `read` gets paths of plain files from `entries` only. */
export function treeOf(
  entries: readonly ImageTreeEntry[],
  read: (path: string, offset: number, length: number) => Promise<Uint8Array>,
  unreadable: readonly string[] = [],
): ImageTree {
  const sorted = [...entries].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  const root: ImageTreeEntry = { path: '/', kind: 'directory', mode: 0o755, size: 0 };
  const byPath = new Map<string, ImageTreeEntry>([['/', root], ...sorted.map((entry) => [entry.path, entry] as const)]);
  const byDirectory = new Map<string, ImageTreeEntry[]>();
  for (const entry of sorted) {
    if (entry.path === '/') continue;
    const directory = posix.dirname(entry.path);
    const siblings = byDirectory.get(directory);
    if (siblings) siblings.push(entry);
    else byDirectory.set(directory, [entry]);
  }
  const resolve = (path: string): ImageTreeEntry | undefined => resolveIn(byPath, root, path);
  const readAt = async (path: string, offset: number, length: number): Promise<Uint8Array> => {
    const entry = resolve(path);
    // No more than the file holds: what a hostile header claims must not become a buffer of that size.
    const there = entry?.kind === 'file' ? Math.min(length, entry.size - offset) : 0;
    return entry && there > 0 ? read(entry.path, offset, there) : new Uint8Array();
  };
  return {
    entries: sorted,
    unreadable,
    resolve,
    children: (path) => byDirectory.get(resolve(path)?.path ?? '') ?? [],
    read: readAt,
    readText: async (path) => {
      const entry = resolve(path);
      if (entry?.kind !== 'file') return undefined;
      return new TextDecoder().decode(await readAt(entry.path, 0, Math.min(entry.size, mostText)));
    },
  };
}

function resolveIn(
  byPath: ReadonlyMap<string, ImageTreeEntry>,
  root: ImageTreeEntry,
  path: string,
): ImageTreeEntry | undefined {
  let pending = path.split('/').reverse();
  let here = root;
  let links = 0;
  for (let step = pending.pop(); step !== undefined; step = pending.pop()) {
    if (step === '' || step === '.') continue;
    if (here.kind !== 'directory') return undefined;
    const next = step === '..' ? byPath.get(posix.dirname(here.path)) : byPath.get(posix.join(here.path, step));
    if (!next) return undefined;
    if (next.kind !== 'link') {
      here = next;
      continue;
    }
    links += 1;
    if (links > mostLinks || next.target === undefined) return undefined;
    if (next.target.startsWith('/')) here = root;
    pending = [...pending, ...next.target.split('/').reverse()];
  }
  return here;
}

/** The files of an image that Assay unpacked into `directory`: what the unpacking noted, so that nothing is listed again. */
export function unpackedTree(files: Files, directory: string, unpacked: Tree): ImageTree {
  const entries = unpacked.entries.map((entry): ImageTreeEntry => {
    const path = `/${entry.path}`;
    if (entry.type === 'symlink') return { path, kind: 'link', mode: 0o777, size: 0, target: entry.target };
    return { path, kind: entry.type, mode: entry.mode, size: entry.type === 'file' ? entry.size : 0 };
  });
  return treeOf(entries, (path, offset, length) => readFile(files, directory + path, offset, length));
}

/**
 * The files of any directory on disk. It is listed once, without following a link; a read opens the listed file itself.
 * Throws IMAGE_TREE_UNREADABLE when the directory is not there.
 */
export async function directoryTree(files: Files, directory: string): Promise<ImageTree> {
  const found: ImageTreeEntry[] = [];
  const unreadable: string[] = [];
  const pending = ['/'];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const names = await namesIn(files, directory, path, unreadable);
    const entries = await Promise.all(names.map((name) => entryOf(files, directory, posix.join(path, name))));
    for (const entry of entries) {
      if (!entry) continue;
      found.push(entry);
      if (entry.kind === 'directory') pending.push(entry.path);
    }
    if (found.length > mostEntries)
      throw imageTreeUnreadable(
        `${directory} holds more than ${mostEntries} files`,
        'no image is that large; look whether the directory is really an unpacked image',
      );
  }
  return treeOf(found, (path, offset, length) => readFile(files, directory + path, offset, length), unreadable);
}

async function namesIn(files: Files, root: string, path: string, unreadable: string[]): Promise<readonly string[]> {
  try {
    return await files.list(root + path);
  } catch (error) {
    if (path === '/')
      throw imageTreeUnreadable(
        `the unpacked image at ${root} cannot be listed: ${messageOf(error)}`,
        'unpack the image again, and check that this user may read the directory',
        { cause: error },
      );
    unreadable.push(`${path}: ${hasCode(error, 'EACCES', 'EPERM') ? 'permission denied' : messageOf(error)}`);
    return [];
  }
}

/** What a path of an image is whose root is `root`, no link followed in its last component; undefined when it is not there. */
export async function entryOf(files: Files, root: string, path: string): Promise<ImageTreeEntry | undefined> {
  const stat = await files.stat(root + path);
  if (!stat) return undefined;
  const common = { path, mode: stat.mode & 0o7777, size: stat.isFile() ? stat.size : 0 };
  if (stat.isSymbolicLink()) return { ...common, kind: 'link', target: await files.readLink(root + path) };
  return { ...common, kind: stat.isFile() ? 'file' : stat.isDirectory() ? 'directory' : 'other' };
}

/** At most `length` bytes from `offset` of a file on disk; none when it may not be read. */
export async function readFile(files: Files, path: string, offset: number, length: number): Promise<Uint8Array> {
  try {
    return await files.readRange(path, offset, length);
  } catch (error) {
    // A file that may not be read (mode 0000 and not root) tells nothing, as if it were empty.
    if (hasCode(error, 'EACCES', 'EPERM', 'ENOENT', 'ELOOP')) return new Uint8Array();
    throw error;
  }
}
