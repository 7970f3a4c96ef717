/** The libraries of an image as one from outside meets them: which are found by name, and which symbol versions they define. */
import { dynamicTag, type Elf, goArchitecture } from '../../base/elf.ts';
import { readElfVersions } from '../../base/elf-symbols.ts';
import { inParallel } from '../../base/parallel.ts';
import type { Binaries, Binary } from '../binaries.ts';
import type { ImageLibrary } from '../image.ts';
import { type Loader, loaderOf } from '../loader.ts';
import type { ImageTree } from '../tree.ts';

const atOnce = 16;
/** All versions kept of one image: glibc and libstdc++ of a distribution have some 200, all its libraries a thousand. */
const mostVersions = 20_000;

/** The loader that programs of the image's own architecture get, or undefined when it has no file of that kind. */
export async function ownLoader(
  tree: ImageTree,
  binaries: Binaries,
  architecture: string,
  family: 'glibc' | 'musl',
): Promise<Loader | undefined> {
  const kind = binaries.all.find(({ elf }) => goArchitecture(elf) === architecture);
  return kind && loaderOf(tree, binaries, family, kind.elf);
}

/** Directories of the image's own LD_LIBRARY_PATH. */
export function libraryPathIn(environment: Readonly<Record<string, string>>): readonly string[] {
  return (environment.LD_LIBRARY_PATH ?? '').split(':').filter((path) => path.startsWith('/'));
}

/** All libraries, by path. */
export async function findLibraries(
  tree: ImageTree,
  binaries: Binaries,
  loader: Loader | undefined,
  environment: Readonly<Record<string, string>>,
): Promise<readonly ImageLibrary[]> {
  const before = libraryPathIn(environment);
  const named = binaries.all.flatMap((binary) => {
    const { soname } = binary.elf;
    return soname === undefined ? [] : [{ binary, soname }];
  });
  const found = named.filter(({ binary, soname }) => loader?.find(soname, before) === binary.path);
  const versions = new Map<string, readonly string[]>();
  let kept = 0;
  await inParallel(found, atOnce, async ({ binary }) => {
    const defined = await definedVersions(tree, binary);
    kept += defined.length;
    if (defined.length > 0 && kept <= mostVersions) versions.set(binary.path, defined);
  });
  const reached = new Set(found.map(({ binary }) => binary.path));
  return named
    .map(({ binary: { path }, soname }): ImageLibrary => {
      const defined = versions.get(path);
      return { path, soname, ...(reached.has(path) && { found: true }), ...(defined && { versions: defined }) };
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function definedVersions(tree: ImageTree, { path, elf }: Binary): Promise<readonly string[]> {
  if (!hasVersions(elf)) return [];
  const versions = await readElfVersions((at, length) => tree.read(path, at, length), elf);
  return 'unreadable' in versions ? [] : versions.defined;
}

function hasVersions(elf: Elf): boolean {
  return elf.dynamic.has(dynamicTag.verdef);
}
