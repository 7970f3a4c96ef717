/** The MPI that an image's own applications use, as its loader would give it to them. */
import { posix } from 'node:path';
import { readElfSymbols } from '../base/elf-symbols.ts';
import type { Binaries, Binary } from './binaries.ts';
import type { ImageMpi, ImagePackage, Untold } from './image.ts';
import { libcOf } from './libc.ts';
import { type Loader, type LoadPlan, loaderOf } from './loader.ts';
import { describeMpi, isMpi, type Opening, symbolsOf } from './mpi-library.ts';
import type { ImageTree } from './tree.ts';

/** Programs that come with an MPI: they prove that it is there, not that anybody uses it. */
const ownTools =
  /^(?:(?:ompi|oshmem|orte|opal|prte|pmix|hydra|mpich|impi|opa)[a-z]*(?:[-_.].*)?|mpi(?:run|exec|cc|CC|c\+\+|cxx|f77|f90|fort|vars|chversion|tune)(?:[-_.].*)?|parkill)$/;

interface Use {
  readonly library: Binary;
  readonly applications: Binary[];
  readonly tools: Binary[];
  /** Those of both whose loader finds it only with an LD_LIBRARY_PATH that the image does not set. */
  readonly lost: Binary[];
  /** How the first user of it loads it. */
  readonly plan: LoadPlan;
}

/** Finds the MPI of the tree, or says why there is none to be told. */
export async function findMpi(
  tree: ImageTree,
  binaries: Binaries,
  environment: Readonly<Record<string, string>>,
  packages: readonly ImagePackage[],
): Promise<ImageMpi | Untold> {
  const libraries = await mpiLibraries(tree, binaries);
  const users = binaries.all.filter((binary) => binary.kind !== 'library' && binary.elf.needed.length > 0);
  const loaders = await loadersFor(tree, binaries, [...users, ...libraries.values()]);
  const searched = (environment.LD_LIBRARY_PATH ?? '').split(':').filter((path) => path.startsWith('/'));
  const uses = new Map<string, Use>();
  const wanting = new Map<string, string>();
  for (const user of users) {
    const loader = loaders(user);
    const plan = loader.plan(user, searched, loader.unused);
    const library = [...plan.loaded.values()].find((loaded) => libraries.has(loaded.binary.path))?.binary;
    if (library) {
      note(uses, library, user, plan);
      continue;
    }
    // A file of that name that is no MPI, or no longer one.
    for (const name of plan.loaded.keys())
      if (/^libmpi(?:ch|_abi)?\.so/.test(name) && !wanting.has(name)) wanting.set(name, user.path);
    for (const name of plan.missing.keys()) {
      // Wrappers and modules set LD_LIBRARY_PATH: a library of that soname elsewhere in the image is the one meant.
      const meant = [...libraries.values()].find((other) => sonameOf(other) === name && sameMachine(other, user));
      if (!meant) {
        if (isMpiName(name) && !wanting.has(name)) wanting.set(name, user.path);
        continue;
      }
      const helped = loader.plan(user, [...searched, posix.dirname(meant.path)], loader.unused);
      note(uses, helped.loaded.get(name)?.binary ?? meant, user, helped).lost.push(user);
      break;
    }
  }
  if (users.some((user) => loaders(user).exhausted()))
    return { unknown: 'its programs need more libraries than can be followed' };
  const ranked = rank([...uses.values()]);
  const chosen = ranked[0] ?? (wanting.size === 0 ? unused([...libraries.values()], loaders, searched) : undefined);
  if (!chosen) return untold(wanting, tree, binaries);
  const loader = loaders(chosen.library);
  const libraryPath = libraryPathOf(chosen, loader);
  const described = await describeMpi(
    tree,
    binaries,
    chosen.library,
    chosen.plan,
    openingOf(chosen, loader, searched, libraryPath),
    packages,
  );
  const missing = [...loader.plan(chosen.library, [...searched, ...libraryPath]).missing.keys()];
  const others = [...libraries.values()].filter(
    (library) =>
      library !== chosen.library && (uses.has(library.path) || sonameOf(library) !== sonameOf(chosen.library)),
  );
  return {
    family: described.family,
    abi: sonameOf(chosen.library),
    path: chosen.library.path,
    libraryPath,
    ...(described.version !== undefined && { version: described.version }),
    pmi: described.pmi,
    ...(missing.length > 0 && { missing }),
    marks: described.marks,
    evidence: [
      useOf(chosen),
      ...described.evidence,
      ...onePerSoname(others, uses).map((other) => {
        const use = uses.get(other.path);
        const users = use ? `used by ${counted(use)}` : 'used by no program';
        return `the image also holds ${other.path} (${sonameOf(other)}), ${users}`;
      }),
    ],
  };
}

/** What the library finds of what it opens while it runs, started as most applications are. */
function openingOf(use: Use, loader: Loader, searched: readonly string[], libraryPath: readonly string[]): Opening {
  const opened = (from: Binary, name: string): LoadPlan =>
    loader.plan({ ...from, elf: { ...from.elf, needed: [name] } }, [...searched, ...libraryPath]);
  // Plugins are opened by a library that came with it; that one's RPATH counts for them too.
  const opener = [...use.plan.loaded.values()].find(({ binary }) => /^libopen-pal\.so/.test(binary.elf.soname ?? ''));
  return {
    // One whose own libraries are missing is not loaded either.
    finds: (name) => {
      const plan = opened(use.library, name);
      return plan.loaded.has(name) && [...plan.missing.keys()].every((other) => use.plan.loaded.has(other));
    },
    misses: (path) =>
      [...opened(opener?.binary ?? use.library, path).missing.keys()].filter((name) => !use.plan.loaded.has(name)),
  };
}

function isMpiName(name: string): boolean {
  return /mpi/i.test(posix.basename(name));
}

function sonameOf(library: Binary): string {
  return library.elf.soname ?? posix.basename(library.path);
}

/** Libraries that are an MPI by their symbols. Only those with `mpi` in their name are opened: every MPI known has it. */
async function mpiLibraries(tree: ImageTree, binaries: Binaries): Promise<ReadonlyMap<string, Binary>> {
  const found = new Map<string, Binary>();
  for (const binary of binaries.all)
    if (binary.kind === 'library' && (isMpiName(binary.path) || isMpiName(binary.elf.soname ?? '')))
      if (isMpi(await symbolsOf(tree, binary))) found.set(binary.path, binary);
  return found;
}

/** One loader for each kind of machine and C library among the binaries. */
async function loadersFor(
  tree: ImageTree,
  binaries: Binaries,
  wanted: readonly Binary[],
): Promise<(binary: Binary) => Loader> {
  const musl = binaries.all.some((b) => libcOf(b) === 'musl') && !binaries.all.some((b) => libcOf(b) === 'glibc');
  const familyOf = (binary: Binary): 'glibc' | 'musl' => libcOf(binary) ?? (musl ? 'musl' : 'glibc');
  const keyOf = (binary: Binary): string =>
    `${familyOf(binary)} ${binary.elf.machine} ${binary.elf.bits} ${binary.elf.byteOrder}`;
  const loaders = new Map<string, Loader>();
  for (const binary of wanted) {
    const key = keyOf(binary);
    if (!loaders.has(key)) loaders.set(key, await loaderOf(tree, binaries, familyOf(binary), binary.elf));
  }
  return (binary) => {
    const loader = loaders.get(keyOf(binary));
    if (!loader) throw new Error(`no loader was made for ${binary.path}`);
    return loader;
  };
}

function sameMachine(a: Binary, b: Binary): boolean {
  return a.elf.machine === b.elf.machine && a.elf.bits === b.elf.bits && a.elf.byteOrder === b.elf.byteOrder;
}

function note(uses: Map<string, Use>, library: Binary, user: Binary, plan: LoadPlan): Use {
  const tool = ownTools.test(posix.basename(user.path));
  const known = uses.get(library.path) ?? { library, applications: [], tools: [], lost: [], plan };
  (tool ? known.tools : known.applications).push(user);
  uses.set(library.path, known);
  return known;
}

/** Wheels cannot hold links, so one library comes as several equal files: of those that nobody uses one is enough. */
function onePerSoname(libraries: readonly Binary[], uses: ReadonlyMap<string, Use>): readonly Binary[] {
  const sonames = new Set<string>();
  return libraries.filter((library) => {
    const fresh = !sonames.has(sonameOf(library));
    sonames.add(sonameOf(library));
    return fresh || uses.has(library.path);
  });
}

/** Most applications first, then most tools, then by path. */
function rank(uses: readonly Use[]): readonly Use[] {
  return [...uses].sort(
    (a, b) =>
      b.applications.length - a.applications.length ||
      b.tools.length - a.tools.length ||
      (a.library.path < b.library.path ? -1 : 1),
  );
}

/** An MPI that no program is linked with: it is just there, as for mpi4py, which opens it while it runs. */
function unused(
  libraries: readonly Binary[],
  loaders: (binary: Binary) => Loader,
  searched: readonly string[],
): Use | undefined {
  const [library] = libraries;
  if (!library) return undefined;
  const loader = loaders(library);
  return { library, applications: [], tools: [], lost: [], plan: loader.plan(library, searched, loader.unused) };
}

async function untold(wanting: ReadonlyMap<string, string>, tree: ImageTree, binaries: Binaries): Promise<Untold> {
  const [name, program] = [...wanting][0] ?? [];
  if (name === undefined)
    return { unknown: 'no program of the image needs an MPI library, and it holds none (a static one is not seen)' };
  const why = await spoiled(posix.basename(name), tree, binaries);
  if (why !== undefined) return { unknown: `${program} needs ${name}, and ${why}`, spoiled: true };
  return { unknown: `${program} needs ${name}, which the image does not hold: it expects the host's MPI` };
}

/** What is wrong with the files of this name; undefined when there is none. */
async function spoiled(name: string, tree: ImageTree, binaries: Binaries): Promise<string | undefined> {
  const reasons: string[] = [];
  for (const { path, kind, target } of tree.entries) {
    if (posix.basename(path) !== name) continue;
    const end = tree.resolve(path);
    if (!end) {
      reasons.push(kind === 'link' ? `${path} is a link to ${target}, which is not there` : `${path} cannot be read`);
      continue;
    }
    const binary = binaries.at(end.path);
    const broken = binaries.broken.find((line) => line.startsWith(`${end.path}: `));
    if (end.kind !== 'file') reasons.push(`${path} is no file`);
    else if (end.size === 0) reasons.push(`${path} is empty`);
    else if (broken !== undefined) reasons.push(`${path} is no sound ELF file (${broken.slice(end.path.length + 2)})`);
    else if (!binary) reasons.push(`${path} is no ELF file`);
    else reasons.push(await strangeness(path, tree, binary));
  }
  return reasons[0];
}

/** Why an ELF file is not the MPI that its name says. */
async function strangeness(path: string, tree: ImageTree, binary: Binary): Promise<string> {
  const symbols = await readElfSymbols((at, length) => tree.read(binary.path, at, length), binary.elf);
  if ('unreadable' in symbols) return `${path} is cut or damaged: ${symbols.unreadable}`;
  if (!isMpi(symbols)) return `${path} defines no MPI`;
  return `${path} is for another processor (machine ${binary.elf.machine})`;
}

function counted(use: Use): string {
  const programs = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;
  const first = use.applications[0] ?? use.tools[0];
  const parts = [
    ...(use.applications.length > 0 ? [programs(use.applications.length, 'application')] : []),
    ...(use.tools.length > 0 ? [`${programs(use.tools.length, 'tool')} of its own`] : []),
  ];
  return `${parts.join(' and ')}, such as ${first?.path}`;
}

function useOf(use: Use): string {
  const users = use.applications.length + use.tools.length;
  if (users === 0) return 'no program of the image is linked with it';
  const lost = use.lost.length > 0 ? `; ${use.lost.length} of them only with an LD_LIBRARY_PATH` : '';
  return `used by ${counted(use)}${lost}`;
}

/**
 * The directories that a program from outside must search. It is taken to have no rpath and an empty LD_LIBRARY_PATH; where
 * it would miss a library, or find another file than the image's own program does, the directory of the latter is added.
 */
function libraryPathOf(use: Use, loader: Loader): readonly string[] {
  const outsider: Binary = {
    path: '/',
    kind: 'program',
    elf: { ...use.library.elf, needed: [sonameOf(use.library)], rpath: [], runpath: [] },
  };
  const wanted = new Map([
    ...use.plan.loaded,
    [sonameOf(use.library), { found: use.library.path, binary: use.library }],
  ]);
  const directories: string[] = [];
  for (let round = 0; round < 64; round += 1) {
    const plan = loader.plan(outsider, directories);
    const astray = [...plan.missing.keys(), ...plan.loaded.keys()].find((name) => {
      const want = wanted.get(name);
      return (
        want && want.binary.path !== plan.loaded.get(name)?.binary.path && !directories.includes(directoryOf(want))
      );
    });
    const want = astray === undefined ? undefined : wanted.get(astray);
    if (astray === undefined || !want) break;
    // A wrong file is found before the right one: its directory must come first.
    if (plan.loaded.has(astray)) directories.unshift(directoryOf(want));
    else directories.push(directoryOf(want));
  }
  return directories;
}

function directoryOf(loaded: { readonly found: string }): string {
  return posix.dirname(loaded.found);
}
