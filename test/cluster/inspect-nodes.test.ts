/** Facts of real nodes with something wrong on them: it costs its own fact and no other. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Uniformity } from '../../src/inspect/comparison/uniformity.ts';
import type { Facts } from '../../src/inspect/facts.ts';
import { differences as differencesIn, inspectNodes, place, withMount } from './inspected.ts';
import { assay, tester } from './login.ts';

const { folder, work, site, remove } = place('inspect');
const bin = join(work, 'bin');
const planted = join(folder, 'planted.yaml');

const inspect = (nodes: number, at = site) => inspectNodes(nodes, at);
const differences = (left: readonly Facts[], right: readonly Facts[]) => differencesIn(folder, left, right);

let sound: readonly Facts[] = [];

beforeAll(() => {
  writeFileSync(planted, `${readFileSync(site, 'utf8')}\npath: ${bin}:/usr/local/bin:/usr/bin:/bin\n`);
  sound = inspect(4).facts;
});

afterAll(remove);

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
  const hidden = withMount('node2', ['-t', 'proc', '-o', 'hidepid=invisible', 'proc'], '/proc', () => inspect(4).facts);
  expect(differences(sound, hidden).filter((name) => !/^node2 hardware\.filesystem/.test(name))).toEqual([]);
  const secret = join(folder, 'config.gz');
  writeFileSync(secret, '', { mode: 0o600 });
  const denied = withMount('node2', ['--bind', secret], '/proc/config.gz', () => inspect(4).facts);
  const kernel = denied.find(({ node }) => node === 'node2')?.groups.kernel;
  expect(kernel?.['config-digest']).toMatchObject({ unknown: 'denied' });
  expect(differences(sound, denied)).toEqual(['node2 kernel.config-digest', 'node2 kernel.config-source']);
});
