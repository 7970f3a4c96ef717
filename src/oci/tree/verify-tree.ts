/** Compares a tree on disk with its manifest, byte for byte. */
import { createHash } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { join } from 'node:path';
import { inParallel } from '../../base/parallel.ts';
import { hasCode } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import type { Tree, TreeEntry } from './tree.ts';

/** Paths that differ, sorted. All empty: the tree is what was unpacked. */
export interface TreeDifference {
  readonly missing: readonly string[];
  /** There, but of another type, size, content, target, or with other rights for its owner. */
  readonly altered: readonly string[];
  readonly extra: readonly string[];
}

/**
 * What the file system said of each file when its content was found good, by path: inode, size, and the times of its last
 * change, of which nobody but root can set the inode's (st_ctim, inode(7)).
 */
export type FileStamps = ReadonlyMap<string, string>;

/** Files up to this size are read in one call. */
const whole = 1024 * 1024;

/**
 * Reads every file below `root` and hashes it. Links are read, never followed. Of the mode the owner's bits count:
 * group and others are the site's affair (umask, inherited groups, access lists). A file that vanishes meanwhile is
 * missing; other failures of the file system are thrown as they are. A file whose stamp is the one in `seen` is not read
 * again. Gives the stamps of all good files.
 */
export async function verifyTree(
  system: System,
  root: string,
  tree: Tree,
  seen?: FileStamps,
): Promise<TreeDifference & { readonly stamps: FileStamps }> {
  const stamps = new Map<string, string>();
  const known = new Map(tree.entries.map((entry) => [entry.path, entry]));
  const found = new Set<string>();
  const missing: string[] = [];
  const altered: string[] = [];
  const extra: string[] = [];
  await inParallel(walkDisk(system, root), 8, async ({ path, dirent }) => {
    const entry = known.get(path);
    if (!entry) {
      extra.push(path);
      return;
    }
    found.add(path);
    const { state, stamp } = await compare(system, join(root, path), dirent, entry, seen?.get(path));
    if (stamp !== undefined) stamps.set(path, stamp);
    if (state === 'altered') altered.push(path);
    if (state === 'missing') missing.push(path);
  });
  for (const path of known.keys()) if (!found.has(path)) missing.push(path);
  return { missing: missing.sort(), altered: altered.sort(), extra: extra.sort(), stamps };
}

async function* walkDisk(
  system: System,
  root: string,
): AsyncGenerator<{ readonly path: string; readonly dirent: Dirent }> {
  const open = [''];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    let dirents: readonly Dirent[];
    try {
      dirents = await system.files.entries(join(root, at));
    } catch (error) {
      if (hasCode(error, 'ENOENT', 'ENOTDIR')) continue;
      throw error;
    }
    for (const dirent of dirents) {
      const path = at === '' ? dirent.name : `${at}/${dirent.name}`;
      yield { path, dirent };
      if (dirent.isDirectory()) open.push(path);
    }
  }
}

interface Compared {
  readonly state: 'same' | 'altered' | 'missing';
  /** Of a file whose content is good. */
  readonly stamp?: string;
}

async function compare(
  system: System,
  path: string,
  dirent: Dirent,
  entry: TreeEntry,
  seen: string | undefined,
): Promise<Compared> {
  const same: Compared = { state: 'same' };
  const altered: Compared = { state: 'altered' };
  try {
    if (entry.type === 'symlink') {
      if (!dirent.isSymbolicLink()) return altered;
      return (await system.files.readLink(path)) === entry.target ? same : altered;
    }
    if (entry.type === 'directory' ? !dirent.isDirectory() : !dirent.isFile()) return altered;
    const stats = await system.files.stat(path);
    if (!stats) return { state: 'missing' };
    if ((stats.mode & 0o700) !== (entry.mode & 0o700)) return altered;
    if (entry.type === 'directory') return same;
    if (stats.size !== entry.size) return altered;
    // Taken before the content is read: a change during the reading shows at the next look.
    const stamp = `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeMs}:${stats.ctimeMs}`;
    if (stamp === seen) return { state: 'same', stamp };
    return (await sha256Of(system, path, entry.size)) === entry.sha256 ? { state: 'same', stamp } : altered;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return { state: 'missing' };
    throw error;
  }
}

async function sha256Of(system: System, path: string, size: number): Promise<string> {
  const hash = createHash('sha256');
  if (size <= whole) hash.update(await system.files.readBytes(path));
  else for await (const piece of system.files.read(path)) hash.update(piece as Uint8Array);
  return hash.digest('hex');
}
