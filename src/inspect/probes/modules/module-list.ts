/** Which modules are loaded and what each states of itself. */
import { joinedFiles, type SmallFiles, textOf } from '../../answers.ts';
import { buildIdsOf } from '../../elf-notes.ts';
import type { NodeAnswer } from '../../probe.ts';
import { taintLetters } from '../../taint.ts';

/** One loaded module. What it does not state is empty. */
export interface Module {
  readonly name: string;
  readonly version: string;
  /** Checksum of its sources (modinfo(8), srcversion). */
  readonly srcversion: string;
  readonly buildId: string;
  /** Letters as in /sys/module/NAME/taint: `OE`. */
  readonly taint: string;
}

/** Names in /proc/modules (proc_modules(5)): the first word of each line. */
export function moduleNames(text: string): readonly string[] {
  return [...listedModules(text).keys()].sort();
}

/** Names in /proc/modules with their taint letters: `(POE)`, also `(OE+)` and `(OE-)` while loading and unloading. */
export function listedModules(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const line of text.split('\n')) {
    // Name, size, uses, users, state, address, taint: without the middle it is a line cut off or of something else.
    const match = /^(\S+) \d+ \S+ \S.*? (?:Live|Loading|Unloading) 0x[0-9a-f]+(?: \(([A-Z]*)[+-]?\))?\s*$/.exec(line);
    if (match?.[1]) found.set(match[1], match[2] ?? '');
  }
  return found;
}

/** Build-ids by module; undefined when they are not as many: a module came or went between listing and reading. */
export function moduleBuildIds(answer: NodeAnswer): ReadonlyMap<string, string> | undefined {
  const { paths, bytes } = joinedFiles(answer);
  const ids = buildIdsOf(bytes);
  if (ids.length !== paths.length) return undefined;
  return new Map(paths.map((path, i) => [/^\/sys\/module\/([^/]+)\//.exec(path)?.[1] ?? '', ids[i] ?? '']));
}

/**
 * The loaded modules by name. A kernel without loadable modules has no /proc/modules; /sys/module then holds built-in
 * ones, and those that were loaded have a state.
 */
export function loadedModules(list: NodeAnswer, sys: SmallFiles, notes: NodeAnswer): readonly Module[] {
  const text = textOf(list);
  const states = [...sys.values.keys()].flatMap((path) => /^\/sys\/module\/([^/]+)\/initstate$/.exec(path)?.[1] ?? []);
  const listed = text === undefined ? new Map(states.map((name) => [name, ''])) : listedModules(text);
  const ids = moduleBuildIds(notes);
  const of = (name: string, file: string): string => sys.values.get(`/sys/module/${name}/${file}`) ?? '';
  return [...listed]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, taint]) => ({
      name,
      version: of(name, 'version'),
      srcversion: of(name, 'srcversion'),
      buildId: ids?.get(name) ?? '',
      taint: of(name, 'taint') || taint,
    }));
}

/** `version=23.10 srcversion=… build-id=… taint=OE (out-of-tree module, unsigned module)`, or `loaded`. */
export function described(module: Module): string {
  const parts = [
    ['version', module.version],
    ['srcversion', module.srcversion],
    ['build-id', module.buildId],
    ['taint', module.taint && `${module.taint} (${taintLetters(module.taint)})`],
  ];
  const said = parts.filter(([, value]) => value).map(([word, value]) => `${word}=${value}`);
  return said.length > 0 ? said.join(' ') : 'loaded';
}

/**
 * Modules that did not come with the kernel (out of tree, proprietary, or loaded by force), each with version and
 * srcversion: `nvidia 535.54.03 A1B2; xpmem 2.7 …`. A companion of the same version that a driver loads when it is first
 * used (`nvidia_uvm` of `nvidia`) is left out, so that equal nodes say the same before and after; so is the build-id,
 * which differs where a node compiled the same sources for itself (DKMS).
 */
export function foreignModules(modules: readonly Module[]): readonly string[] {
  const foreign = modules.filter(({ taint }) => /[POF]/.test(taint));
  const isCompanion = (module: Module): boolean =>
    foreign.some(
      ({ name, version }) => version !== '' && version === module.version && module.name.startsWith(`${name}_`),
    );
  return foreign
    .filter((module) => !isCompanion(module))
    .map(({ name, version, srcversion }) => [name, version, srcversion].filter(Boolean).join(' '));
}
