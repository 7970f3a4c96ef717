/**
 * What the dynamic loader of the image would load, told without running it: ld.so(8) of glibc, ld-musl of musl.
 * It reads the cache that ldconfig wrote, as ld.so does, and not the `ld.so.conf` that it was made from.
 */
import { posix } from 'node:path';
import { type Elf, goArchitecture } from '../base/elf.ts';
import { readLdCache } from '../base/ld-cache.ts';
import type { Binaries, Binary } from './binaries.ts';
import type { ImageTree } from './tree.ts';

/** One library as loaded: the path by which it was found (links kept: $ORIGIN comes from it) and the file it is. */
interface Loaded {
  readonly found: string;
  readonly binary: Binary;
}

/** All that one program loads at its start, breadth first as ld.so does, by the name it was asked for. */
export interface LoadPlan {
  readonly loaded: ReadonlyMap<string, Loaded>;
  /** Names that were not found, with the file that needs them. */
  readonly missing: ReadonlyMap<string, string>;
}

/** The loader of one image for one machine. */
export interface Loader {
  /** What starting `binary` would load: `before` stands for LD_LIBRARY_PATH, `after` is searched when all else failed. */
  readonly plan: (binary: Binary, before: readonly string[], after?: readonly string[]) => LoadPlan;
  /** Path of the file that a library from outside gets for a name: no rpath of its own, `before` for LD_LIBRARY_PATH. */
  readonly find: (name: string, before: readonly string[]) => string | undefined;
  /** True when so much was asked for that the last answers are not to be trusted. */
  readonly exhausted: () => boolean;
  /** Directories of ld.so.conf that ld.so does not search, because the image has no cache made from them. */
  readonly unused: readonly string[];
}

/** Debian's names of machines, part of its default directories (`/usr/lib/<name>`). */
const triplets: Readonly<Record<string, string>> = {
  amd64: 'x86_64-linux-gnu',
  arm64: 'aarch64-linux-gnu',
  ppc64le: 'powerpc64le-linux-gnu',
  s390x: 's390x-linux-gnu',
  riscv64: 'riscv64-linux-gnu',
  '386': 'i386-linux-gnu',
  arm: 'arm-linux-gnueabihf',
};

/** Most libraries of one program, and most searches for one image: 20,000 programs with 500 libraries each. */
const mostLoaded = 2048;
const mostSearches = 10_000_000;

interface Searcher {
  readonly tree: ImageTree;
  readonly binaries: Binaries;
  readonly family: 'glibc' | 'musl';
  readonly machine: Pick<Elf, 'machine' | 'bits' | 'byteOrder'>;
  /** Paths by soname of the cache; undefined when the image has none. */
  readonly cache?: ReadonlyMap<string, readonly string[]>;
  readonly directories: readonly string[];
  /** Searches done so far. */
  searches: number;
}

/** The loader for programs of this kind of machine. */
export async function loaderOf(
  tree: ImageTree,
  binaries: Binaries,
  family: 'glibc' | 'musl',
  machine: Pick<Elf, 'machine' | 'bits' | 'byteOrder'>,
): Promise<Loader> {
  const architecture = goArchitecture(machine) ?? '';
  const cacheFile = family === 'glibc' ? tree.resolve('/etc/ld.so.cache') : undefined;
  const cache =
    cacheFile && readLdCache(await tree.read(cacheFile.path, 0, Math.min(cacheFile.size, 1 << 26)), machine.byteOrder);
  const triplet = triplets[architecture];
  const directories =
    family === 'musl'
      ? await muslDirectories(tree)
      : [...(triplet ? [`/lib/${triplet}`, `/usr/lib/${triplet}`] : []), '/lib64', '/usr/lib64', '/lib', '/usr/lib'];
  const searcher: Searcher = { tree, binaries, family, machine, ...(cache && { cache }), directories, searches: 0 };
  return {
    plan: (binary, before, after = []) => planOf(searcher, binary, { before, after }),
    find: (name, before) => find(searcher, name, outsider(machine), { before, after: [] })?.binary.path,
    exhausted: () => searcher.searches > mostSearches,
    unused: family === 'glibc' && !cache ? await configuredDirectories(tree) : [],
  };
}

/** A file at the root that needs nothing and names no directory: what is found for it is found for all. */
function outsider({ machine, bits, byteOrder }: Pick<Elf, 'machine' | 'bits' | 'byteOrder'>): Link {
  const elf: Elf = {
    bits,
    byteOrder,
    machine,
    type: 'shared',
    needed: [],
    rpath: [],
    runpath: [],
    segments: [],
    notes: [],
    dynamic: new Map(),
  };
  return { found: '/', binary: { path: '/', kind: 'library', elf }, parent: undefined };
}

/** Directories of /etc/ld-musl-ARCH.path, else musl's own (ldso/dynlink.c). */
async function muslDirectories(tree: ImageTree): Promise<readonly string[]> {
  const file = tree.children('/etc').find((entry) => /\/ld-musl-[^/]+\.path$/.test(entry.path));
  const text = file && (await tree.readText(file.path));
  return text ? text.split(/[\n:]+/).filter(Boolean) : ['/lib', '/usr/local/lib', '/usr/lib'];
}

/** Directories of /etc/ld.so.conf and the files it includes, as ldconfig(8) reads them. */
async function configuredDirectories(tree: ImageTree): Promise<readonly string[]> {
  const directories: string[] = [];
  const read = async (path: string, depth: number): Promise<void> => {
    const text = depth > 8 ? undefined : await tree.readText(path);
    for (const raw of text?.split('\n') ?? []) {
      const line = raw.replace(/#.*/, '').trim();
      const include = /^include\s+(.+)$/.exec(line);
      if (!include) {
        if (line.startsWith('/')) directories.push(line.replace(/\s*=.*$/, ''));
        continue;
      }
      for (const pattern of (include[1] ?? '').split(/\s+/))
        for (const file of matching(tree, posix.resolve(posix.dirname(path), pattern))) await read(file, depth + 1);
    }
  };
  await read('/etc/ld.so.conf', 0);
  return directories;
}

/** Files that a pattern with `*` and `?` in its last part names. */
function matching(tree: ImageTree, pattern: string): readonly string[] {
  const last = posix.basename(pattern);
  const quoted = last
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]');
  const expression = new RegExp(`^${quoted}$`);
  return tree
    .children(posix.dirname(pattern))
    .map((entry) => entry.path)
    .filter((path) => expression.test(posix.basename(path)));
}

interface Link extends Loaded {
  readonly parent: Link | undefined;
}

interface ExtraDirectories {
  readonly before: readonly string[];
  readonly after: readonly string[];
}

function planOf(searcher: Searcher, program: Binary, extra: ExtraDirectories): LoadPlan {
  const loaded = new Map<string, Loaded>();
  const missing = new Map<string, string>();
  const queue: Link[] = [{ found: program.path, binary: program, parent: undefined }];
  for (let index = 0; index < queue.length && queue.length <= mostLoaded; index += 1) {
    const from = queue[index];
    for (const name of from?.binary.elf.needed ?? []) {
      if (!from || loaded.has(name) || missing.has(name)) continue;
      const found = find(searcher, name, from, extra);
      if (!found) {
        missing.set(name, from.binary.path);
        continue;
      }
      loaded.set(name, found);
      // A later need of its soname is met by what is there already, however it was found.
      const soname = found.binary.elf.soname;
      if (soname !== undefined && !loaded.has(soname)) loaded.set(soname, found);
      if (!queue.some((link) => link.binary.path === found.binary.path)) queue.push({ ...found, parent: from });
    }
  }
  return { loaded, missing };
}

function find(searcher: Searcher, name: string, from: Link, extra: ExtraDirectories): Loaded | undefined {
  searcher.searches += 1;
  if (searcher.searches > mostSearches) return undefined;
  if (name.includes('/')) return candidate(searcher, expand(name, from.found, searcher)[0] ?? name);
  const within = (directories: readonly string[]): Iterable<string> =>
    directories.map((path) => posix.join(path, name));
  const places = [
    within(directoriesFor(searcher, from, extra.before)),
    searcher.cache?.get(name) ?? [],
    within([...searcher.directories, ...extra.after]),
  ];
  for (const place of places)
    for (const path of place) {
      const found = candidate(searcher, path);
      if (found) return found;
    }
  return undefined;
}

/** The directories before cache and defaults. glibc: a RUNPATH silences every RPATH of its own file; musl knows no difference. */
function directoriesFor(searcher: Searcher, from: Link, libraryPath: readonly string[]): readonly string[] {
  const chain: Link[] = [];
  for (let link: Link | undefined = from; link; link = link.parent) chain.push(link);
  const expanded = (link: Link, paths: readonly string[]): readonly string[] =>
    paths.flatMap((path) => expand(path, link.found, searcher)).filter((path) => path.startsWith('/'));
  const own = from.binary.elf;
  if (searcher.family === 'musl')
    return [
      ...libraryPath,
      ...chain.flatMap((link) =>
        expanded(link, link.binary.elf.runpath.length > 0 ? link.binary.elf.runpath : link.binary.elf.rpath),
      ),
    ];
  const inherited =
    own.runpath.length > 0
      ? []
      : chain.flatMap((link) => (link.binary.elf.runpath.length > 0 ? [] : expanded(link, link.binary.elf.rpath)));
  return [...inherited, ...libraryPath, ...expanded(from, own.runpath)];
}

/** $ORIGIN, $LIB and $PLATFORM of ld.so(8), "Dynamic string tokens". $LIB depends on how glibc was built: all are tried. */
function expand(path: string, owner: string, searcher: Searcher): readonly string[] {
  const origin = posix.dirname(owner);
  const placed = path.replaceAll(/\$(?:ORIGIN\b|\{ORIGIN\})/g, () => origin);
  const platformed = placed.replaceAll(/\$(?:PLATFORM\b|\{PLATFORM\})/g, () => platformOf(searcher));
  if (!/\$(?:LIB\b|\{LIB\})/.test(platformed)) return [platformed];
  const triplet = triplets[goArchitecture(searcher.machine) ?? ''];
  return [...(triplet ? [`lib/${triplet}`] : []), 'lib64', 'lib'].map((word) =>
    platformed.replaceAll(/\$(?:LIB\b|\{LIB\})/g, word),
  );
}

function platformOf(searcher: Searcher): string {
  const architecture = goArchitecture(searcher.machine) ?? '';
  return { amd64: 'x86_64', arm64: 'aarch64' }[architecture] ?? architecture;
}

/** The file if it is there and made for the same machine; ld.so passes over others. */
function candidate(searcher: Searcher, path: string): Loaded | undefined {
  const entry = searcher.tree.resolve(path);
  const binary = entry?.kind === 'file' ? searcher.binaries.at(entry.path) : undefined;
  if (!binary) return undefined;
  const { machine, bits, byteOrder } = binary.elf;
  const same =
    machine === searcher.machine.machine && bits === searcher.machine.bits && byteOrder === searcher.machine.byteOrder;
  return same ? { found: posix.normalize(path), binary } : undefined;
}
