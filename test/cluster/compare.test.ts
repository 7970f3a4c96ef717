/** Why two runs differ, on the real nodes: nothing changed, or exactly one thing, or another image. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Comparison } from '../../src/compare/compare.ts';
import { as, assay, home, push, shared, site as shipped, state, tester } from './login.ts';

const folder = mkdtempSync(join(state, 'compare-'));
const work = join(home, `compare-${process.pid}`);
const site = join(folder, 'site.yaml');
const suite = join(folder, 'speed');
const layout = join(folder, 'layout');
const repository = `registry:5000/assay/candidate-compare-${process.pid}`;

const onNode2 = (...words: readonly string[]) =>
  execFileSync('cluster/cluster', ['exec', '--user', 'root', '--node', 'node2', '--', ...words], { encoding: 'utf8' });

/** An image that says how fast it is, with one Python package of this version. */
function publish(version: string, speed: number): void {
  const made = join(folder, version);
  mkdirSync(join(made, 'solver.dist-info'), { recursive: true });
  writeFileSync(join(made, 'speed'), `rate=${speed}\n`);
  writeFileSync(join(made, 'solver.dist-info/METADATA'), `Metadata-Version: 2.1\nName: solver\nVersion: ${version}\n`);
  const insert = (from: string, image: string, to: string) =>
    execFileSync('umoci', ['insert', '--image', `${layout}:${image}`, '--tag', version, join(made, from), to], {
      stdio: 'ignore',
    });
  insert('speed', 'demo', '/etc/speed');
  insert('solver.dist-info', version, `/usr/lib/python3/dist-packages/solver-${version}.dist-info`);
  execFileSync('chmod', ['-R', 'a+rX', layout]);
  push(`${layout}:${version}`, `${repository}:${version}`);
}

/** Runs the suite and gives the run's id. */
function run(version = '1.0', at = site): string {
  const ended = tester(
    ...[assay, 'run', suite, '--image', `${repository}:${version}`, '--site', at, '--fresh', '--json'],
  );
  if (ended.status !== 0) throw new Error(ended.stderr);
  return (JSON.parse(ended.stdout) as { run: { id: string } }).run.id;
}

function compare(left: string, right: string): Comparison {
  const { stdout, stderr } = tester(assay, 'compare', left, right, '--site', site, '--json');
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as Comparison;
}

/** The causes of a difference as kind and name. */
const namesOf = ({ causes }: Comparison) => causes.map((cause) => `${cause.kind} ${cause.name}`);

let base = '';

beforeAll(() => {
  execFileSync('chmod', ['755', folder]);
  execFileSync('install', ['-d', '-o', 'tester', '-g', 'assay', work]);
  const text = readFileSync(shipped, 'utf8')
    .replace('~/assay/runs', join(work, 'runs'))
    .replace('~/assay/assay.db', join(work, 'assay.db'))
    .replace('../../../registry', join(shared, 'registry'));
  writeFileSync(site, text);
  mkdirSync(suite);
  writeFileSync(
    join(suite, 'suite.yaml'),
    `suite: speed
tests:
  told:
    geometry: { nodes: 2, ranks: 2 }
    time_limit: 1min
    command: [cat, /etc/speed]
    observations: { rate: { parser: keyvalue, key: rate, unit: MB/s, better: higher } }
    checks: { told: { kind: range, of: rate, min: 1, why: It says how fast it is. } }
    performance: [rate]
`,
  );
  cpSync(join(state, 'images/demo'), layout, { recursive: true });
  publish('1.0', 100);
  publish('2.0', 50);
  base = run();
});

afterAll(() => {
  for (const path of [folder, work]) rmSync(path, { recursive: true, force: true });
});

describe('compare', () => {
  it('finds nothing between two runs of one image on one kernel, and says how much is equal', () => {
    const found = compare(base, run());
    expect(namesOf(found)).toEqual([]);
    expect(found.verdict).toBe('nothing differs in causes');
    expect(found.counts.equal).toBeGreaterThan(200);
    expect(found.effects).toEqual([]);
    expect(found.equalEffects).toBeGreaterThan(0);
  });

  it('ranks the one kernel fact first that was changed on one node', () => {
    const line = join(folder, 'cmdline');
    // In front: what stands behind a `--` is for init, not for the kernel.
    writeFileSync(line, `mitigations=off ${onNode2('cat', '/proc/cmdline')}`);
    onNode2('mount', '--bind', line, '/proc/cmdline');
    let other: string;
    try {
      other = run();
    } finally {
      onNode2('umount', '/proc/cmdline');
    }
    const found = compare(base, other);
    // The command line as a whole and the option in it: one thing, told twice.
    expect(namesOf(found)[0]).toMatch(/^kernel kernel\.(command-line|option)/);
    expect(found.causes.every(({ kind, where }) => kind === 'kernel' && where.join() === 'node2')).toBe(true);
    expect(found.causes.find(({ name }) => name === 'kernel.command-line')?.right).toContain('mitigations=off');
  });

  it('ranks an MPI setting of the site first', () => {
    const changed = join(folder, 'changed.yaml');
    const yields = 'OMPI_MCA_mpi_yield_when_idle: "1"';
    writeFileSync(changed, readFileSync(site, 'utf8').replace(yields, yields.replace('1', '0')));
    const found = compare(base, run('1.0', changed));
    expect(namesOf(found)[0]).toBe('environment OMPI_MCA_mpi_yield_when_idle');
    expect(found.causes[0]).toMatchObject({ left: '1', right: '0' });
  });

  it('ranks the node list first when another node took part', () => {
    as('root', 'scontrol', 'update', 'nodename=node1', 'state=drain', 'reason=compare');
    let other: string;
    try {
      other = run();
    } finally {
      as('root', 'scontrol', 'update', 'nodename=node1', 'state=resume');
    }
    const found = compare(base, other);
    expect(namesOf(found)[0]).toMatch(/^\S+ nodes$/);
    expect(found.causes[0]?.left).toContain('node1');
    expect(found.causes[0]?.right).not.toContain('node1');
  });

  it('names of two images the layer, the package and the metric that moved', () => {
    const other = run('2.0');
    const found = compare(base, other);
    const names = namesOf(found);
    expect(names[0]).toMatch(/^image /);
    expect(names.some((name) => name.startsWith('layer '))).toBe(true);
    expect(found.causes).toContainEqual(
      expect.objectContaining({ kind: 'package', name: expect.stringContaining('solver'), left: '1.0', right: '2.0' }),
    );
    expect(found.effects).toContainEqual(expect.objectContaining({ kind: 'metric', name: 'rate', changePercent: -50 }));
    // GitLab pairs the tests of two pipelines by these names: the image must not be in them.
    const junit = (id: string) => readFileSync(join(work, 'runs', id, 'results/junit.xml'), 'utf8');
    const tests = (id: string) =>
      junit(id)
        .match(/<testcase [^>]*?name="[^"]*"/g)
        ?.map((text) => text.replace(/ time="[^"]*"/, ''));
    expect(tests(base)).toHaveLength(1);
    expect(tests(other)).toEqual(tests(base));
  });
});
