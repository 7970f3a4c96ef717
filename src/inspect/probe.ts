/** Probes: what is asked of a node, as data, and how the answers become facts. */
import type { Argv } from '../base/argv.ts';
import { showArgv } from '../base/argv.ts';
import type { Fact, UnknownWhy } from './facts.ts';

/**
 * One question to a node, asked by the generated collector. Paths may hold `{release}`, the running kernel's release.
 * `file`: the bytes of a file, at most 1 MiB. `lines`: the first lines that fit a POSIX extended expression.
 * `small`: the first line of every file that fits one of the shell patterns, read by grep; with a limit in
 * seconds where reading may wait for a device that never answers: such files are read beside all others.
 * `digest`: SHA-256 of the first readable of several files, unpacked if it ends in `.gz`; the content stays on the node,
 * but for the lines that fit `pick`. `variables`: environment variables of the step; a name ending in `*` stands for all
 * that begin so. `programs`: where programs are on PATH, or files at fixed places, and which run as their owner. `joined`:
 * the bytes of all files that fit a shell pattern, by one process. `command`: a program, or a trial that the collector
 * knows by name (`templates/shell/collector-trials.sh.hbs`), with a hard time limit in seconds; `shown` names it in a
 * fact's source where its words are a script; `slow` marks one that takes more than about 100 ms cold, or that costs
 * others something: it is asked by `assay inspect` and left out of runs.
 */
export type NodeAsk =
  | { readonly id: string; readonly kind: 'file'; readonly path: string }
  | {
      readonly id: string;
      readonly kind: 'lines';
      readonly path: string;
      readonly pattern: string;
      readonly most: number;
    }
  | {
      readonly id: string;
      readonly kind: 'small';
      readonly patterns: readonly string[];
      readonly limitSeconds?: number;
    }
  | {
      readonly id: string;
      readonly kind: 'digest';
      readonly paths: readonly string[];
      /** An extended expression, and how many of the lines that fit it are brought back. */
      readonly pick?: { readonly pattern: string; readonly most: number };
    }
  | { readonly id: string; readonly kind: 'variables'; readonly names: readonly string[] }
  | { readonly id: string; readonly kind: 'programs'; readonly names: readonly string[] }
  | { readonly id: string; readonly kind: 'joined'; readonly pattern: string }
  | {
      readonly id: string;
      readonly kind: 'command';
      readonly argv: Argv;
      readonly limitSeconds: number;
      readonly shown?: string;
      readonly slow?: true;
    };

/** What came back for one ask. `status` is the command's exit status (0 for anything else); `source` names the ask. */
export type NodeAnswer =
  | { readonly kind: 'content'; readonly bytes: Uint8Array; readonly status: number; readonly source: string }
  | { readonly kind: 'unknown'; readonly unknown: UnknownWhy; readonly why: string; readonly source: string };

/** The answers to one probe's asks, by the id of the ask within the probe. */
export type NodeAnswers = (id: string) => NodeAnswer;

/** Subsets of facts that are digested into a fingerprint. */
export type FingerprintName = 'kernel' | 'fabric' | 'mpi' | 'gpu';

/**
 * How a node makes a fact by its own shell, to the same byte as `read` does: a function of
 * `templates/shell/fingerprint-*.sh.hbs`, the asks whose answers it reads, then its words.
 */
export interface ShellForm {
  readonly name: string;
  readonly asks: readonly string[];
  readonly words?: readonly string[];
}

/** One row of a group of facts. */
export interface ProbeRow {
  readonly key: string;
  readonly fact: Fact;
}

/**
 * One group of facts. `read` is pure and never throws for anything a node may answer; `readSlow` gives the rows that need
 * slow asks, and is left out where those were not made: such a row is then not there, for nothing is known of it.
 * `fingerprints` says which keys are digested into which fingerprint; `forms` says how a node makes them itself, by key; `ownKeys` are those that differ between equal
 * nodes (names, boot ids), which a check of uniformity leaves out. Fingerprints hold rows of `read` alone.
 */
export interface Probe {
  readonly name: string;
  readonly asks: readonly NodeAsk[];
  readonly fingerprints: Readonly<Partial<Record<FingerprintName, readonly string[]>>>;
  readonly forms?: Readonly<Record<string, ShellForm>>;
  readonly ownKeys: readonly string[];
  /** Keys of the cluster, not of a node: only the first node of an allocation asks for them, so nodes are not compared by them. */
  readonly clusterKeys?: readonly string[];
  readonly read: (answers: NodeAnswers) => readonly ProbeRow[];
  readonly readSlow?: (answers: NodeAnswers) => readonly ProbeRow[];
}

/** Whether an ask is of the slow tier. */
export function isSlow(ask: NodeAsk): boolean {
  return ask.kind === 'command' && ask.slow === true;
}

/** Where an ask's answer comes from, as a fact's `source` shows it. */
export function sourceOf(ask: NodeAsk): string {
  switch (ask.kind) {
    case 'file':
    case 'lines':
      return ask.path;
    case 'small':
      return ask.patterns.join(' ');
    case 'digest':
      return ask.paths.join(' ');
    case 'variables':
      return 'environment';
    case 'programs':
      return 'PATH';
    case 'joined':
      return ask.pattern;
    case 'command':
      return ask.shown ?? showArgv(ask.argv);
  }
}
