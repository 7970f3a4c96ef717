/** What the files of an image ask of a node: its processor, its kernel, and libraries that are not in the image. */
import { posix } from 'node:path';
import { goArchitecture } from '../../base/elf.ts';
import { readElfNotes } from '../../base/elf-notes.ts';
import { inParallel } from '../../base/parallel.ts';
import type { Binaries, Binary } from '../binaries.ts';
import type { ImageLibrary, ImageNeeds } from '../image.ts';
import type { Loader } from '../loader.ts';
import type { ImageTree } from '../tree.ts';
import { libraryPathIn } from './libraries.ts';
import { findUnmet } from './symbol-versions.ts';

const atOnce = 16;
const mostMissing = 100;

/** Finds them. `loader` is that of programs of the image's own architecture. */
export async function findNeeds(
  tree: ImageTree,
  binaries: Binaries,
  libraries: readonly ImageLibrary[],
  loader: Loader | undefined,
  architecture: string,
  environment: Readonly<Record<string, string>>,
): Promise<ImageNeeds> {
  const own = binaries.all.filter(({ elf }) => goArchitecture(elf) === architecture);
  const reached = new Set(libraries.flatMap((library) => (library.found ? [library.path] : [])));
  // What only some processors load (glibc-hwcaps) is not found by a plain name, and so not looked at here.
  const noted = await notesOf(
    tree,
    own.filter((binary) => binary.kind === 'program' || reached.has(binary.path)),
  );
  const libc = noted.filter(({ binary }) => isLibc(binary));
  const kernel = libc.find(({ notes }) => notes.kernel !== undefined);
  const unmet = loader ? await findUnmet(tree, own, loader, libraryPathIn(environment)) : [];
  const noLoader = noLoaderOf(tree, own);
  return {
    programs: programsOf(binaries),
    levels: [...highest(libc, true), ...highest(noted, false)],
    ...(kernel?.notes.kernel && { kernel: { version: kernel.notes.kernel, path: kernel.binary.path } }),
    missing: loader ? missingOf(own, loader, environment) : [],
    ...(noLoader && { noLoader }),
    ...(unmet.length > 0 && { unmet }),
  };
}

type Noted = { readonly binary: Binary; readonly notes: Awaited<ReturnType<typeof readElfNotes>> };

async function notesOf(tree: ImageTree, binaries: readonly Binary[]): Promise<readonly Noted[]> {
  const found: Noted[] = [];
  await inParallel(binaries, atOnce, async (binary) => {
    if (binary.elf.notes.length === 0) return;
    const notes = await readElfNotes((at, length) => tree.read(binary.path, at, length), binary.elf);
    found.push({ binary, notes });
  });
  return found.sort((a, b) => (a.binary.path < b.binary.path ? -1 : 1));
}

/** The C library and the loader that every program brings in. */
function isLibc({ elf }: Binary): boolean {
  return elf.soname === 'libc.so.6' || /^ld-(?:linux|musl)|^ld64/.test(elf.soname ?? '');
}

function highest(noted: readonly Noted[], all: boolean): ImageNeeds['levels'] {
  const level = noted.reduce((most, { notes }) => Math.max(most, notes.x86Level ?? 1), 1);
  const first = noted.find(({ notes }) => notes.x86Level === level);
  return level > 1 && first ? [{ level, path: first.binary.path, all }] : [];
}

function programsOf(binaries: Binaries): ImageNeeds['programs'] {
  const counts = new Map<string, { count: number; path: string }>();
  for (const { kind, elf, path } of binaries.all) {
    if (kind !== 'program') continue;
    const architecture = goArchitecture(elf) ?? `machine ${elf.machine}`;
    const known = counts.get(architecture);
    if (known) known.count += 1;
    else counts.set(architecture, { count: 1, path });
  }
  return [...counts]
    .map(([architecture, { count, path }]) => ({ architecture, count, path }))
    .sort((a, b) => b.count - a.count || (a.architecture < b.architecture ? -1 : 1));
}

function noLoaderOf(tree: ImageTree, own: readonly Binary[]): ImageNeeds['noLoader'] {
  const asking = own.flatMap(({ kind, path, elf }) =>
    kind === 'program' && elf.interpreter !== undefined ? [{ path: elf.interpreter, program: path }] : [],
  );
  return asking.some(({ path }) => tree.resolve(path)?.kind === 'file') ? undefined : asking[0];
}

function missingOf(
  own: readonly Binary[],
  loader: Loader,
  environment: Readonly<Record<string, string>>,
): ImageNeeds['missing'] {
  const before = libraryPathIn(environment);
  const missing: { name: string; program: string }[] = [];
  for (const binary of own) {
    if (missing.length >= mostMissing || loader.exhausted()) break;
    if (binary.kind !== 'program' || binary.elf.needed.length === 0) continue;
    for (const name of loader.plan(binary, before, loader.unused).missing.keys())
      missing.push({ name: posix.basename(name), program: binary.path });
  }
  return missing.slice(0, mostMissing);
}
