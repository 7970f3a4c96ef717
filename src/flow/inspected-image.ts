/**
 * What was found in an unpacked image, kept beside its tree: looking again takes a second and finds the same. It is
 * bound to the tree, to the image's configuration and to the code that looked, so that none of them can go stale.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { canonicalJson, type Digest, digestOf, digestOfJson } from '../base/digest.ts';
import type { Image } from '../image/image.ts';
import { inspectImage } from '../image/inspect-image.ts';
import { unpackedTree } from '../image/tree.ts';
import type { ResolvedImage } from '../oci/resolve.ts';
import type { Tree } from '../oci/tree/tree.ts';
import { hasCode } from '../system/files.ts';
import type { System } from '../system/system.ts';

/** An image as a file keeps it. */
interface Kept {
  readonly code: Digest;
  readonly config: Digest;
  readonly tree: Digest;
  readonly image: Image;
  /** Of `image`: half of it, or another, is not taken for it. */
  readonly digest: Digest;
}

const fileOf = (root: string) => join(dirname(root), 'image.json');

/** What was kept for the tree at `root`; undefined when nothing fits. `tree` undefined: whatever tree is there. */
export async function recallImage(
  system: System,
  root: string,
  resolved: ResolvedImage,
  tree?: Digest,
): Promise<Image | undefined> {
  try {
    // A mere memory: whatever is wrong with it, the tree can be looked at again.
    if (!(await system.files.stat(fileOf(root)))?.isFile()) return undefined;
    const text = await system.files.readText(fileOf(root));
    const kept = (JSON.parse(text) ?? {}) as Partial<Kept>;
    const fits =
      kept.code === (await codeDigest(system)) &&
      kept.digest === digestOfJson(kept.image) &&
      kept.config === resolved.content.config.digest &&
      kept.image?.digest === resolved.manifest.digest &&
      (tree === undefined || kept.tree === tree);
    return fits && kept.image ? { ...kept.image, name: resolved.name, resolved: resolved.resolved.digest } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || hasCode(error, 'ENOENT', 'EACCES', 'EPERM', 'EIO')) return undefined;
    throw error;
  }
}

/** What is in the tree at `root`: as kept, or looked at now and kept. */
export async function inspectedImage(
  system: System,
  root: string,
  resolved: ResolvedImage,
  tree: Tree,
): Promise<Image> {
  const known = await recallImage(system, root, resolved, tree.digest);
  if (known) return known;
  const image = await inspectImage(resolved, unpackedTree(system.files, root, tree), {
    added: tree.entries.flatMap((entry) => (entry.added ? [`/${entry.path}`] : [])),
    dropped: tree.notes.flatMap(({ path, what }) => {
      const word = /^(device|setuid|capability|fifo)-/.exec(what)?.[1];
      return word === undefined ? [] : [`${word}: /${path}`];
    }),
  });
  const kept: Kept = {
    code: await codeDigest(system),
    config: resolved.content.config.digest,
    tree: tree.digest,
    image,
    digest: digestOfJson(image),
  };
  try {
    await system.files.writeAtomic(fileOf(root), canonicalJson(kept));
  } catch (error) {
    // A cache that others filled may be for reading only; then it is looked at each time.
    if (!hasCode(error, 'EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'EISDIR')) throw error;
  }
  return image;
}

/**
 * Digest of this code: what an older or newer Assay found is not taken for its own. A build names its files by their
 * content, so that the names it imports stand for all that it uses.
 */
async function codeDigest(system: System): Promise<Digest> {
  return digestOf(await system.files.readBytes(fileURLToPath(import.meta.url)));
}
