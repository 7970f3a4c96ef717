/** Reads what the nodes wrote: the files of steps and of the companion, by rename, so never half. */
import { join, relative } from 'node:path';
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

/**
 * A step's end as the job script wrote it; undefined while it has not ended. Its beginning and end, in seconds since 1970,
 * are the times of the files that say so: asking `date` would cost each step two processes.
 */
export async function readStepStatus(
  system: System,
  paths: RunPaths,
  allocation: string,
  step: string,
): Promise<{ readonly exit: number; readonly began: number; readonly ended: number } | undefined> {
  const directory = paths.step(allocation, step);
  const file = join(directory, 'status');
  const status = readFields(await system.files.readTextIfThere(file));
  const exit = Number(status.exit);
  if (status.exit === undefined || !Number.isInteger(exit)) return undefined;
  const seconds = async (path: string) => ((await system.files.stat(path))?.mtimeMs ?? 0) / 1000;
  return { exit, began: await seconds(join(directory, 'begun')), ended: await seconds(file) };
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
  const files: KeptFile[] = [];
  const unread: string[] = [];
  const visit = async (path: string): Promise<void> => {
    const name = relative(paths.directory, path);
    try {
      const stat = await system.files.stat(path);
      if (stat?.isDirectory()) for (const entry of await system.files.list(path)) await visit(join(path, entry));
      else if (stat?.isFile()) files.push({ path: name, digest: await system.files.digest(path), size: stat.size });
    } catch (error) {
      // A test may take its own files' rights away; it spoils its own case alone.
      if (!hasCode(error, 'EACCES', 'EPERM', 'ENAMETOOLONG')) throw error;
      unread.push(name);
    }
  };
  await visit(directory);
  return { files, unread };
}
