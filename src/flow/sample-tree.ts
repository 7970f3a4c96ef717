/** The files of an image's tree that every node checks for itself. Pure: the same tree and nonce give the same files. */
import { digestOf } from '../base/digest.ts';
import type { Image } from '../image/image.ts';
import type { Tree } from '../oci/tree/tree.ts';

/** How many files beside those that matter most, and the largest that is taken, in bytes: all nodes read them at once. */
const some = 16;
const largest = 8 * 1024 * 1024;

/** Lines as `sha256sum -c` reads them: the MPI library, and some files chosen by the run's nonce. */
export function sampleList(tree: Tree, image: Image, nonce: string): string {
  const files = tree.entries.flatMap((entry) =>
    // A name that sha256sum would have to escape is left to the check of the whole tree.
    entry.type === 'file' && entry.size <= largest && !/[\\\n]/.test(entry.path) ? [entry] : [],
  );
  const mpi = 'path' in image.mpi ? image.mpi.path.replace(/^\/+/, '') : '';
  const order = (path: string) => digestOf(`${nonce} ${path}`);
  const chosen = files
    .map((entry) => ({ entry, key: entry.path === mpi ? '' : order(entry.path) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .slice(0, some + 1)
    .map(({ entry }) => `${entry.sha256}  ${entry.path}\n`);
  return chosen.join('');
}
