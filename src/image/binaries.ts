/** The ELF files of an image: programs, the libraries they may load, and Python's extension modules. */
import { posix } from 'node:path';
import { type Elf, type NotElf, readElf } from '../base/elf.ts';
import { inParallel } from '../base/parallel.ts';
import type { ImageTree, ImageTreeEntry } from './tree.ts';

/** One ELF file, by its own path (no link). */
export interface Binary {
  readonly path: string;
  /** `module`: a library that a program loads by path while it runs, as Python does; it counts as an application. */
  readonly kind: 'program' | 'module' | 'library';
  readonly elf: Elf;
}

/** All ELF files that were looked at. */
export interface Binaries {
  /** By path, in the order of the search: the directories of PATH first. */
  readonly all: readonly Binary[];
  readonly at: (path: string) => Binary | undefined;
  /** Files that claim to be ELF and cannot be read as such, with why. */
  readonly broken: readonly string[];
  /** Files not looked at, because there were too many. */
  readonly cut: number;
}

/** Files opened; a CUDA and Python image of 30 GB has some 20,000 candidates. */
const mostFiles = 100_000;
const atOnce = 16;

/**
 * Finds the ELF files: whatever may be executed or is named like a library. Those in the directories of the image's PATH
 * come first, so that a limit never hides the program that a test will name.
 */
export async function findBinaries(
  tree: ImageTree,
  environment: Readonly<Record<string, string>>,
  limit = mostFiles,
): Promise<Binaries> {
  const candidates = candidatesOf(tree, environment);
  const looked = candidates.slice(0, limit);
  const elves = new Map<string, Elf | NotElf>();
  await inParallel(looked, atOnce, async ({ path }) => {
    elves.set(path, await readElf((at, length) => tree.read(path, at, length)));
  });
  const found = new Map<string, Binary>();
  const broken: string[] = [];
  for (const entry of looked) {
    const elf = elves.get(entry.path);
    if (!elf) continue;
    if (!('notElf' in elf)) found.set(entry.path, { path: entry.path, kind: kindOf(entry, elf), elf });
    else if (elf.notElf === 'broken') broken.push(`${entry.path}: ${elf.why}`);
  }
  return {
    all: [...found.values()],
    at: (path) => found.get(path),
    broken,
    cut: candidates.length - looked.length,
  };
}

function candidatesOf(tree: ImageTree, environment: Readonly<Record<string, string>>): readonly ImageTreeEntry[] {
  const onPath = (environment.PATH ?? '/usr/local/bin:/usr/bin:/bin')
    .split(':')
    .flatMap((directory) => (directory.startsWith('/') ? tree.children(directory) : []))
    .flatMap((entry) => tree.resolve(entry.path) ?? []);
  const wanted = [...onPath, ...tree.entries].filter(
    (entry) => entry.kind === 'file' && entry.size > 0 && ((entry.mode & 0o111) !== 0 || isLibraryName(entry.path)),
  );
  return [...new Map(wanted.map((entry) => [entry.path, entry])).values()];
}

function isLibraryName(path: string): boolean {
  return /\.so(?:\.[0-9.]+)?$/.test(path) || posix.basename(path).startsWith('ld-');
}

/**
 * A program has an interpreter or is an executable outright; libraries that can also be run (libc.so.6 prints its
 * version) have a soname. What is neither and lies among Python's packages is a module.
 */
function kindOf(entry: ImageTreeEntry, elf: Elf): Binary['kind'] {
  if (elf.type === 'executable') return 'program';
  if (elf.type !== 'shared') return 'library';
  if (isLibraryName(entry.path))
    return /\/(?:site|dist)-packages\/|\/lib-dynload\/|\.cpython-[^/]*\.so$|\.abi3\.so$/.test(entry.path) &&
      elf.soname === undefined
      ? 'module'
      : 'library';
  return elf.soname === undefined && (entry.mode & 0o111) !== 0 ? 'program' : 'library';
}
