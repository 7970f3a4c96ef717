/** Runs that are killed: start one, and wait for the moment of its journal at which to end it. */
import { spawn } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { assay, journalOf, runIds } from './login.ts';

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
