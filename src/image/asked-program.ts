/**
 * A program that is asked for, as the kernel meets it in an image: by its path or by PATH, its rights, its architecture, the
 * interpreter of a script or the loader of an ELF file (execve(2), execvp(3)). Only what lies on the way is looked at.
 */
import { posix } from 'node:path';
import { type Elf, goArchitecture, type ReadAt, readElf } from '../base/elf.ts';
import type { Files } from '../system/files.ts';
import { entryOf, type ImageTreeEntry, readFile } from './tree.ts';

/** The files of one image, each asked for when it is needed. */
export interface ImageRoot {
  /** What a path is, without following a link in its last part. */
  readonly entry: (path: string) => Promise<ImageTreeEntry | undefined>;
  readonly read: (path: string, offset: number, length: number) => Promise<Uint8Array>;
}

/** What is known of it. `trouble`: it cannot be started; `doubt`: that could not be told. Neither: it can, but for its libraries. */
export interface AskedProgram {
  /** As the command names it. */
  readonly word: string;
  /** The files of the image that start: itself, and what interprets it. Of a program from outside only the latter. */
  readonly files: readonly string[];
  readonly trouble?: string;
  readonly doubt?: string;
  /** Paths that were looked for: what is mounted there changes the answer. */
  readonly places: readonly string[];
  /** When the first file is ELF. */
  readonly elf?: Elf;
}

/** How it is looked for. */
export interface Search {
  /** Value of PATH. */
  readonly path: string;
  /** GOARCH word of the image. */
  readonly architecture: string;
}

const mostLinks = 40;
/** Interpreters of interpreters; the kernel takes 5 (fs/exec.c). */
const mostInterpreters = 5;
/** The kernel reads as much of a file to tell what it is (BINPRM_BUF_SIZE). */
const headBytes = 256;

/** The image unpacked at `directory`. */
export function imageRootAt(files: Files, directory: string): ImageRoot {
  return {
    entry: (path) => entryOf(files, directory, path),
    read: (path, offset, length) => readFile(files, directory + path, offset, length),
  };
}

/** Looks a word up as the first one of a command in the image. */
export async function programInImage(root: ImageRoot, word: string, search: Search): Promise<AskedProgram> {
  if (word.startsWith('/')) return inImage(root, word, word, search, 0);
  if (word === '' || word.includes('/'))
    return { word, files: [], doubt: `${word} depends on the directory it is started in`, places: [] };
  const places: string[] = [];
  let refused: AskedProgram | undefined;
  for (const directory of search.path.split(':')) {
    if (!directory.startsWith('/'))
      return { word, files: [], doubt: `PATH (${search.path}) holds the directory it is started in`, places };
    const at = posix.join(directory, word);
    places.push(at);
    const entry = await resolve(root, at);
    if (entry?.kind !== 'file') continue;
    if ((entry.mode & 0o111) !== 0) return { ...(await inImage(root, word, at, search, 0)), places };
    refused ??= { word, files: [], trouble: `${at} of the image is not executable`, places };
  }
  // ch-run(1) adds /bin to a PATH that lacks it.
  if (!refused && (await resolve(root, `/bin/${word}`))?.kind === 'file')
    return { word, files: [], doubt: `PATH of the image has no /bin, where ${word} is: some runtimes add it`, places };
  return refused ?? { word, files: [], trouble: `the image has no ${word} in its PATH, ${search.path}`, places };
}

/** A program from outside: `read` gives its bytes; what interprets or loads it comes from the image. */
export async function programFromOutside(
  root: ImageRoot,
  word: string,
  read: ReadAt,
  search: Search,
): Promise<AskedProgram> {
  return startOf(root, word, word, read, search, 0);
}

/** What a path means after every link; undefined: not there, a link that leads nowhere, or a loop. */
export async function resolve(root: ImageRoot, path: string): Promise<ImageTreeEntry | undefined> {
  let pending = path.split('/').reverse();
  let here: ImageTreeEntry = { path: '/', kind: 'directory', mode: 0o755, size: 0 };
  let links = 0;
  for (let step = pending.pop(); step !== undefined; step = pending.pop()) {
    if (step === '' || step === '.') continue;
    if (here.kind !== 'directory') return undefined;
    const at = step === '..' ? posix.dirname(here.path) : posix.join(here.path, step);
    const next: ImageTreeEntry | undefined =
      at === '/' ? { path: '/', kind: 'directory', mode: 0o755, size: 0 } : await root.entry(at);
    if (!next) return undefined;
    if (next.kind !== 'link') {
      here = next;
      continue;
    }
    links += 1;
    if (links > mostLinks || next.target === undefined) return undefined;
    if (next.target.startsWith('/')) here = { path: '/', kind: 'directory', mode: 0o755, size: 0 };
    pending = [...pending, ...next.target.split('/').reverse()];
  }
  return here;
}

async function inImage(
  root: ImageRoot,
  word: string,
  path: string,
  search: Search,
  depth: number,
): Promise<AskedProgram> {
  const entry = await resolve(root, path);
  const no = (trouble: string): AskedProgram => ({ word, files: [], trouble, places: [path] });
  if (!entry) {
    const link = await root.entry(path);
    return no(
      link?.kind === 'link'
        ? `${path} of the image is a link to ${link.target}, which is not there`
        : `the image has no ${path}`,
    );
  }
  if (entry.kind !== 'file') return no(`${path} of the image is no file`);
  if ((entry.mode & 0o111) === 0) return no(`${path} of the image is not executable`);
  const read: ReadAt = (at, length) => root.read(entry.path, at, Math.min(length, Math.max(0, entry.size - at)));
  const started = await startOf(root, word, entry.path, read, search, depth);
  return { ...started, files: [entry.path, ...started.files], places: [path, entry.path, ...started.places] };
}

async function startOf(
  root: ImageRoot,
  word: string,
  name: string,
  read: ReadAt,
  search: Search,
  depth: number,
): Promise<AskedProgram> {
  const elf = await readElf(read);
  if ('notElf' in elf)
    return elf.notElf === 'other'
      ? scriptOf(root, word, name, read, search, depth)
      : { word, files: [], doubt: `${name} is no sound ELF file: ${elf.why}`, places: [] };
  const common = { word, files: [], elf, places: elf.interpreter === undefined ? [] : [elf.interpreter] };
  const architecture = goArchitecture(elf);
  if (architecture !== search.architecture) {
    const what = `${name} is for ${architecture ?? `machine ${elf.machine}`}, and the image for ${search.architecture}`;
    return { ...common, ...(architecture === '386' || architecture === 'arm' ? { doubt: what } : { trouble: what }) };
  }
  if (elf.interpreter === undefined) return common;
  const loader = await resolve(root, elf.interpreter);
  if (loader?.kind === 'file' && (loader.mode & 0o111) !== 0) return common;
  const why = loader === undefined ? 'the image does not have' : 'is no program of the image';
  return { ...common, trouble: `${name} is started by ${elf.interpreter}, which ${why}` };
}

/** `#!` lines as fs/binfmt_script.c reads them. */
async function scriptOf(
  root: ImageRoot,
  word: string,
  name: string,
  read: ReadAt,
  search: Search,
  depth: number,
): Promise<AskedProgram> {
  const head = Buffer.from(await read(0, headBytes)).toString('latin1');
  const doubt = (why: string): AskedProgram => ({ word, files: [], doubt: why, places: [] });
  if (!head.startsWith('#!')) return doubt(`${name} is neither an ELF file nor a script with #!`);
  const line = head.slice(2).split('\n')[0] ?? '';
  const [interpreter = '', ...words] = line
    .replace(/^[ \t]+/, '')
    .replace(/[ \t]+$/, '')
    .split(/[ \t]+/);
  if (!interpreter.startsWith('/')) return doubt(`the #! line of ${name} names no path from /`);
  if (depth >= mostInterpreters) return doubt(`${name} has too many interpreters`);
  const found = await inImage(root, word, interpreter, search, depth + 1);
  const { elf: _, ...rest } = found;
  if (found.trouble !== undefined || found.doubt !== undefined)
    return {
      ...rest,
      ...(found.trouble !== undefined && { trouble: `${name} begins with #!${line.trim()}: ${found.trouble}` }),
    };
  // env(1) looks for its word as a shell does.
  const [first = ''] = words;
  if (posix.basename(interpreter) !== 'env' || !/^[A-Za-z0-9][A-Za-z0-9._+-]*$/.test(words.join(' '))) return rest;
  const { elf: __, ...second } = await programInImage(root, first, search);
  return { ...second, word, files: [...found.files, ...second.files], places: [...found.places, ...second.places] };
}
