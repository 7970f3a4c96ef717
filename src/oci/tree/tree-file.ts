/** The file beside an unpacked tree that says what is in it. */
import type { System } from '../../system/system.ts';
import { readTree, type Tree } from './tree.ts';

/** A tree's manifest with the digest of its image, as the file holds them; no `tree` when it is not what was written. */
export interface TreeFile {
  readonly image?: string;
  readonly tree?: Tree;
}

/** The last one read, by its path and stamp: a run needs it three times, and a large one takes a second to check. */
let last: { readonly path: string; readonly stamp: string; readonly file: TreeFile } | undefined;

/** Reads the file; undefined when it is not there. */
export async function readTreeFile(system: System, path: string): Promise<TreeFile | undefined> {
  const stats = await system.files.stat(path);
  if (!stats) return undefined;
  const stamp = `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeMs}:${stats.ctimeMs}`;
  if (last?.path === path && last.stamp === stamp) return last.file;
  const text = await system.files.readTextIfThere(path);
  if (text === undefined) return undefined;
  const file = parse(text);
  last = { path, stamp, file };
  return file;
}

function parse(text: string): TreeFile {
  try {
    const value = (JSON.parse(text) ?? {}) as { readonly image?: unknown };
    const tree = readTree(value);
    return { ...(typeof value.image === 'string' && { image: value.image }), ...(tree && { tree }) };
  } catch {
    return {};
  }
}
