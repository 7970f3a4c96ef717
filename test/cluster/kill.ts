/** Runs that are killed: start one, end it with SIGKILL at a moment of its journal, and go on with it. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const shared = '/var/lib/assay-cluster/shared';
export const assay = `${shared}/opt/assay/bin/assay`;
export const site = `${shared}/opt/assay/sites/cluster.yaml`;
export const image = 'registry:5000/assay/candidate:demo';
export const runs = `${shared}/home/tester/assay/runs`;

/** Runs a command in the cluster as the ordinary user, to its end. */
export function tester(...words: readonly string[]) {
  const answer = spawnSync('cluster/cluster', ['exec', '--user', 'tester', '--', ...words], { encoding: 'utf8' });
  return { status: answer.status, stdout: answer.stdout, stderr: answer.stderr };
}

/** What a started run is: its process, and a promise of its exit. */
export interface Started {
  readonly pid: number;
  readonly ended: Promise<number | null>;
}

/** Starts `assay` in the background; the pid is that of the program itself. */
export function start(words: readonly string[], environment: readonly string[] = []): Started {
  const variables = environment.flatMap((one) => ['--env', one]);
  const child = spawn('cluster/cluster', ['exec', '--user', 'tester', ...variables, '--', assay, ...words], {
    stdio: 'ignore',
  });
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  if (child.pid === undefined) throw new Error('nothing was started');
  return { pid: child.pid, ended };
}

/** Ids of the runs that are there. */
export function runIds(): ReadonlySet<string> {
  return new Set(existsSync(runs) ? readdirSync(runs).filter((name) => !name.startsWith('.')) : []);
}

/** The journal of a run as text; empty when there is none yet. */
export function journalOf(id: string): string {
  const path = join(runs, id, 'journal.jsonl');
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

/** Waits for the new run, then until its journal holds the text; gives its id. */
export async function waitFor(before: ReadonlySet<string>, text: string, seconds = 90): Promise<string> {
  const until = Date.now() + seconds * 1000;
  while (Date.now() < until) {
    const id = [...runIds()].find((name) => !before.has(name));
    if (id && journalOf(id).includes(text)) return id;
    await wait(2);
  }
  throw new Error(`no new run whose journal holds ${text} after ${seconds} s`);
}

/** Names of jobs in the queue that belong to a run. */
export function jobsOf(id: string): readonly string[] {
  return tester('squeue', '--noheader', '--me', '--format=%j')
    .stdout.split('\n')
    .filter((name) => name.includes(id));
}
