/** Facts of the real nodes, and what `assay diff` and `assay uniform` say of them; something changed on a node meanwhile. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { FactsDiff } from '../../src/inspect/comparison/node-diff.ts';
import type { Uniformity } from '../../src/inspect/comparison/uniformity.ts';
import type { Facts } from '../../src/inspect/facts.ts';
import { assay, home, shared, site as shipped, state, tester } from './login.ts';

/** A place of its own for one file of tests: a folder that every node sees, and a site that keeps its runs apart. */
export interface Place {
  readonly folder: string;
  /** In the home of the user who runs tests. */
  readonly work: string;
  readonly site: string;
  readonly remove: () => void;
}

/** Makes a place. */
export function place(name: string): Place {
  const folder = mkdtempSync(join(state, `${name}-`));
  const work = join(home, `${name}-${process.pid}`);
  const site = join(folder, 'site.yaml');
  execFileSync('chmod', ['755', folder]);
  execFileSync('install', ['-d', '-o', 'tester', '-g', 'assay', work]);
  const text = readFileSync(shipped, 'utf8')
    .replace('~/assay/runs', join(work, 'runs'))
    .replace('~/assay/assay.db', join(work, 'assay.db'))
    .replace('../../../registry', join(shared, 'registry'));
  writeFileSync(site, text);
  const remove = () => {
    for (const path of [folder, work]) rmSync(path, { recursive: true, force: true });
  };
  return { folder, work, site, remove };
}

/** Runs a command as root on a node; its output. */
export function onNode(node: string, ...words: readonly string[]): string {
  return execFileSync('cluster/cluster', ['exec', '--user', 'root', '--node', node, '--', ...words], {
    encoding: 'utf8',
  });
}

/** Mounts on a node for as long as `run` takes: words of mount(8), and where. */
export function withMount<T>(node: string, mount: readonly string[], target: string, run: () => T): T {
  onNode(node, 'mount', ...mount, target);
  try {
    return run();
  } finally {
    onNode(node, 'umount', target);
  }
}

/** Facts of so many nodes, in one call, and the seconds it took. */
export function inspectNodes(
  nodes: number,
  site: string,
): { readonly facts: readonly Facts[]; readonly seconds: number } {
  const before = performance.now();
  const { status, stdout, stderr } = tester(assay, 'inspect', '--nodes', String(nodes), '--site', site, '--json');
  expect(status, stderr).toBe(0);
  const { nodes: facts } = JSON.parse(stdout) as { nodes: readonly Facts[] };
  return { facts, seconds: (performance.now() - before) / 1000 };
}

function fileOf(folder: string, name: string, nodes: readonly Facts[]): string {
  const path = join(folder, `${name}.json`);
  writeFileSync(path, JSON.stringify({ nodes }), { mode: 0o644 });
  return path;
}

/** What differs between two sets of nodes, each as `node group.key`, as `assay diff` orders it. */
export function differences(folder: string, left: readonly Facts[], right: readonly Facts[]): readonly string[] {
  const files = [fileOf(folder, 'a', left), fileOf(folder, 'b', right)];
  const { nodes } = JSON.parse(tester(assay, 'diff', ...files, '--json').stdout) as FactsDiff;
  return nodes.flatMap((one) => one.differences.map(({ group, key }) => `${one.left} ${group}.${key}`));
}

/** Whether nodes are alike, as `assay uniform` says of a file of their facts. */
export function uniformityOfFile(folder: string, nodes: readonly Facts[]): Uniformity {
  return JSON.parse(tester(assay, 'uniform', fileOf(folder, 'nodes', nodes), '--json').stdout) as Uniformity;
}
