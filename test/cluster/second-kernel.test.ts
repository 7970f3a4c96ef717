/** Two real kernels told apart, and one kernel told from itself: started otherwise, with other modules. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { FactsDiff } from '../../src/inspect/comparison/node-diff.ts';
import type { Uniformity } from '../../src/inspect/comparison/uniformity.ts';
import type { Facts } from '../../src/inspect/facts.ts';
import { type Fingerprint, fingerprintOf } from '../../src/inspect/fingerprint.ts';
import { probes } from '../../src/inspect/probes/index.ts';
import { type Boot, type SecondKernel, secondKernel } from './user-mode-linux.ts';

const assay = (...words: readonly string[]) =>
  spawnSync(process.execPath, ['dist/cli/main.js', ...words], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
let kernel: SecondKernel;
let plain: Facts;
/** The configuration, which this kernel keeps in a module, and one that only is there. */
let usual: readonly string[];

const boot = (more: Boot = {}) =>
  kernel.boot({ modules: [...usual, ...(more.modules ?? [])], options: more.options ?? [] });
const print = (facts: Facts): Fingerprint => fingerprintOf('kernel', facts, probes);
const digest = (facts: Facts) => {
  const found = print(facts);
  return 'digest' in found ? found.digest : found.why;
};

/** A file of the facts of some nodes. */
function fileOf(name: string, ...nodes: readonly Facts[]): string {
  const path = join(kernel.folder, `${name}.json`);
  writeFileSync(path, JSON.stringify({ nodes }));
  return path;
}

/** What `assay diff` shows, in its order. */
function differences(left: Facts, right: Facts): readonly string[] {
  const { nodes } = JSON.parse(assay('diff', fileOf('a', left), fileOf('b', right), '--json').stdout) as FactsDiff;
  return nodes.flatMap((one) => one.differences.map(({ group, key }) => `${group}.${key}`));
}

beforeAll(() => {
  kernel = secondKernel(assay('inspect', '--script').stdout);
  usual = [kernel.module('configs'), kernel.module('bfq')];
  plain = boot();
});

afterAll(() => {
  const left = spawnSync('pgrep', ['-f', kernel.folder], { encoding: 'utf8' }).stdout;
  kernel.remove();
  expect(left).toBe('');
});

it('two kernels are told apart: which they are comes first, then how they were started and built', () => {
  const host = kernel.host();
  expect(digest(host)).toMatch(/^sha256:/);
  expect(digest(plain)).toMatch(/^sha256:/);
  expect(digest(plain)).not.toBe(digest(host));
  expect(plain.groups.kernel?.release).toMatchObject({ value: expect.stringMatching(/^\d+\.\d+/) });
  expect(plain.groups.hardware?.virtualisation).toMatchObject({ value: 'uml' });
  const found = differences(host, plain);
  expect(found.slice(0, 3)).toEqual(['kernel.release', 'kernel.version', 'kernel.build-id']);
  // In this order, each kind behind the one before: options at boot, options when built, flaws, the wholes, modules, the rest.
  const kinds = [
    /^kernel\.command-line\./,
    /^kernel\.config\./,
    /^kernel\.vulnerability\./,
    /^kernel\.config-digest$/,
    /^modules\.@built-in$/,
    /^kernel\.clock-source$/,
    /^hardware\./,
  ];
  const places = kinds.map((kind) => found.findIndex((name) => kind.test(name)));
  expect(places).not.toContain(-1);
  expect(places).toEqual([...places].sort((a, b) => a - b));
});

it('a second boot of one kernel is the same kernel, and nothing is shown', () => {
  const again = boot();
  expect(digest(again)).toBe(digest(plain));
  expect(differences(plain, again)).toEqual([]);
  const shown = assay('diff', fileOf('a', plain), fileOf('b', again));
  expect(shown).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^uml: nothing differs, .* hidden \(--all\)/),
  });
  expect(assay('diff', join(kernel.folder, 'a.json'), join(kernel.folder, 'b.json'), '--all').stdout).toContain(
    'kernel.boot-id',
  );
});

it('options that only name the node or dress up the boot make no other kernel', () => {
  const options = ['quiet', 'loglevel=3', 'BOOTIF=01-52-54-00-12-34-56', 'NODE=cn07', 'XCAT=10.1.0.1:3001'];
  const dressed = boot({ options });
  expect(dressed.groups.kernel?.['command-line-volatile']).toMatchObject({ value: expect.stringContaining('NODE') });
  expect(digest(dressed)).toBe(digest(plain));
  expect(differences(plain, dressed)).toEqual([]);
});

it('an option that matters does, and comes first', () => {
  const changed = boot({ options: ['init_on_alloc=1'] });
  expect(digest(changed)).not.toBe(digest(plain));
  expect(differences(plain, changed)).toEqual(['kernel.command-line.init_on_alloc', 'kernel.command-line']);
});

it('one more module that came with the kernel is named, and is no other kernel', () => {
  const more = boot({ modules: [kernel.module('echo')] });
  expect(digest(more)).toBe(digest(plain));
  expect(differences(plain, more)).toEqual(['modules.echo']);
});

// Debian has no sources to build one for this kernel: it is one of its own, with the mark taken off that it is.
it('a module of another origin makes another kernel, and so does another version of it', () => {
  const rds = (version: string) => ({
    modules: [kernel.changed('rds', { 'intree=Y': 'xntree=Y', 'version=4.0': `version=${version}` })],
  });
  const foreign = boot(rds('4.0'));
  expect(digest(foreign)).not.toBe(digest(plain));
  expect(differences(plain, foreign)).toEqual(['modules.@out-of-tree', 'kernel.taint', 'modules.rds']);
  const newer = boot(rds('4.1'));
  expect(new Set([plain, foreign, newer].map(digest)).size).toBe(3);
  expect(differences(foreign, newer)).toEqual(['modules.@out-of-tree', 'modules.rds']);

  const nodes = [foreign, foreign, newer].map((facts, i) => ({ ...facts, node: `n${i + 1}` }));
  const report = assay('uniform', fileOf('nodes', ...nodes), '--json').stdout;
  const { deviations, fingerprints } = JSON.parse(report) as Uniformity;
  expect(deviations[0]).toMatchObject({ group: 'modules', key: '@out-of-tree', nodes: [{ node: 'n3' }] });
  expect(fingerprints.find(({ name }) => name === 'kernel')?.groups.map(({ nodes: of }) => of)).toEqual([
    ['n1', 'n2'],
    ['n3'],
  ]);
});

it('a kernel whose configuration is nowhere has no fingerprint, and says why', () => {
  const bare = kernel.boot();
  expect(print(bare)).toMatchObject({ unknown: 'absent', why: expect.stringContaining('kernel.config-digest') });
  expect(differences(plain, bare)[0]).toBe('kernel.config-digest');
});
