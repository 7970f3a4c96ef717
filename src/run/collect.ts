/** Reads what the nodes wrote: the files of steps and of the companion, and nothing that is half written. */
import type { Dirent } from 'node:fs';
import { join, relative } from 'node:path';
import type { FileLook, WantedLook } from '../system/file-look.ts';
import { hasCode } from '../system/files.ts';
import type { System } from '../system/system.ts';
import type { KeptFile } from './event.ts';
import type { RunPaths } from './run.ts';

/** `key=value` lines, as the job script writes them. */
function readFields(text: string | undefined): Readonly<Record<string, string>> {
  const fields: Record<string, string> = {};
  for (const line of (text ?? '').split('\n')) {
    const at = line.indexOf('=');
    if (at > 0) fields[line.slice(0, at)] = line.slice(at + 1);
  }
  return fields;
}

/** How a step ended and what it left. Times are in seconds since 1970. */
export interface EndedStep extends KeptFiles {
  /** srun could not start it, or lost nodes under it: the nodes that it names. */
  readonly lost?: readonly string[];
  readonly exit: number;
  readonly began: number;
  readonly ended: number;
}

/**
 * A step's end as the job script wrote it, with its files; undefined while it has not ended. Its beginning and end are the
 * times of the files that say so: asking `date` would cost each step two processes.
 */
export async function readStep(
  system: System,
  paths: RunPaths,
  allocation: string,
  step: string,
): Promise<EndedStep | undefined> {
  const directory = paths.step(allocation, step);
  const text = await system.files.readTextIfThere(join(directory, 'status'));
  const exit = Number(/^exit=(\d+)\n$/.exec(text ?? '')?.[1] ?? Number.NaN);
  if (Number.isNaN(exit)) return undefined;
  const { looks, unread } = await lookBelow(system, directory);
  const seconds = (name: string) => (looks.find(({ path }) => path === join(directory, name))?.modified ?? 0) / 1000;
  const spoke = looks.some(({ path, size }) => path === join(directory, 'stderr') && size > 0);
  const lost = spoke ? await lostNodes(system, join(directory, 'stderr')) : undefined;
  return {
    ...{ exit, began: seconds('begun'), ended: seconds('status'), ...kept(paths, looks, unread) },
    ...(lost && { lost }),
  };
}

/** Bytes of the end of a standard error in which srun's own last words are looked for. */
const lastWords = 16 * 1024;

/**
 * The nodes that srun could not start a step on, or that failed under it, by its own words; undefined when it says no such
 * thing. Its status does not tell: it is 0 when the ranks of the other nodes ended well, and 233, the low byte of an error
 * number, when a node does not answer.
 */
async function lostNodes(system: System, path: string): Promise<readonly string[] | undefined> {
  try {
    const size = (await system.files.stat(path))?.size ?? 0;
    const bytes = await system.files.readRange(path, Math.max(0, size - lastWords), lastWords);
    const text = Buffer.from(bytes).toString('utf8');
    if (!/srun: error: (Application launch failed: |Node failure on )/.test(text)) return undefined;
    const named = text.matchAll(/srun: error: (?:Task launch for \S+ failed on node|Node failure on) ([^\s:]+)/g);
    return [...new Set([...named].map(([, node = '']) => node))];
  } catch (error) {
    if (hasCode(error, ...refusals, 'ENOENT', 'EFTYPE')) return undefined;
    throw error;
  }
}

/** Names of steps that have ended, as the job script listed them; a hint where to look, never a proof. */
export async function endedSteps(system: System, paths: RunPaths, allocation: string): Promise<ReadonlySet<string>> {
  const text = await system.files.readTextIfThere(join(paths.allocation(allocation), 'steps.ended'));
  return new Set((text ?? '').split('\n'));
}

/** What the job script said when it started: its job (empty without a scheduler), nodes and restarts. */
export async function readStarted(
  system: System,
  paths: RunPaths,
  allocation: string,
): Promise<{ readonly job: string; readonly nodes: string; readonly restarts: string } | undefined> {
  const fields = readFields(await system.files.readTextIfThere(join(paths.allocation(allocation), 'started')));
  const { key, job = '', nodes = '', restarts = '0' } = fields;
  return key ? { job, nodes, restarts } : undefined;
}

/** True when the job script came to its end. */
export async function hasEnded(system: System, paths: RunPaths, allocation: string): Promise<boolean> {
  return (await system.files.stat(join(paths.allocation(allocation), 'ended'))) !== undefined;
}

/** What was found below a directory, by path from the run directory. */
export interface KeptFiles {
  readonly files: readonly KeptFile[];
  /** Files and folders that cannot be read. */
  readonly unread: readonly string[];
}

/** Every file below a directory (symbolic links and others left out) with digest and size, by path. */
export async function keepFiles(system: System, paths: RunPaths, directory: string): Promise<KeptFiles> {
  const { looks, unread } = await lookBelow(system, directory);
  return kept(paths, looks, unread);
}

/** A test may take its own files' rights away; it spoils its own case alone. */
const refusals = ['EACCES', 'EPERM', 'ENAMETOOLONG', 'EFBIG'];

async function lookBelow(
  system: System,
  directory: string,
): Promise<{ readonly looks: readonly FileLook[]; readonly unread: readonly string[] }> {
  const unread: string[] = [];
  async function* filesIn(folder: string): AsyncGenerator<WantedLook> {
    let entries: readonly Dirent[] = [];
    try {
      entries = await system.files.entries(folder);
    } catch (error) {
      // What is gone since it was listed was no result.
      if (hasCode(error, ...refusals)) unread.push(folder);
      else if (!hasCode(error, 'ENOENT', 'ENOTDIR')) throw error;
    }
    for (const entry of entries) {
      const path = join(folder, entry.name);
      // A name that is not UTF-8 cannot be written down, nor found again.
      if (entry.name.includes('\ufffd')) unread.push(path);
      else if (entry.isDirectory()) yield* filesIn(path);
      else yield { path };
    }
  }
  const looks: FileLook[] = [];
  for await (const look of system.files.look(filesIn(directory))) {
    if (look.kind === 'file') looks.push(look);
    if (look.kind !== 'unread' || look.code === 'ENOENT' || look.code === 'ELOOP') continue;
    if (!refusals.includes(look.code ?? '')) throw Object.assign(new Error(look.message), { code: look.code });
    unread.push(look.path);
  }
  return { looks, unread };
}

function kept(paths: RunPaths, looks: readonly FileLook[], unread: readonly string[]): KeptFiles {
  const files = looks.map(({ path, sha256, size }): KeptFile => {
    return { path: relative(paths.directory, path), digest: `sha256:${sha256}`, size };
  });
  return {
    files: files.sort((a, b) => (a.path < b.path ? -1 : 1)),
    unread: unread.map((path) => relative(paths.directory, path)).sort(),
  };
}
