/** Renders every ask of the probes into one POSIX shell script that a node can run without anything of ours. */

import { installed } from '../base/installation.ts';
import type { Files } from '../system/files.ts';
import { renderTemplate } from '../system/template.ts';
import { isSlow, type NodeAsk, type Probe } from './probe.ts';

/** The templates of the collector: the script, the ground it stands on, and the parts that do one thing each. */
export interface CollectorTemplates {
  readonly main: string;
  readonly ground: string;
  readonly asks: string;
  readonly ranks: string;
  readonly libraries: string;
  readonly trials: string;
}

/** What varies between two collectors. */
export interface CollectorOptions {
  /** 32 hex digits that nobody outside the run can know; frames without it are ignored. */
  readonly nonce: string;
  readonly probes: readonly Probe[];
  /** Seconds after which the sampling of ranks ends by itself: the allocation's own limit. */
  readonly ranksLimitSeconds: number;
  /** Seconds for reading all files of a node, and for checking the sampled files of a tree. */
  readonly fileLimitSeconds?: number;
  readonly filesLimitSeconds?: number;
  /** What the site mounts into containers, what lies in another mount after it: whose the libraries of ranks are. */
  readonly mounts?: readonly { readonly source: string; readonly target: string }[];
  /** A prefix of every path read; for trying the collector on captured trees. */
  readonly root?: string;
}

/**
 * Programs that start a rank and then become it, or wait beside it: never taken for the rank itself. Names as
 * /proc/PID/exe ends.
 */
export const launcherPrograms: readonly string[] = [
  ...['srun', 'slurmstepd', 'ch-run', 'apptainer', 'singularity', 'starter', 'starter-suid', 'podman', 'podman-hpc'],
  ...['conmon', 'crun', 'runc', 'sarus', 'enroot', 'enroot-nsenter', 'nsenter', 'shifter', 'bwrap', 'unshare'],
  ...['fuse-overlayfs', 'squashfuse', 'squashfuse_ll', 'mpirun', 'mpiexec', 'orterun', 'prterun', 'orted', 'prted'],
  ...['hydra_pmi_proxy', 'hydra_bstrap_proxy', 'timeout'],
];

// A SquashFS image of one file, `ok`, that says `works`: mksquashfs 4.5.1 -nopad -all-root -no-xattrs -no-exports
// -mkfs-time 0 -all-time 0 -comp gzip.
const squashfsImage =
  'aHNxcwIAAAAAAAAAAAACAAEAAAABABEAQAIBAAQAAAAgAAAAAAAAAMQAAAAAAAAAvAAAAAAAAAD//////////2YAAAAAAAAAhwAAAAAAAACuAAAAAAAA' +
  'AP//////////d29ya3MKHwB42mNiWMLIAAVwBhSwgcXewoWZkGhJIGYGYgBG2AG+EwB42mNggABGKM0EZOVnAwABfQDfEIBgAAAAAAAAAAYAAAEAAAAA' +
  'nAAAAAAAAAAEgAAAAAC2AAAAAAAAAA==';

/** Reads the collector's templates from the package. */
export async function loadCollectorTemplates(files: Pick<Files, 'readText'>): Promise<CollectorTemplates> {
  const at = (name: string): string => installed(`templates/shell/${name}`);
  return {
    main: await files.readText(at('collector.sh.hbs')),
    ground: await files.readText(at('collector-ground.sh.hbs')),
    asks: await files.readText(at('collector-asks.sh.hbs')),
    ranks: await files.readText(at('collector-ranks.sh.hbs')),
    libraries: await files.readText(at('collector-libraries.sh.hbs')),
    trials: await files.readText(at('collector-trials.sh.hbs')),
  };
}

// Characters of a shell pattern that mean themselves or a wildcard; anything else could become a second word.
const safePattern = /^\/[A-Za-z0-9_./*?:{}[\]-]+$/;
const safeId = /^[a-z][a-z0-9-]*$/;

/** The ask's id within the whole collector. */
export function askId(probe: Probe, ask: NodeAsk): string {
  return `${probe.name}.${ask.id}`;
}

/** One call of a function of the script, as words. */
export function callOf(id: string, ask: NodeAsk): readonly string[] {
  switch (ask.kind) {
    case 'file':
      return ['ask_file', id, ask.path];
    case 'lines':
      return ['ask_lines', id, ask.path, ask.pattern, String(ask.most)];
    case 'small':
      return ask.limitSeconds === undefined
        ? ['ask_small', id, ...ask.patterns]
        : ['ask_beside', String(ask.limitSeconds), 'ask_small', id, ...ask.patterns];
    case 'digest':
      return ['ask_digest', id, ask.pick?.pattern ?? '', String(ask.pick?.most ?? 0), ...ask.paths];
    case 'variables':
      return ['ask_variables', id, ...ask.names];
    case 'programs':
      return ['ask_programs', id, ...ask.names];
    case 'joined':
      return ['ask_joined', id, ask.pattern];
    case 'command':
      return ['ask_command', id, String(ask.limitSeconds), ...ask.argv];
  }
}

/** Whether an ask is a job of its own, with its own time limit. */
export function isBeside(ask: NodeAsk): boolean {
  return ask.kind === 'command' || (ask.kind === 'small' && ask.limitSeconds !== undefined);
}

/** A probe that the collector cannot carry is a mistake in Assay itself, so this throws a plain Error. */
export function checkAsk(id: string, ask: NodeAsk): void {
  const bad = (what: string): Error => new Error(`the ask ${id} ${what}`);
  if (!id.split('.').every((part) => safeId.test(part))) throw bad('has a name that is no plain word');
  const patterns = ask.kind === 'small' ? ask.patterns : ask.kind === 'joined' ? [ask.pattern] : [];
  if (!patterns.every((pattern) => safePattern.test(pattern)))
    throw bad('has a pattern with characters that the shell would read in its own way');
  if (ask.kind === 'variables' && !ask.names.every((name) => /^[A-Za-z_][A-Za-z0-9_]*\*?$/.test(name)))
    throw bad('asks for a variable whose name is none');
  if (ask.kind === 'programs' && !ask.names.every((name) => /^[A-Za-z0-9_./+-]+$/.test(name)))
    throw bad('asks for a program whose name is none');
  const limit = ask.kind === 'command' || ask.kind === 'small' ? ask.limitSeconds : undefined;
  if (isBeside(ask) && !(Number.isInteger(limit) && (limit ?? 0) > 0)) throw bad('has no time limit in whole seconds');
}

/** The parts of the collector that another script may stand on, by their names in its template; `name` is who complains. */
export function sharedParts(
  templates: Pick<CollectorTemplates, 'ground' | 'asks' | 'trials'>,
  name: string,
): { readonly ground: string; readonly asks: string } {
  const trials = renderTemplate('shell', templates.trials, { image: squashfsImage });
  return {
    ground: renderTemplate('shell', templates.ground, { complaint: `${name}: %s\\n` }),
    asks: renderTemplate('shell', templates.asks, { trials }),
  };
}

/**
 * The collector's text. How it is run stands at its head: `sh collector.sh DIRECTORY|- facts`,
 * `facts slow`, `ranks`, `files LIST TREE`. The same options give the same bytes.
 */
export function renderCollector(templates: CollectorTemplates, options: CollectorOptions): string {
  if (!/^[0-9a-f]{16,64}$/.test(options.nonce)) throw new Error('the nonce of a collector must be 16 to 64 hex digits');
  const asks = options.probes.flatMap((probe) => probe.asks.map((ask) => ({ id: askId(probe, ask), ask })));
  const ids = new Set<string>();
  for (const { id, ask } of asks) {
    if (ids.has(id)) throw new Error(`the ask ${id} is there twice`);
    ids.add(id);
    checkAsk(id, ask);
  }
  const calls = (wanted: (ask: NodeAsk) => boolean): readonly (readonly string[])[] =>
    asks.filter(({ ask }) => wanted(ask)).map(({ id, ask }) => callOf(id, ask));
  return renderTemplate('shell', templates.main, {
    nonce: options.nonce,
    root: options.root ?? '',
    ...sharedParts(templates, 'collector'),
    inline: calls((ask) => !isBeside(ask)),
    commands: calls((ask) => isBeside(ask) && !isSlow(ask)),
    slow: calls(isSlow),
    fileLimitSeconds: options.fileLimitSeconds ?? 20,
    filesLimitSeconds: options.filesLimitSeconds ?? 120,
    ranks: renderTemplate('shell', templates.ranks, {
      launchers: launcherPrograms.join(' '),
      ranksLimitSeconds: options.ranksLimitSeconds,
      libraries: renderTemplate('shell', templates.libraries, { mounts: options.mounts ?? [] }),
    }),
  });
}
