/** The cluster as its users see it: commands on its login node, and where things lie. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The cluster's folder, and what every node of it sees. */
export const state = '/var/lib/assay-cluster';
export const shared = `${state}/shared`;
/** Assay as it is installed there, and the site that describes the cluster. */
export const assay = `${shared}/opt/assay/bin/assay`;
export const site = `${shared}/opt/assay/sites/cluster.yaml`;
export const policy = `${shared}/opt/assay/sites/policy-demo.yaml`;
/** The demo image. */
export const image = 'registry:5000/assay/candidate:demo';
/** Home of the user who runs tests, and the runs there. */
export const home = `${shared}/home/tester`;
export const runs = `${home}/assay/runs`;

/** What a command came to. */
export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command on the login node as a user, to its end. */
export function as(user: 'tester' | 'gatekeeper' | 'root', ...words: readonly string[]): Ended {
  const { status, stdout, stderr } = spawnSync('cluster/cluster', ['exec', '--user', user, '--', ...words], {
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  return { status, stdout, stderr };
}

/** Runs a command as the ordinary user who runs tests. */
export function tester(...words: readonly string[]): Ended {
  return as('tester', ...words);
}

/** Runs a command as the user who holds the key and may write the blessed repository. */
export function gatekeeper(...words: readonly string[]): Ended {
  return as('gatekeeper', ...words);
}

/** Copies an OCI layout to a tag of the registry, digests kept; throws what skopeo says. */
export function push(layout: string, name: string): void {
  const { status, stderr } = tester(
    'skopeo',
    'copy',
    '--quiet',
    '--preserve-digests',
    `oci:${layout}`,
    `docker://${name}`,
  );
  if (status !== 0) throw new Error(`${name}: ${stderr}`);
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

/** Names of jobs in the queue that belong to a run. */
export function jobsOf(id: string): readonly string[] {
  return tester('squeue', '--noheader', '--me', '--format=%j')
    .stdout.split('\n')
    .filter((name) => name.includes(id));
}
