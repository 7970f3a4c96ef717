/** Captured configurations, mitigations, boards, modules, mounts and processors: read by the collector or by our readers. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { loadCollectorTemplates, renderCollector } from '../../src/inspect/collector.ts';
import type { Fact } from '../../src/inspect/facts.ts';
import type { Probe } from '../../src/inspect/probe.ts';
import { mountOf, mountsIn } from '../../src/inspect/probes/hardware/filesystems.ts';
import { hardware } from '../../src/inspect/probes/hardware/hardware.ts';
import { processorModel, x86Level } from '../../src/inspect/probes/hardware/processor.ts';
import { optionValues, splitCommandLine } from '../../src/inspect/probes/kernel/command-line.ts';
import { optionsIn } from '../../src/inspect/probes/kernel/config.ts';
import { kernel } from '../../src/inspect/probes/kernel/kernel.ts';
import { listedModules } from '../../src/inspect/probes/modules/module-list.ts';
import { modules } from '../../src/inspect/probes/modules/modules.ts';
import { readFacts } from '../../src/inspect/read-collected.ts';
import { processExec } from '../../src/system/exec.ts';
import { realFiles } from '../../src/system/files.ts';

const captures = fileURLToPath(new URL('../../../shared/captures', import.meta.url));
const there = existsSync(captures);
const text = (path: string): string => readFileSync(join(captures, path), 'utf8');
const listed = (folder: string): string[] => (there ? readdirSync(join(captures, folder)) : []);
const nonce = 'c0ffee00c0ffee00c0ffee00c0ffee01';
const root = mkdtempSync(join(tmpdir(), 'assay-captures-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** What the collector reads where these captures stand for a node's own files: place on the node to path of the capture. */
async function collected(
  probe: Probe,
  places: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> {
  const node = mkdtempSync(join(root, 'node-'));
  for (const folder of ['sys/kernel', 'sys/class', 'sys/module', 'proc/sys/kernel'])
    mkdirSync(join(node, folder), { recursive: true });
  writeFileSync(join(node, 'proc/sys/kernel/osrelease'), '6.1.0\n');
  for (const [place, capture] of Object.entries(places)) {
    mkdirSync(dirname(join(node, place)), { recursive: true });
    symlinkSync(join(captures, capture), join(node, place));
  }
  const script = renderCollector(await loadCollectorTemplates(realFiles), {
    nonce,
    probes: [probe],
    ranksLimitSeconds: 1,
    root: node,
  });
  const environment = { PATH: process.env.PATH ?? '' };
  const answer = await processExec(['dash', '-s', '--', '-', 'facts'], {
    environment,
    limitSeconds: 30,
    input: script,
  });
  const facts: Readonly<Record<string, Fact>> =
    readFacts(answer.stdout, { nonce, probes: [probe] }).groups[probe.name] ?? {};
  return Object.fromEntries(
    Object.entries(facts).map(([key, fact]) => [key, 'value' in fact ? fact.value : `?${fact.unknown}`]),
  );
}

describe.each(listed('kconfig'))('kernel configuration %s', (name) => {
  test('through the collector: a value for every option asked for', async () => {
    const facts = await collected(kernel, { 'lib/modules/6.1.0/config': `kconfig/${name}` });
    const options = Object.entries(facts).filter(([key]) => key.startsWith('config.'));
    expect(options.length).toBeGreaterThan(80);
    for (const [key, value] of options) expect([key, value]).toEqual([key, expect.stringMatching(/^[^?]/)]);
    expect(facts['config-digest']).toMatch(/^sha256:[0-9a-f]{64}$/);
    // True of every kernel of a distribution, as grep over the files shows.
    expect(facts).toMatchObject({
      'config.USER_NS': 'y',
      'config.NUMA_BALANCING': 'y',
      'config.CROSS_MEMORY_ATTACH': 'y',
    });
    // All options of the file are read alike, not only those asked for.
    const all = optionsIn(text(`kconfig/${name}`));
    expect(all.size).toBeGreaterThan(2000);
    for (const [option, value] of all) expect([option, value]).toEqual([option, expect.stringMatching(/\S/)]);
  });
});

test.skipIf(!there)('two configurations as read by eye', async () => {
  expect(
    await collected(kernel, { 'lib/modules/6.1.0/config': 'kconfig/Ubuntu_25.04_Plucky_x86_64.config' }),
  ).toMatchObject({
    'config.CC_VERSION_TEXT': 'x86_64-linux-gnu-gcc-14 (Ubuntu 14.2.0-19ubuntu2) 14.2.0',
    'config.PREEMPT_NONE': 'n',
    'config.PREEMPT_RT': 'n',
    'config.PREEMPT_DYNAMIC': 'y',
    'config.NR_CPUS': '8192',
    'config.HZ': '1000',
    'config.MITIGATION_RETPOLINE': 'y',
    'config.OVERLAY_FS': 'm',
    'config.SQUASHFS': 'y',
    'config.LSM': 'landlock,lockdown,yama,integrity,apparmor',
  });
  const el8 = 'kconfig/openela-el8.9-4.18.0-513.18.1-x86_64.config';
  expect(await collected(kernel, { 'lib/modules/6.1.0/config': el8 })).toMatchObject({
    'config.PREEMPT_NONE': 'n',
    'config.PREEMPT_RT': 'none',
    'config.MITIGATION_RETPOLINE': 'y',
    'config.SQUASHFS': 'm',
    'config.LSM': 'yama,integrity,selinux,bpf',
  });
});

describe.each(listed('cpu-vulnerabilities'))('mitigations of %s', (name) => {
  test('through the collector: one row a file, and all in one line', async () => {
    const facts = await collected(kernel, { 'sys/devices/system/cpu/vulnerabilities': `cpu-vulnerabilities/${name}` });
    const files = readdirSync(join(captures, 'cpu-vulnerabilities', name)).sort();
    const said = files.map((file) => [file, text(`cpu-vulnerabilities/${name}/${file}`).trim()] as const);
    for (const [file, value] of said) expect(facts[`vulnerability.${file}`]).toBe(value);
    expect(facts.mitigations).toBe(said.map(([file, value]) => `${file}: ${value}`).join(' | '));
    for (const [, value] of said) expect(value).toMatch(/^(Not affected|Vulnerable|Mitigation|Unknown|KVM)/);
  });
});

test.skipIf(!there)('mitigations as read by eye', async () => {
  const at = 'sys/devices/system/cpu/vulnerabilities';
  expect((await collected(kernel, { [at]: 'cpu-vulnerabilities/x86_64-epyc_7451' })).mitigations).toBe(
    'l1tf: Not affected | meltdown: Not affected | spec_store_bypass: Mitigation: Speculative Store Bypass disabled via prctl and seccomp | spectre_v1: Mitigation: __user pointer sanitization | spectre_v2: Mitigation: Full AMD retpoline, IBPB: conditional, STIBP: disabled, RSB filling',
  );
  const spark = await collected(kernel, { [at]: 'cpu-vulnerabilities/hwloc-dgx-spark-6.17' });
  expect(spark['vulnerability.spectre_v2']).toBe('Mitigation: CSV2, BHB');
  expect(Object.keys(spark).filter((key) => key.startsWith('vulnerability.'))).toHaveLength(19);
});

// Read by eye: kind of machine and cloud.
const boards: Readonly<Record<string, readonly [vendor: string, kind: string, cloud: string]>> = {
  'hwloc-cloudstack-kvm': ['Apache Software Foundation', 'kvm', 'cloudstack'],
  'hwloc-dell-r630': ['Dell Inc.', 'none', 'none'],
  'hwloc-dell-r740': ['Dell Inc.', 'none', 'none'],
  'hwloc-dgx-spark': ['NVIDIA', 'none', 'none'],
  'hwloc-huawei-xa320': ['Huawei', 'none', 'none'],
  'hwloc-qemu-i440fx': ['QEMU', 'kvm', 'none'],
  procfs: ['Dell Inc.', 'none', 'none'],
};
test.each(listed('sys-class-dmi'))('board %s', async (name) => {
  const facts = await collected(hardware, { 'sys/class/dmi/id': `sys-class-dmi/${name}` });
  expect([facts['sys-vendor'], facts.virtualisation, facts.cloud]).toEqual(boards[name]);
  expect(Object.values(facts).join(' ')).not.toMatch(/serial/i);
});

test.skipIf(!there)('/proc/modules through the collector, with used-by lists', async () => {
  const facts = await collected(modules, { 'proc/modules': 'proc-modules/jc.txt' });
  const lines = text('proc-modules/jc.txt').trim().split('\n');
  expect(Object.keys(facts).filter((key) => !key.startsWith('@'))).toHaveLength(lines.length);
  expect([facts['@loadable'], facts['@out-of-tree'], facts.vsock]).toEqual(['yes', 'none', 'loaded']);
});

test.each(listed('lscpu').filter((name) => existsSync(join(captures, 'cpuinfo', name))))(
  'lscpu and our reader agree about the processor of %s',
  (name) => {
    const model = /^Model name:\s*(.*?)\s*$/m.exec(text(`lscpu/${name}`))?.[1];
    const ours = processorModel(text(`cpuinfo/${name}`));
    if (model && /^(Intel|AMD)/.test(model)) expect(ours).toBe(model);
  },
);

const mountinfos = ['mounts/gpud-mountinfo.txt', 'mounts/ul-mountinfo-messy.txt'];
test.skipIf(!there)('mountinfo: every line is a mount, and paths lie where they do by eye', () => {
  const [gpu = [], messy = []] = mountinfos.map((path) => mountsIn(text(path)));
  expect(gpu).toHaveLength(171);
  expect(messy).toHaveLength(text('mounts/ul-mountinfo-messy.txt').trim().split('\n').length);
  expect(mountOf(gpu, '/home/x')).toMatchObject({ point: '/', type: 'ext4', source: '/dev/mapper/vgroot-lvroot' });
  expect(mountOf(gpu, '/sys/fs/fuse/connections')).toMatchObject({ type: 'fusectl' });
  expect(mountOf(messy, '/dev/shm')).toMatchObject({ type: 'tmpfs', point: '/dev/shm' });
  expect(mountOf(messy, '/run/user/1000')).toMatchObject({ type: 'tmpfs', point: '/run' });
});

// Bytes flipped, cuts, CRLF, another order: never an exception, and what is read stays one line.
const readers: readonly (readonly [string, readonly string[], (text: string) => unknown])[] = [
  [
    'cpuinfo',
    listed('cpuinfo').map((name) => `cpuinfo/${name}`),
    (damaged) => [processorModel(damaged), x86Level(damaged)],
  ],
  [
    'kconfig',
    listed('kconfig')
      .slice(0, 2)
      .map((name) => `kconfig/${name}`),
    (damaged) => [...optionsIn(damaged)].flat(),
  ],
  ['modules', ['proc-modules/jc.txt'], (damaged) => [...listedModules(damaged)].flat()],
  ['mounts', listed('mounts').map((name) => `mounts/${name}`), (damaged) => mountsIn(damaged).map(({ type }) => type)],
  [
    'cmdline',
    listed('proc-cmdline').map((name) => `proc-cmdline/${name}`),
    (damaged) => [...optionValues(splitCommandLine(damaged).kept)].flat(),
  ],
];
describe.each(readers)('damaged %s', (_, paths, read) => {
  test.skipIf(!there)('is read without an exception', () => {
    let state = 5;
    const random = (below: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state % below;
    };
    for (const path of paths) {
      const whole = readFileSync(join(captures, path)).subarray(0, 20_000);
      const kinds: readonly (() => Buffer)[] = [
        () => whole.subarray(0, random(whole.length)),
        () => Buffer.from(whole.map((byte) => (random(100) === 0 ? random(256) : byte))),
        () => Buffer.from(whole.toString('latin1').replaceAll('\n', '\r\n'), 'latin1'),
        () => Buffer.from(whole.toString('latin1').replaceAll(':', '\t'), 'latin1'),
        () => Buffer.alloc(0),
        () => Buffer.concat([whole, whole, whole, whole]),
      ];
      for (let round = 0; round < 30; round += 1) {
        const damaged = kinds[round % kinds.length]?.().toString('utf8') ?? '';
        expect(() => read(damaged)).not.toThrow();
        expect(JSON.stringify(read(damaged))).not.toContain('\\n');
      }
    }
  });
});
