import { describe, expect, test } from 'vitest';
import { deviationsAmong } from '../../../../src/inspect/comparison/uniformity.ts';
import type { Facts } from '../../../../src/inspect/facts.ts';
import { fingerprintOf } from '../../../../src/inspect/fingerprint.ts';
import { gpu } from '../../../../src/inspect/probes/gpu/gpu.ts';
import { probes } from '../../../../src/inspect/probes/index.ts';
import { type Given, short, small } from '../../answering.ts';
import { bus, busWithout, type Fields, gpuFacts, kfd, mi210, nvidiaXml } from './composed.ts';

const keys = gpu.fingerprints.gpu ?? [];
const loaded = small({ '/sys/module/nvidia/version': '535.54.03' });

/** The keys of the fingerprint in short. */
function summary(given: Readonly<Record<string, Given>>): Readonly<Record<string, string>> {
  const facts = gpuFacts(given);
  return Object.fromEntries(keys.map((key) => [key, short(facts[key])]));
}

function node(name: string, given: Readonly<Record<string, Given>>): Facts {
  return { node: name, groups: { gpu: gpuFacts(given) } };
}

describe('absence', () => {
  test('is proved from the bus, and only from the bus', () => {
    expect(new Set(Object.values(summary({ sys: busWithout, dev: '' })))).toEqual(new Set(['none']));
    expect(new Set(Object.values(summary({ sys: '' })))).toEqual(new Set(['?absent']));
    expect(summary({ sys: { unknown: 'timeout' } })['amd-driver']).toBe('?timeout');
  });
  test('is not proved against the driver’s own folder, a device node, or KFD', () => {
    const proc = `${busWithout}n /proc/driver/nvidia/gpus/0000:01:00.0\n`;
    expect(summary({ sys: proc })['nvidia-cards']).toBe('?absent');
    const facts = gpuFacts({ sys: busWithout, dev: '/dev/nvidia0\n/dev/nvidiactl\n' });
    expect(facts['nvidia-driver']).toMatchObject({ unknown: 'absent', why: expect.stringContaining('/dev') });
    expect(short(facts['device-nodes'])).toBe('nvidia0 nvidiactl');
    const compute = busWithout + small({ '/sys/class/kfd/kfd/topology/nodes/1/gpu_id': '4711' });
    expect(summary({ sys: compute })['amd-cards']).toBe('?error');
    const processor = busWithout + small({ '/sys/class/kfd/kfd/topology/nodes/0/gpu_id': '0' });
    expect(summary({ sys: processor })['amd-cards']).toBe('none');
  });
  test('a driver without a card is named, its cards are none', () => {
    expect(summary({ sys: busWithout + loaded })).toMatchObject({
      'nvidia-driver': '535.54.03',
      'nvidia-cards': 'none',
    });
  });
  test('a card without its driver says so', () => {
    const facts = gpuFacts({ sys: bus(2, '0x10de', 'nouveau') });
    expect(facts['nvidia-driver']).toMatchObject({
      unknown: 'absent',
      why: '2 NVIDIA GPUs on the PCI bus (0000:01:00.0, 0000:02:00.0), held by nouveau; the driver nvidia is not loaded',
    });
    expect(short(facts['nvidia-cards'])).toBe('?absent');
    expect(short(facts.pci)).toBe('nvidia 2 (0x20b2, nouveau), amd 0');
    const free = gpuFacts({ sys: bus(1, '0x1002') });
    expect(free['amd-cards']).toMatchObject({ unknown: 'error', why: expect.stringContaining('held by no driver') });
  });
});

describe('NVIDIA', () => {
  const sys = bus(2, '0x10de', 'nvidia') + loaded;

  test('counts cards by kind', () => {
    expect(summary({ sys, 'nvidia-smi': nvidiaXml([{}, {}]) })).toMatchObject({
      'nvidia-driver': '535.54.03',
      'nvidia-cards': '2 x NVIDIA A100-SXM4-80GB / 81920 MiB / 92.00.36.00.02',
      'nvidia-modes': '2 x ECC Enabled / MIG Disabled',
      'nvidia-links': '2 x gen 4 x16',
      'amd-cards': 'none',
    });
    const mixed = nvidiaXml([{}, { 'mig_mode/current_mig': 'Enabled' }]);
    expect(summary({ sys, 'nvidia-smi': mixed })['nvidia-modes']).toBe(
      '1 x ECC Enabled / MIG Disabled; 1 x ECC Enabled / MIG Enabled',
    );
  });
  test('a step that is given some cards says how many', () => {
    expect(short(gpuFacts({ sys, 'nvidia-smi': nvidiaXml([{}]) })['nvidia-visible'])).toBe('1 of 2 on the PCI bus');
  });
  test('the driver is known from sysfs, its banner, or nvidia-smi', () => {
    const banner = 'NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  595.84  Release Build  (root@host)';
    const open = gpuFacts({ sys: bus(1, '0x10de') + small({ '/proc/driver/nvidia/version': banner }) });
    expect([short(open['nvidia-driver']), short(open['nvidia-module'])]).toEqual(['595.84', 'open']);
    const closed = 'NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.54.03  Tue Jun  6 22:20:39 UTC 2023';
    expect(short(gpuFacts({ sys: small({ '/proc/driver/nvidia/version': closed }) })['nvidia-module'])).toBe(
      'proprietary',
    );
    expect(summary({ sys: '', 'nvidia-smi': nvidiaXml([{}]) })['nvidia-driver']).toBe('535.54.03');
  });
  test('without nvidia-smi the kernel’s own description stands, and the summary stays unknown', () => {
    const path = '/proc/driver/nvidia/gpus/0000:01:00.0/information';
    const information = [
      'Model: \t\t NVIDIA A100-SXM4-80GB',
      'GPU UUID: \t GPU-513536b6-7d19-9063-b049-1e69664bb298',
      'Video BIOS: \t ??.??.??.??.??',
      'GPU Excluded:\t No',
    ];
    const facts = gpuFacts({
      sys,
      'nvidia-smi': { unknown: 'timeout' },
      'nvidia-information': information.map((line) => `${path}:${line}\n`).join(''),
      'nvidia-parameters': 'EnableMSI: 1\nRegistryDwords: ""\nInitializeSystemMemoryAllocations: 1\n',
    });
    expect(short(facts['nvidia-cards'])).toBe('?timeout');
    expect(short(facts['nvidia0.model'])).toBe('NVIDIA A100-SXM4-80GB');
    expect(short(facts['nvidia0.vbios'])).toBe('?error');
    expect(short(facts['nvidia-excluded'])).toBe('none');
    expect(short(facts['nvidia-parameters'])).toBe('EnableMSI=1 InitializeSystemMemoryAllocations=1');
  });
  test('cards that the driver leaves alone, and memory that is a NUMA node', () => {
    const at = (bus: string, file: string, line: string) =>
      `/proc/driver/nvidia/gpus/0000:${bus}:00.0/${file}:${line}\n`;
    const facts = gpuFacts({
      sys,
      'nvidia-smi': nvidiaXml([{}]),
      'nvidia-information': [
        at('01', 'information', 'GPU Excluded:\t No'),
        at('02', 'information', 'GPU Excluded:\t Yes'),
        at('01', 'numa_status', 'Node:      255'),
        at('01', 'numa_status', 'Status:    online'),
      ].join(''),
    });
    expect([short(facts['nvidia-excluded']), short(facts['nvidia0.memory-node'])]).toEqual(['1', '255, online']);
  });
  test('an nvidia-smi that fails is quoted', () => {
    const words = "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n";
    const facts = gpuFacts({ sys, 'nvidia-smi': { status: 9, text: words } });
    expect(facts['nvidia-cards']).toMatchObject({ unknown: 'error', why: expect.stringContaining('communicate') });
    expect(facts['nvidia-cuda']).toMatchObject({ unknown: 'error' });
    const none = gpuFacts({ sys, 'nvidia-smi': 'No devices were found\n' });
    expect(none['nvidia-cards']).toMatchObject({ unknown: 'error', why: 'No devices were found' });
  });
  test('a warning beside the XML is kept', () => {
    const text = `${nvidiaXml([{}])}WARNING: infoROM is corrupted at gpu 0000:01:00.0\n`;
    expect(short(gpuFacts({ sys, 'nvidia-smi': text })['nvidia-warnings'])).toMatch(/^WARNING: infoROM/);
  });
  test('services where they are installed', () => {
    const facts = gpuFacts({
      sys,
      'fabric-manager': 'Fabric Manager version is : 535.54.03\n',
      dcgm: '\ndcgmi  version: 3.3.5\n',
      'dcgm-health': '| Health Monitor Report |\n+====+\n| Overall Health            | Warning     |\n',
    });
    expect(['fabric-manager', 'dcgm', 'dcgm-health'].map((key) => short(facts[key]))).toEqual([
      '535.54.03',
      '3.3.5',
      'Warning',
    ]);
    const idle = { status: 255, text: 'Error: Health watches not enabled. Please enable watches. \n' };
    const without = gpuFacts({ sys, 'dcgm-health': idle });
    expect(['fabric-manager', 'dcgm', 'dcgm-health'].map((key) => short(without[key]))).toEqual([
      'none',
      'none',
      'not watched',
    ]);
    const dead = { status: 255, text: 'Error: unable to establish a connection to the specified host: localhost\n' };
    expect(short(gpuFacts({ sys, 'dcgm-health': dead })['dcgm-health'])).toBe('?error');
  });
});

describe('AMD', () => {
  const sys = `${bus(2, '0x1002', 'amdgpu')}n /sys/module/amdgpu\n${small({
    '/sys/class/kfd/kfd/topology/nodes/0/gpu_id': '0',
    '/sys/class/kfd/kfd/topology/nodes/1/gpu_id': '4711',
    '/sys/class/kfd/kfd/topology/nodes/2/gpu_id': '4712',
    '/opt/rocm/.info/version': '6.2.4-109',
  })}`;
  const amd = mi210('0000:01:00.0') + mi210('0000:02:00.0', { unique_id: 'ffff' });

  test('counts cards by kind; a driver of the kernel tree has the kernel as its version', () => {
    const facts = gpuFacts({ sys, amd, kfd: kfd(2) });
    expect(keys.filter((key) => key.startsWith('amd')).map((key) => short(facts[key]))).toEqual([
      'in-tree',
      '2 x 0x740f / gfx90a / 65520 MiB / 113-D67301-063',
      '2 x not stated / not stated / RAS 0x1f',
      '2 x 16.0 GT/s x16',
    ]);
    expect(short(facts['amd-compute'])).toBe('2 x gfx90a / 104 CU / 4 links');
    expect(short(facts.rocm)).toBe('6.2.4-109');
  });
  test('a driver that does not answer makes its cards unknown, never of another kind', () => {
    const hung = summary({ sys, amd: { unknown: 'timeout' }, kfd: kfd(2) });
    expect([hung['amd-driver'], hung['amd-cards'], hung['amd-links']]).toEqual(['in-tree', '?timeout', '?timeout']);
    expect(summary({ sys, amd, kfd: { unknown: 'timeout' } })['amd-cards']).toBe('?timeout');
    expect(summary({ sys, amd, kfd: kfd(1) })['amd-cards']).toBe('?error');
  });
  test('a card that another driver holds leaves the summary unknown', () => {
    const one = sys.replace(
      'n /sys/bus/pci/drivers/amdgpu/0000:02:00.0\n',
      'n /sys/bus/pci/drivers/vfio-pci/0000:02:00.0\n',
    );
    const facts = gpuFacts({ sys: one, amd, kfd: kfd(2) });
    expect(facts['amd-cards']).toMatchObject({ why: expect.stringContaining('held by amdgpu and vfio-pci') });
    expect(short(facts['amd0.vbios'])).toBe('113-D67301-063');
  });
});

describe('fingerprint', () => {
  const sys = bus(2, '0x10de', 'nvidia') + loaded;
  const digest = (given: Readonly<Record<string, Given>>): string => {
    const print = fingerprintOf('gpu', node('n', given), probes);
    return 'digest' in print ? print.digest : print.why;
  };
  const of = (card: Fields, more: Readonly<Record<string, Given>> = {}): string =>
    digest({ sys, 'nvidia-smi': nvidiaXml([{}, card]), ...more });

  test.each([
    ['model', { product_name: 'NVIDIA A100-SXM4-40GB' }],
    ['memory', { 'fb_memory_usage/total': '40960 MiB' }],
    ['VBIOS', { vbios_version: '92.00.36.00.03' }],
    ['ECC mode', { 'ecc_mode/current_ecc': 'Disabled' }],
    ['MIG mode', { 'mig_mode/current_mig': 'Enabled' }],
    ['widest link', { 'pci/pci_gpu_link_info/link_widths/max_link_width': '8x' }],
  ])('changes with %s', (_, card) => {
    expect(of({})).toMatch(/^sha256:/);
    expect(of(card)).toMatch(/^sha256:/);
    expect(of(card)).not.toBe(of({}));
  });
  test('changes with driver and count', () => {
    expect(of({}, { sys: sys.replace('535.54.03', '535.54.04') })).not.toBe(of({}));
    expect(digest({ sys, 'nvidia-smi': nvidiaXml([{}]) })).not.toBe(of({}));
  });
  test.each([
    ['UUID', { uuid: 'GPU-0' }],
    ['serial', { serial: '1' }],
    ['clocks', { 'clocks/graphics_clock': '210 MHz', performance_state: 'P8' }],
    ['the link as it is now', { 'pci/pci_gpu_link_info/pcie_gen/current_link_gen': '1', performance_state: 'P8' }],
    ['corrected errors', { 'ecc_errors/aggregate/dram_correctable': '9' }],
  ])('is the same whatever %s', (_, card) => {
    expect(of(card)).toBe(of({}));
  });
  test('is the same in whatever order the cards come', () => {
    const odd = { vbios_version: '92.00.36.00.03' };
    expect(digest({ sys, 'nvidia-smi': nvidiaXml([odd, {}]) })).toBe(of(odd));
  });
  test('is unknown where a field failed, or the answer is cut', () => {
    expect(of({ 'ecc_mode/current_ecc': 'Unknown Error' })).toContain('Unknown Error');
    expect(digest({ sys, 'nvidia-smi': nvidiaXml([{}, {}]).slice(0, -400) })).toContain('nvidia-cards is unknown');
  });
  test('is unknown where a driver that should state a mode does not; one from before MIG need not', () => {
    expect(of({ vbios_version: '' })).toContain('nvidia-cards is unknown');
    const old = { 'mig_mode/current_mig': '', 'mig_mode/pending_mig': '' };
    expect(of(old)).toContain('nvidia-modes is unknown');
    expect(digest({ sys, 'nvidia-smi': nvidiaXml([old, old], { driver_version: '418.43' }) })).toMatch(/^sha256:/);
  });
  test('holds for AMD what it holds for NVIDIA', () => {
    const amdSys = `${bus(1, '0x1002', 'amdgpu')}${small({ '/sys/module/amdgpu/version': '6.8.5' })}`;
    const mi = (changed: Fields): string => digest({ sys: amdSys, amd: mi210('0000:01:00.0', changed), kfd: kfd(1) });
    expect(mi({})).toMatch(/^sha256:/);
    for (const changed of [
      { vbios_version: 'x' },
      { current_memory_partition: 'NPS4' },
      { 'ras/features': 'feature mask: 0x0' },
      { max_link_width: '8' },
    ])
      expect(mi(changed)).not.toBe(mi({}));
    for (const changed of [{ unique_id: '1' }, { current_link_speed: '2.5 GT/s' }, { pcie_replay_count: '7' }])
      expect(mi(changed)).toBe(mi({}));
  });
});

test('uniformity shows a degraded link, uncorrected errors and a mode, and hides what is a card’s own', () => {
  const sys = bus(1, '0x10de', 'nvidia') + loaded;
  const of = (name: string, card: Fields): Facts => node(name, { sys, 'nvidia-smi': nvidiaXml([card]) });
  const equal = ['n1', 'n2', 'n3'].map((name) => of(name, { uuid: `GPU-${name}`, serial: name }));
  expect(deviationsAmong(equal, probes)).toEqual([]);
  const odd = of('n4', {
    'pci/pci_gpu_link_info/link_widths/current_link_width': '8x',
    'ecc_errors/volatile/dram_uncorrectable': '1',
    persistence_mode: 'Disabled',
  });
  expect(deviationsAmong([...equal, odd], probes).map(({ key }) => key)).toEqual([
    'nvidia0.ecc-uncorrected',
    'nvidia0.pcie-degraded',
    'nvidia0.persistence',
  ]);
});
