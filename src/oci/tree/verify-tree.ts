/** Compares a tree on disk with its manifest, byte for byte. */
import type { Dirent } from 'node:fs';
import { join } from 'node:path';
import type { FileLook, WantedLook } from '../../system/file-look.ts';
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
  const missing: string[] = [];
  const altered: string[] = [];
  const extra: string[] = [];
  const left = new Set(known.keys());
  async function* wanted(): AsyncGenerator<WantedLook> {
    for await (const path of walkDisk(system, root)) {
      const stamp = seen?.get(path);
      const entry = known.get(path);
      const most = entry?.type === 'file' ? entry.size : 0;
      if (left.delete(path)) yield { path: join(root, path), most, ...(stamp !== undefined && { stamp }) };
      else extra.push(path);
    }
  }
  for await (const look of system.files.look(wanted())) {
    const path = look.path.slice(root.length + 1);
    const entry = known.get(path);
    const state = entry ? compare(look, entry, seen?.get(path)) : 'altered';
    if (state === 'altered') altered.push(path);
    if (state === 'missing') missing.push(path);
    if (state === 'same' && look.stamp !== undefined) stamps.set(path, look.stamp);
  }
  return { missing: [...missing, ...left].sort(), altered: altered.sort(), extra: extra.sort(), stamps };
}

async function* walkDisk(system: System, root: string): AsyncGenerator<string> {
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
      yield path;
      if (dirent.isDirectory()) open.push(path);
    }
  }
}

function compare(look: FileLook, entry: TreeEntry, seen: string | undefined): 'same' | 'altered' | 'missing' {
  if (look.kind === 'unread') {
    if (look.code === 'ENOENT' || look.code === 'ENOTDIR') return 'missing';
    // Another file took its place, or it grew.
    if (look.code === 'ELOOP' || look.code === 'EFBIG') return 'altered';
    throw Object.assign(new Error(look.message), { code: look.code, path: look.path });
  }
  if (entry.type === 'symlink') return look.kind === 'link' && look.target === entry.target ? 'same' : 'altered';
  if (look.kind !== entry.type || (look.mode & 0o700) !== (entry.mode & 0o700)) return 'altered';
  if (entry.type === 'directory') return 'same';
  if (look.size !== entry.size) return 'altered';
  const untouched = look.sha256 === undefined && look.stamp !== undefined && look.stamp === seen;
  return untouched || look.sha256 === entry.sha256 ? 'same' : 'altered';
}
