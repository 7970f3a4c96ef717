/**
 * Symbol versions that programs of an image, and the libraries that each would load, need and do not get. The loader looks
 * at all of them before a program starts, and ends it (glibc's dl-version.c); that of musl looks at none.
 */
import { dynamicTag } from '../../base/elf.ts';
import { type ElfVersions, readElfVersions } from '../../base/elf-symbols.ts';
import { inParallel } from '../../base/parallel.ts';
import type { Binary } from '../binaries.ts';
import type { ImageNeeds } from '../image.ts';
import { libcOf } from '../libc.ts';
import type { Loader } from '../loader.ts';
import type { ImageTree } from '../tree.ts';

const atOnce = 16;
/** Programs told; those on the image's PATH are looked at first. */
const most = 100;

/** Finds them for the programs among `own`, the first that each lacks. `before` stands for LD_LIBRARY_PATH. */
export async function findUnmet(
  tree: ImageTree,
  own: readonly Binary[],
  loader: Loader,
  before: readonly string[],
): Promise<NonNullable<ImageNeeds['unmet']>> {
  const programs = own.filter((binary) => binary.kind === 'program' && libcOf(binary) === 'glibc');
  const versions = await versionsOf(
    tree,
    own.filter(({ elf }) => elf.dynamic.has(dynamicTag.verneed) || elf.dynamic.has(dynamicTag.verdef)),
  );
  const unmet: NonNullable<ImageNeeds['unmet']>[number][] = [];
  for (const program of programs) {
    if (unmet.length >= most || loader.exhausted()) break;
    const { loaded } = loader.plan(program, before, loader.unused);
    const files = [program, ...[...loaded.values()].map(({ binary }) => binary)];
    const first = files.flatMap((file) => {
      for (const [soname, wanted] of versions.get(file.path)?.needed ?? []) {
        const library = loaded.get(soname)?.binary.path;
        const defined = library === undefined ? [] : (versions.get(library)?.defined ?? []);
        // Of a library without any versions the loader only warns.
        const version = defined.length > 0 ? wanted.find((one) => !defined.includes(one)) : undefined;
        if (library !== undefined && version !== undefined)
          return [{ program: program.path, file: file.path, version, library }];
      }
      return [];
    })[0];
    if (first) unmet.push(first);
  }
  return unmet;
}

async function versionsOf(tree: ImageTree, binaries: readonly Binary[]): Promise<ReadonlyMap<string, ElfVersions>> {
  const found = new Map<string, ElfVersions>();
  await inParallel(binaries, atOnce, async ({ path, elf }) => {
    const versions = await readElfVersions((at, length) => tree.read(path, at, length), elf);
    if (!('unreadable' in versions)) found.set(path, versions);
  });
  return found;
}
