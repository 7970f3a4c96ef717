import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { loadCollectorTemplates, renderCollector } from '../../src/inspect/collector.ts';
import type { Fact } from '../../src/inspect/facts.ts';
import { fabric } from '../../src/inspect/probes/fabric/fabric.ts';
import { hardware } from '../../src/inspect/probes/hardware/hardware.ts';
import { processorModel } from '../../src/inspect/probes/hardware/processor.ts';
import { splitCommandLine } from '../../src/inspect/probes/kernel/command-line.ts';
import { moduleNames } from '../../src/inspect/probes/modules/module-list.ts';
import { mpiPlugins } from '../../src/inspect/probes/mpi/slurm.ts';
import { readFacts } from '../../src/inspect/read-collected.ts';
import { processExec } from '../../src/system/exec.ts';
import { realFiles } from '../../src/system/files.ts';

const captures = fileURLToPath(new URL('../../../shared/captures', import.meta.url));
const text = (path: string): string => readFileSync(join(captures, path), 'utf8');
const there = existsSync(captures);
const listed = (folder: string): string[] => (there ? readdirSync(join(captures, folder)) : []);
const nonce = 'c0ffee00c0ffee00c0ffee00c0ffee00';
const root = mkdtempSync(join(tmpdir(), 'assay-captures-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Facts the generated collector reads where a captured tree stands for the node's own. */
async function collected(place: string, tree: string, probe: typeof fabric): Promise<Readonly<Record<string, Fact>>> {
  const node = mkdtempSync(join(root, 'node-'));
  mkdirSync(join(node, place, '..'), { recursive: true });
  mkdirSync(join(node, 'sys/class/net'), { recursive: true });
  symlinkSync(join(captures, tree), join(node, place));
  const probes = [probe];
  const script = renderCollector(await loadCollectorTemplates(realFiles), {
    nonce,
    probes,
    ranksLimitSeconds: 1,
    root: node,
  });
  const environment = { PATH: process.env.PATH ?? '' };
  const answer = await processExec(['dash', '-s', '--', '-', 'facts'], {
    environment,
    limitSeconds: 30,
    input: script,
  });
  return readFacts(answer.stdout, { nonce, probes }).groups[probe.name] ?? {};
}

const value = (fact: Fact | undefined): string => (fact && 'value' in fact ? fact.value : `?${fact?.why ?? 'no row'}`);

describe.skipIf(!there)('captured sysfs trees through the collector', () => {
  test('an H100 node with eight adapters and a bond', async () => {
    const facts = await collected('sys/class/infiniband', 'sys-class-infiniband/gpud-h100', fabric);
    const names = readdirSync(join(captures, 'sys-class-infiniband/gpud-h100'));
    expect(names.every((name) => value(facts[name]).startsWith('type '))).toBe(true);
    expect(value(facts.infiniband)).toMatch(/^\d+ x /);
    expect(value(facts.mlx5_bond_0)).toContain('Ethernet');
  });
  test('a board’s names', async () => {
    const facts = await collected('sys/class/dmi/id', 'sys-class-dmi/hwloc-dell-r630', hardware);
    expect(value(facts['sys-vendor'])).toMatch(/^Dell/);
    expect(value(facts['product-name'])).toContain('R630');
  });
});

test.each(listed('cpuinfo'))('cpuinfo %s names a processor, or is known not to', (name) => {
  const model = processorModel(text(`cpuinfo/${name}`));
  if (model !== undefined) expect(model).toMatch(/\w/);
  else expect(name).toMatch(/rv64|sparc|u74|x60|s390|arm|aarch64|cadvisor/);
});

test.each(listed('proc-cmdline'))('command line %s keeps no disk, boot file or console', (name) => {
  const { kept, volatile } = splitCommandLine(text(`proc-cmdline/${name}`));
  expect(kept).not.toMatch(/UUID|vmlinuz|ttyS0|\/dev\//);
  expect(volatile).toContain('root');
});

test.skipIf(!there)('srun --mpi=list of several releases', () => {
  expect(mpiPlugins(text('srun-mpi-list/ompi-docs.txt'))).toEqual(['none', 'pmi2', 'pmix', 'pmix_v4']);
  expect(mpiPlugins(text('srun-mpi-list/slurm-25.txt'))).toEqual([
    'cray_shasta',
    'none',
    'pmi2',
    'pmix',
    'pmix_v3',
    'pmix_v4',
  ]);
  expect(mpiPlugins(text('srun-mpi-list/slurm-no-pmix.txt'))).toEqual(['cray_shasta', 'none']);
});

test.skipIf(!there)('/proc/modules', () => {
  expect(moduleNames(text('proc-modules/jc.txt'))).toContain('binfmt_misc');
});
