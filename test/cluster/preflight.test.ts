/** What `assay preflight` foretells against what the ranks of the suite wireup then do: images × `--mpi`, and injected libraries. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PreflightResult } from '../../src/flow/preflight.ts';
import { assay, home, shared, site, state, tester } from './login.ts';

const suite = `${shared}/opt/assay/suites/wireup`;
const built = [
  'demo',
  'openmpi5',
  'openmpi41',
  'mpich5',
  'mpich43',
  'mpich4',
  'two-mpis',
  'intelmpi',
  'musl',
  'arm64',
  'old-glibc',
];
const plugins = ['pmix', 'pmi2', 'none'];
/** Layouts of images varied here, where every user may read them. */
const varied = join(home, 'preflight-layouts');
const scratch = mkdtempSync(join(tmpdir(), 'assay-preflight-'));
const layouts = new Map<string, string>();
const table: string[] = [];
let unsure = 0;

function vary(name: string, from: string, ...options: readonly string[]): void {
  layouts.set(name, join(varied, name));
  const source = layouts.get(from) ?? '';
  execFileSync('cluster/image/vary', [source, join(varied, name), ...options], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

function foretell(name: string, ...words: readonly string[]): PreflightResult {
  const answer = tester(assay, 'preflight', `oci:${layouts.get(name)}`, '--site', site, '--json', ...words);
  expect([0, 1, 4], answer.stderr).toContain(answer.status);
  const result = JSON.parse(answer.stdout) as PreflightResult;
  expect(answer.status).toBe({ ok: 0, 'will-fail': 1, 'cannot-tell': 4 }[result.outcome]);
  return result;
}

/** A file of an image with every mention of a version blotted out. */
function blotted(root: string, path: string, version: string): string {
  const bytes = readFileSync(join(root, path));
  for (let at = bytes.indexOf(version); at >= 0; at = bytes.indexOf(version, at))
    bytes.fill('x', at, at + version.length);
  const file = join(scratch, `${basename(path)}-${version}`);
  writeFileSync(file, bytes);
  chmodSync(file, 0o755);
  return file;
}

function stripped(name: string, from: string, path: string, project: string, version: string): void {
  const { root } = foretell(from);
  const metadata = execFileSync('find', [root, '-path', `*/${project}-${version}.dist-info/METADATA`], {
    encoding: 'utf8',
  });
  const removed = metadata.split('\n').flatMap((file) => (file ? ['--remove', file.slice(root.length + 1)] : []));
  vary(name, from, '--add', `${path}=${blotted(root, path, version)}`, ...removed);
}

beforeAll(() => {
  rmSync(varied, { recursive: true, force: true });
  mkdirSync(varied, { recursive: true });
  for (const name of built) {
    layouts.set(name, join(state, 'images', name));
    execFileSync('cluster/image/build', [name], { stdio: 'ignore' });
  }
  vary('mpich5-abi', 'mpich5', '--remove', 'opt/app/bin/hello');
  const fabric = ['libfabric.so.1', 'libfabric.so.1.20.0'];
  vary('intelmpi-alone', 'intelmpi', ...fabric.flatMap((name) => ['--remove', `usr/lib/x86_64-linux-gnu/${name}`]));
  vary('no-shell', 'openmpi5', '--remove', 'bin/sh');
  vary('false-name', 'demo', '--architecture', 'arm64');
  stripped('openmpi5-stripped', 'openmpi5', 'opt/openmpi/lib/libmpi.so.40', 'openmpi', '5.0.11');
  stripped('mpich43-stripped', 'mpich43', 'opt/mpich/lib/libmpi.so.12', 'mpich', '4.3.2');
}, 900_000);

afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
  rmSync(varied, { recursive: true, force: true });
  // What ch-run leaves of groups whose step was ended while they joined.
  tester('srun', '-N4', '--overlap', '-t1', 'sh', '-c', `rm -f /dev/shm/*ch-run_*-preflight-${process.pid}-*`);
  process.stdout.write(`${['image, --mpi: foretold, seen', ...table].join('\n')}\n`);
});

/** What four ranks on two nodes do with a program of the suite, started as a run starts it. */
function started(name: string, plugin: string, { image, root }: PreflightResult): { outcome: string; said: string } {
  const abi = 'abi' in image.mpi ? image.mpi.abi : 'libmpi.so.40';
  const path = 'abi' in image.mpi ? image.mpi.libraryPath : [];
  // MPICH 4.0 over UCX often hangs in MPI_Finalize on more than one node, which is none of preflight's.
  const [nodes, ranks] = name === 'mpich4' ? [1, 2] : [2, 4];
  const environment = [
    'PMIX_MCA_gds=hash',
    'OMPI_MCA_btl_vader_single_copy_mechanism=none',
    'OMPI_MCA_mpi_preconnect_mpi=1',
  ];
  const { status, stdout, stderr } = tester(
    ...['timeout', '150', 'srun', `-N${nodes}`, `-n${ranks}`, '-t3', `--mpi=${plugin}`],
    `--export=ALL,ASSAY_NONCE=preflight,${environment.join()}`,
    // By its own name for the step, ch-run joins what an aborted step of another job left behind on the node.
    ...['ch-run', '--join', `--join-tag=preflight-${process.pid}-${table.length}`, `--bind=${suite}:/mnt/suite`],
    ...(path.length > 0 ? [`--set-env=LD_LIBRARY_PATH=${path.join(':')}`] : []),
    ...[root, '--', `/mnt/suite/bin/${image.architecture}/wireup.${abi}`],
  );
  const sizes = [...stdout.matchAll(/^wireup_size\W+(\d+)/gm)].map((match) => Number(match[1]));
  const said = `status ${status}\n${stdout}${stderr}`;
  if (status !== 0) return { outcome: 'aborts', said };
  if (sizes.length === 1 && sizes[0] === ranks) return { outcome: 'starts', said };
  const alone = sizes.length === ranks && sizes.every((size) => size === 1);
  return { outcome: alone ? 'singletons' : 'neither', said };
}

function note(what: string, foretold: string, seen: string): void {
  if (foretold === 'unknown') unsure += 1;
  const verdict = foretold === 'unknown' ? 'cannot tell' : foretold === seen ? 'right' : 'WRONG';
  table.push(`${what.padEnd(34)} ${foretold.padEnd(11)} ${seen.padEnd(11)} ${verdict}`);
}

const names = [
  ...built.filter((name) => name !== 'old-glibc'),
  ...['mpich5-abi', 'intelmpi-alone', 'no-shell', 'false-name', 'openmpi5-stripped', 'mpich43-stripped'],
];

describe('the prophecy comes true', () => {
  const points = names.flatMap((name) => plugins.map((plugin) => [name, plugin] as const));

  it.each(points)('%s under --mpi=%s', (name, plugin) => {
    const foretold = foretell(name, '--suite', 'wireup', '--mpi', plugin);
    const seen = started(name, plugin, foretold);
    note(`${name} ${plugin}`, foretold.start, seen.outcome);
    if (foretold.start !== 'unknown') expect(seen.outcome, seen.said).toBe(foretold.start);
  });

  it.each([
    ['old-glibc', '/usr/lib/x86_64-linux-gnu/libstdc++.so.6'],
    ['demo', '/usr/lib/x86_64-linux-gnu/libstdc++.so.6'],
    ['musl', '/usr/lib/x86_64-linux-gnu/libstdc++.so.6'],
    ['old-glibc', '/usr/lib/x86_64-linux-gnu/libz.so.1'],
  ])("%s with the host's %s", (name, library) => {
    const foretold = foretell(name, '--ranks', '1', '--inject', library);
    const inside = name === 'musl' ? '/opt/app/bin/alone' : '/bin/sh';
    const { status, stdout, stderr } = tester(
      ...['timeout', '60', 'srun', '-n1', '-t2', 'ch-run', '--bind=/usr/lib/x86_64-linux-gnu:/mnt/suite'],
      `--set-env=LD_PRELOAD=/mnt/suite/${basename(library)}`,
      ...[foretold.root, '--', inside, ...(inside === '/bin/sh' ? ['-c', 'echo started'] : [])],
    );
    const seen = status === 0 ? 'starts' : 'aborts';
    note(`${name} + ${basename(library)}`, foretold.start, seen);
    expect(seen, `${stdout}${stderr}`).toBe(foretold.start);
  });

  it('is certain but for two at most', () => {
    expect(table.length).toBe(points.length + 4);
    expect(unsure).toBeLessThanOrEqual(2);
  });
});

describe('run', () => {
  it('refuses what will fail, and with --despite-preflight runs it and says so', () => {
    const words = [
      'run',
      'wireup',
      '--image',
      `oci:${layouts.get('openmpi5')}`,
      '--site',
      site,
      '--mpi',
      'none',
      '--fresh',
    ];
    const refused = tester(assay, ...words);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain('PREFLIGHT_REFUSED');
    expect(refused.stderr).toContain('--despite-preflight');
    const ran = tester(assay, ...words, '--despite-preflight');
    expect(ran.stderr).toContain('warning: running despite preflight');
    expect(ran.status).toBe(1);
  });

  it('leaves nothing on the nodes that would stop the next run when its ranks abort', () => {
    const words = ['run', 'wireup', '--image', `oci:${layouts.get('demo')}`, '--site', site, '--fresh'];
    for (let round = 0; round < 3; round += 1)
      expect(tester(assay, ...words, '--mpi', 'none', '--despite-preflight').status).toBe(1);
    const sound = tester(assay, ...words);
    expect(sound.status, sound.stdout).toBe(0);
  });
});
