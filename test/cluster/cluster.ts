/** The cluster as its users see it: Assay as tester and gatekeeper, site files of a test's own, and the image of faults. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { RunRecord } from '../../src/store/run-record.ts';

const state = '/var/lib/assay-cluster';
export const shared = `${state}/shared`;
export const home = `${shared}/home/tester`;
const installed = `${shared}/opt/assay`;
const program = `${installed}/bin/assay`;

/** What a command came to. */
export interface Ended {
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command on the login node, to its end; never throws for what it does. */
export async function as(
  user: 'tester' | 'gatekeeper' | 'root',
  words: readonly string[],
  environment: readonly string[] = [],
): Promise<Ended> {
  const variables = environment.flatMap((one) => ['--env', one]);
  const argv = ['exec', '--user', user, ...variables, '--', ...words];
  const { exitCode, stdout, stderr } = await execa('cluster/cluster', argv, { reject: false, stdin: 'ignore' });
  return { status: exitCode, stdout, stderr };
}

/** `assay …` as the user who runs tests. */
export function assay(words: readonly string[], environment: readonly string[] = []): Promise<Ended> {
  return as('tester', [program, ...words], environment);
}

/** `assay …` as the user who holds the key and the blessed repository. */
export function gatekeeper(...words: readonly string[]): Promise<Ended> {
  return as('gatekeeper', [program, ...words]);
}

/** A folder of the test's own that both users see and tester may write, empty. */
export async function ownFolder(name: string): Promise<string> {
  const folder = join(home, name);
  rmSync(folder, { recursive: true, force: true });
  await as('tester', ['mkdir', '-p', folder]);
  return folder;
}

/** Changes to the shipped site file. */
export interface SiteChanges {
  readonly store?: string;
  readonly credentials?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly runtime?: string;
}

/**
 * Writes a copy of the shipped site file with runs and store in the test's folder. Images stay in the cache of the user:
 * a tree is known there by its digest, so tests with images of their own do not meet.
 */
export function siteFile(folder: string, name: string, changes: SiteChanges = {}): string {
  const credentials = changes.credentials === undefined ? '' : `\n    credentials: ${changes.credentials}`;
  const variables = Object.entries(changes.environment ?? {}).map(([key, value]) => `  ${key}: "${value}"\n`);
  const text = readFileSync(`${installed}/sites/cluster.yaml`, 'utf8')
    .replace('runs: ~/assay/runs', `runs: ${folder}/runs`)
    .replace('store: ~/assay/assay.db', `store: ${changes.store ?? `${folder}/assay.db`}`)
    .replace('ca: ../../../registry/ca.crt', `ca: ${shared}/registry/ca.crt${credentials}`)
    .replace('environment:\n', `environment:\n${variables.join('')}`)
    .replace('kind: charliecloud', `kind: ${changes.runtime ?? 'charliecloud'}`);
  return put(folder, name, text);
}

/** A policy that asks for one suite and lets a first image in. */
export function policyFile(folder: string, suite: string): string {
  const lines = [
    'policy: faults',
    'version: 1',
    'suites:',
    `  - name: ${suite}`,
    'sites: [cluster]',
    'max_age: 1d',
    'performance: { require: recorded }',
    'bootstrap: { reason: A test of the gate. }',
  ];
  return put(folder, 'policy.yaml', `${lines.join('\n')}\n`);
}

/** A suite of one test on two nodes that needs no MPI and a second. */
export function tinySuite(folder: string): string {
  const suite = join(folder, 'tiny');
  mkdirSync(suite, { recursive: true });
  const lines = [
    'suite: tiny',
    'tests:',
    '  word:',
    '    geometry: { nodes: 2, ranks: 2 }',
    '    time_limit: 30s',
    "    command: [sh, -c, 'echo value=1']",
    '    observations: { value: { parser: keyvalue, key: value, occurrence: first, unit: "1" } }',
    '    checks: { right: { kind: equals, of: value, expect: 1, why: "It is what the command prints." } }',
  ];
  put(suite, 'suite.yaml', `${lines.join('\n')}\n`);
  return suite;
}

/** Writes a file that every user may read; gives its path. */
export function put(folder: string, name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, 0o644);
  return path;
}

/**
 * An lmp that stands before the real one and does to its output or its start what ASSAY_TEST_FAULT says; without it
 * nothing. Column 4 of the thermodynamic output is the total energy.
 */
const wrapper = `#!/bin/sh
case $ASSAY_TEST_FAULT in
  no-energy) /usr/bin/lmp "$@" | awk '!($1 == "250" && NF == 5)' ;;
  energy-*)
    /usr/bin/lmp "$@" |
      awk -v by="\${ASSAY_TEST_FAULT#energy-}" '$1 == "250" && NF == 5 { $4 = sprintf("%.15g", $4 * (1 + by)) } { print }'
    ;;
  singletons)
    for name in $(env | sed -n 's/^\\(\\(PMI\\|PMIX\\|SLURM\\)[A-Za-z0-9_]*\\)=.*/\\1/p'); do unset "$name"; done
    export OMPI_MCA_ess_singleton_isolated=1
    exec /usr/bin/lmp "$@"
    ;;
  *) exec /usr/bin/lmp "$@" ;;
esac
`;

/** The demo image with that wrapper in it, pushed; the same bytes give the same digest every time. */
export async function faultImage(folder: string, repository: string): Promise<string> {
  const scratch = mkdtempSync(join(tmpdir(), 'assay-fault-'));
  try {
    writeFileSync(join(scratch, 'lmp'), wrapper);
    chmodSync(join(scratch, 'lmp'), 0o755);
    const layout = join(folder, 'layout');
    await execa('cluster/image/vary', [`${state}/images/demo`, layout, '--add', `usr/local/bin/lmp=${scratch}/lmp`]);
    const name = `registry:5000/assay/${repository}:lammps`;
    await pushLayout(layout, name);
    rmSync(layout, { recursive: true });
    return name;
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** Brings an OCI layout to a tag of the registry. */
export async function pushLayout(layout: string, name: string): Promise<void> {
  const { status, stderr } = await as('tester', [
    'skopeo',
    'copy',
    '--quiet',
    '--preserve-digests',
    `oci:${layout}`,
    `docker://${name}`,
  ]);
  if (status !== 0) throw new Error(stderr);
}

/** The digest that a name has in the registry, as skopeo tells it; undefined when there is no such name. */
export async function digestInRegistry(name: string): Promise<string | undefined> {
  const { status, stdout } = await as('gatekeeper', [
    'skopeo',
    'inspect',
    '--format',
    '{{.Digest}}',
    `docker://${name}`,
  ]);
  return status === 0 ? stdout.trim() : undefined;
}

/** The latest run in the store of a site. */
export async function latestRun(site: string): Promise<RunRecord> {
  const { status, stdout, stderr } = await assay(['show', 'latest', '--site', site, '--json']);
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as RunRecord;
}
