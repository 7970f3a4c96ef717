/** Texts inside large files, found without holding the file whole. */
import type { ImageTree } from './tree.ts';

const pieceBytes = 1 << 22;
/** Longest match; pieces overlap by as much. */
const longest = 4096;
/** More of one file is not scanned; the largest MPI libraries have 60 MB. */
const mostBytes = 1 << 28;

/** The first capture of each pattern's first match; bytes are taken as Latin-1, so `\0` can be matched. */
export async function scanFile<K extends string>(
  tree: ImageTree,
  path: string,
  patterns: Readonly<Record<K, RegExp>>,
): Promise<Partial<Readonly<Record<K, string>>>> {
  const size = Math.min(tree.resolve(path)?.size ?? 0, mostBytes);
  const left = new Map(Object.entries<RegExp>(patterns));
  const found: Record<string, string> = {};
  for (let offset = 0; offset < size && left.size > 0; offset += pieceBytes) {
    const bytes = await tree.read(path, offset, pieceBytes + longest);
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
    for (const [key, pattern] of left) {
      const match = pattern.exec(text);
      if (!match) continue;
      found[key] = match[1] ?? match[0];
      left.delete(key);
    }
  }
  return found as Partial<Record<K, string>>;
}
