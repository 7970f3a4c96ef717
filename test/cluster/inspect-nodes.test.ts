/** Facts of real nodes with something wrong on them: it costs its own fact and no other. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { FactsDiff } from '../../src/inspect/comparison/node-diff.ts';
import type { Uniformity } from '../../src/inspect/comparison/uniformity.ts';
import type { Facts } from '../../src/inspect/facts.ts';
import { assay, home, shared, site as shipped, state, tester } from './login.ts';

const folder = mkdtempSync(join(state, 'inspect-'));
const work = join(home, `inspect-${process.pid}`);
const bin = join(work, 'bin');
const site = join(folder, 'site.yaml');
const planted = join(folder, 'planted.yaml');

const onNode2 = (...words: readonly string[]) =>
  execFileSync('cluster/cluster', ['exec', '--user', 'root', '--node', 'node2', '--', ...words], { encoding: 'utf8' });

/** Facts of the nodes, and the seconds it took. */
function inspect(nodes: number, at = site): { readonly facts: readonly Facts[]; readonly seconds: number } {
  const before = performance.now();
  const { status, stdout, stderr } = tester(assay, 'inspect', '--nodes', String(nodes), '--site', at, '--json');
  expect(status, stderr).toBe(0);
  const { nodes: facts } = JSON.parse(stdout) as { nodes: readonly Facts[] };
  return { facts, seconds: (performance.now() - before) / 1000 };
}

/** What differs between two sets of nodes, each as `node group.key`. */
function differences(left: readonly Facts[], right: readonly Facts[]): readonly string[] {
  const [a, b] = [join(folder, 'a.json'), join(folder, 'b.json')];
  for (const [path, nodes] of [
    [a, left],
    [b, right],
  ] as const)
    writeFileSync(path, JSON.stringify({ nodes }), { mode: 0o644 });
  const { nodes } = JSON.parse(tester(assay, 'diff', a, b, '--json').stdout) as FactsDiff;
  return nodes.flatMap((one) => one.differences.map(({ group, key }) => `${one.left} ${group}.${key}`));
}

/** Does something on node2 for as long as `work` takes. */
function withMount<T>(mount: readonly string[], target: string, run: () => T): T {
  onNode2('mount', ...mount, target);
  try {
    return run();
  } finally {
    onNode2('umount', target);
  }
}

let sound: readonly Facts[] = [];

beforeAll(() => {
  execFileSync('chmod', ['755', folder]);
  execFileSync('install', ['-d', '-o', 'tester', '-g', 'assay', work]);
  const text = readFileSync(shipped, 'utf8')
    .replace('~/assay/runs', join(work, 'runs'))
    .replace('~/assay/assay.db', join(work, 'assay.db'))
    .replace('../../../registry', join(shared, 'registry'));
  writeFileSync(site, text);
  writeFileSync(planted, `${text}\npath: ${bin}:/usr/local/bin:/usr/bin:/bin\n`);
  sound = inspect(4).facts;
});

afterAll(() => {
  for (const path of [folder, work]) rmSync(path, { recursive: true, force: true });
});

it('gives the facts of four nodes in one call, alike but for what is their own', () => {
  expect(sound.map(({ node }) => node)).toEqual(['node1', 'node2', 'node3', 'node4']);
  const found = JSON.parse(tester(assay, 'uniform', '--nodes', '4', '--site', site, '--json').stdout) as Uniformity;
  expect(found.deviations).toEqual([]);
  for (const { name, groups } of found.fingerprints) {
    expect(groups, name).toHaveLength(1);
    expect(groups[0]?.digest, name).toMatch(/^sha256:/);
  }
  expect(differences(sound, inspect(4).facts)).toEqual([]);
});

it('a tool that hangs for ever on every node makes its own fact unknown, and four nodes cost what one does', () => {
  mkdirSync(bin);
  writeFileSync(join(bin, 'ch-run'), '#!/bin/sh\ntrap "" TERM\nwhile :; do sleep 1000; done\n');
  chmodSync(join(bin, 'ch-run'), 0o755);
  const one = inspect(1, planted);
  const four = inspect(4, planted);
  // Longer than the tool's limit would be one node after another.
  expect(four.seconds).toBeLessThan(one.seconds + 8);
  const changed = differences(sound, four.facts);
  expect(changed).toEqual(['node1', 'node2', 'node3', 'node4'].map((name) => `${name} container.charliecloud`));
  expect(four.facts[0]?.groups.container?.charliecloud).toMatchObject({ unknown: 'timeout' });
});

it('a node that hides the processes of others, or a file, says so and tells the rest', () => {
  const hidden = withMount(['-t', 'proc', '-o', 'hidepid=invisible', 'proc'], '/proc', () => inspect(4).facts);
  expect(differences(sound, hidden).filter((name) => !/^node2 hardware\.filesystem/.test(name))).toEqual([]);
  const secret = join(folder, 'config.gz');
  writeFileSync(secret, '', { mode: 0o600 });
  const denied = withMount(['--bind', secret], '/proc/config.gz', () => inspect(4).facts);
  const kernel = denied.find(({ node }) => node === 'node2')?.groups.kernel;
  expect(kernel?.['config-digest']).toMatchObject({ unknown: 'denied' });
  expect(differences(sound, denied).filter((name) => !/^node2 kernel\.config/.test(name))).toEqual([]);
});

it.each([
  [
    'a mitigation',
    '/sys/devices/system/cpu/vulnerabilities/spectre_v2',
    'Vulnerable\n',
    /^node2 kernel\..*(spectre|mitigation)/,
  ],
  ['an option of the kernel', '/proc/cmdline', undefined, /^node2 kernel\.(command-line|option)/],
])('%s that was changed on one node is found, and named first', (_what, path, text, first) => {
  const file = join(folder, 'changed');
  writeFileSync(file, text ?? `preempt=full ${onNode2('cat', '/proc/cmdline')}`, { mode: 0o644 });
  const changed = withMount(['--bind', file], path, () => inspect(4).facts);
  const found = differences(sound, changed);
  expect(found[0]).toMatch(first);
  expect(found.filter((name) => !name.startsWith('node2 kernel.'))).toEqual([]);
  writeFileSync(join(folder, 'nodes.json'), JSON.stringify({ nodes: changed }), { mode: 0o644 });
  const report = tester(assay, 'uniform', join(folder, 'nodes.json'), '--json');
  const { deviations, fingerprints } = JSON.parse(report.stdout) as Uniformity;
  expect(deviations[0]).toMatchObject({ group: 'kernel', nodes: [{ node: 'node2' }] });
  expect(fingerprints.find(({ name }) => name === 'kernel')?.groups.map(({ nodes }) => nodes.length)).toEqual([3, 1]);
});
