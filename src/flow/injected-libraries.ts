/** Libraries of this host that will be put into the container, as their files tell. */
import { basename, join } from 'node:path';
import { goArchitecture, readElf } from '../base/elf.ts';
import { readElfVersions } from '../base/elf-symbols.ts';
import { messageOf } from '../base/error.ts';
import type { InjectedLibrary } from '../preflight/finding.ts';
import type { System } from '../system/system.ts';
import { injectInvalid } from './errors.ts';

/** Most libraries of one folder: /usr/lib of a large host has some 3,000. */
const most = 5000;

/**
 * The libraries at these paths: files, or folders of which every shared library is taken (not those further below). One
 * library known by several names counts once. FLOW_INJECT_INVALID when a path is not there or is no library.
 */
export async function injectedLibraries(system: System, paths: readonly string[]): Promise<readonly InjectedLibrary[]> {
  const found = new Map<string, InjectedLibrary>();
  for (const path of paths) {
    const real = await realPathOf(system, path);
    const at = await librariesAt(system, real);
    if ('excess' in at) throw injectInvalid(`${path} ${at.excess}`, 'name the libraries that are really injected');
    if ('notOne' in at) throw injectInvalid(`${path} is no shared library: ${at.notOne}`, 'name an ELF library');
    if (at.libraries.length === 0)
      throw injectInvalid(`${path} holds no shared library`, 'name the folder that the libraries lie in');
    for (const library of at.libraries) found.set(library.path, library);
  }
  return [...found.values()];
}

/** What a path holds: libraries, or why a file is none, or that a folder has too many of them to look at. */
type LibrariesAt =
  | { readonly libraries: readonly InjectedLibrary[] }
  | { readonly notOne: string }
  | { readonly excess: string };

/** The library that a file is, or those directly in a folder, each once. The path is a real one (realpath(3)). */
export async function librariesAt(system: System, real: string): Promise<LibrariesAt> {
  if ((await system.files.stat(real))?.isDirectory() !== true) {
    const library = await readLibrary(system, real);
    return typeof library === 'string' ? { notOne: library } : { libraries: [library] };
  }
  const names = (await system.files.list(real)).filter((name) => /\.so(?:\.[0-9.]+)?$/.test(name));
  if (names.length > most) return { excess: `holds more than ${most} libraries` };
  const found = new Map<string, InjectedLibrary>();
  for (const name of names) {
    // A dangling link in a folder is nothing that could be injected.
    const target = await system.files.realPath(join(real, name)).catch(() => undefined);
    if (target === undefined || found.has(target)) continue;
    const library = await readLibrary(system, target);
    if (typeof library !== 'string') found.set(target, library);
  }
  return { libraries: [...found.values()] };
}

async function realPathOf(system: System, path: string): Promise<string> {
  try {
    return await system.files.realPath(path);
  } catch (error) {
    throw injectInvalid(
      `the library ${path} cannot be read: ${messageOf(error)}`,
      'name libraries of this host, as the nodes have them',
      { cause: error },
    );
  }
}

/** The library, or why the file is none: linker scripts are called `.so` too. */
async function readLibrary(system: System, path: string): Promise<InjectedLibrary | string> {
  if (!(await system.files.stat(path))?.isFile()) return 'it is no file';
  const read = (offset: number, length: number) => system.files.readRange(path, offset, length);
  const elf = await readElf(read);
  if ('notElf' in elf) return elf.why;
  const versions = await readElfVersions(read, elf);
  if ('unreadable' in versions) return versions.unreadable;
  const architecture = goArchitecture(elf);
  return {
    path,
    soname: elf.soname ?? basename(path),
    ...(architecture !== undefined && { architecture }),
    needed: elf.needed,
    versionsNeeded: Object.fromEntries(versions.needed),
    versionsDefined: versions.defined,
    ...(elf.rpath.length > 0 && { rpath: elf.rpath }),
    ...(elf.runpath.length > 0 && { runpath: elf.runpath }),
  };
}
