/** The GPU probe over captured outputs of real tools, in place. What two files a tool say was read by eye. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { loadCollectorTemplates, renderCollector } from '../../src/inspect/collector.ts';
import type { Fact } from '../../src/inspect/facts.ts';
import { amdSmiCards, rocmSmiCards } from '../../src/inspect/probes/gpu/amd-tools.ts';
import { gpu } from '../../src/inspect/probes/gpu/gpu.ts';
import { computeUnits, gfxTarget, kfdNodes, kfdSlot } from '../../src/inspect/probes/gpu/kfd.ts';
import { readTopology } from '../../src/inspect/probes/gpu/nvidia-topology.ts';
import { readFacts } from '../../src/inspect/read-collected.ts';
import { processExec } from '../../src/system/exec.ts';
import { realFiles } from '../../src/system/files.ts';
import { type Given, short } from '../inspect/answering.ts';
import { gpuFacts } from '../inspect/probes/gpu/composed.ts';

const captures = fileURLToPath(new URL('../../../shared/captures', import.meta.url));
const there = existsSync(captures);
const listed = (folder: string): string[] => (there ? readdirSync(join(captures, folder)) : []);
const text = (path: string): string => readFileSync(join(captures, path), 'utf8');

/** Facts of cards by key in short, from the answers to some asks. */
function facts(given: Readonly<Record<string, Given>>): (key: string) => string {
  const rows = gpuFacts({ sys: '', ...given });
  return (key) => short(rows[key]);
}

/** One section of a capture that holds many outputs: what follows the line of its command. */
function section(whole: string, command: string): string {
  const start = whole.indexOf(`\n# $ ${command}\n`);
  const from = whole.indexOf('\n', whole.indexOf('\n####', start) + 1) + 1;
  const end = whole.indexOf('\n####', from);
  return start < 0 ? '' : whole.slice(from, end < 0 ? undefined : end + 1);
}

describe.skipIf(!there)('nvidia-smi -q -x', () => {
  test.each(listed('nvidia-smi-xml'))('%s: what is known is plausible', (name) => {
    const rows = gpuFacts({ sys: '', 'nvidia-smi': text(`nvidia-smi-xml/${name}`) });
    const shapes: Readonly<Record<string, RegExp>> = {
      'nvidia-driver': /^\d{3}\.\d+(\.\d+)?$/,
      'nvidia-cuda': /^\d+\.\d+$/,
      'nvidia-cards': /^1 x .+ \/ \d+ MiB \/ [0-9A-F]{2}(\.[0-9A-F]{2}){4}$/,
      'nvidia-modes': /^1 x ECC (Enabled|Disabled|N\/A) \/ MIG (Enabled|N\/A|not stated)$/,
      'nvidia-links': /^1 x gen [1-5] x\d+$/,
      'nvidia0.address': /^0000:[0-9a-f]{2}:[0-9a-f]{2}\.0$/,
      'nvidia0.uuid': /^GPU-[0-9a-f-]{36}$/,
      'nvidia0.memory': /^\d+ MiB$/,
      'nvidia0.ecc-uncorrected': /^(N\/A|volatile (0|N\/A), aggregate 0)$/,
      'nvidia0.compute-mode': /^Default$/,
      'nvidia0.power-limit': /^(N\/A|\d+\.\d\d W(, default \d+\.\d\d W)?)$/,
      'nvidia0.clocks-max': /^graphics \d+ MHz, sm \d+ MHz, mem \d+ MHz(, video \d+ MHz)?$/,
      'nvidia0.clocks': /^graphics \d+ MHz, sm \d+ MHz, mem \d+ MHz(, video \d+ MHz)?$/,
      'nvidia0.pcie-degraded': /^(no|width x8 of x16)$/,
      'nvidia0.pcie-current': /^gen \d x\d+ in P\d+$/,
      'nvidia0.slowdown': /^none$/,
      'nvidia0.recovery': /^None$/,
    };
    for (const [key, shape] of Object.entries(shapes)) {
      const fact = rows[key];
      if (fact && 'value' in fact) expect(fact.value, key).toMatch(shape);
      else expect(fact, key).toMatchObject({ unknown: 'absent' });
    }
    const wrong = Object.entries(rows).filter(
      ([key, fact]) => /^nvidia0/.test(key) && 'unknown' in fact && fact.unknown !== 'absent',
    );
    expect(wrong).toEqual([]);
  });
  test('an A100 with MIG, driver 535', () => {
    const of = facts({ 'nvidia-smi': text('nvidia-smi-xml/a100-sxm4-80gb-mig-535.54.03.xml') });
    expect(of('nvidia-driver')).toBe('535.54.03');
    expect(of('nvidia-cuda')).toBe('12.2');
    expect(of('nvidia-cards')).toBe('1 x NVIDIA A100-SXM4-80GB / 81920 MiB / 92.00.36.00.02');
    expect(of('nvidia-modes')).toBe('1 x ECC Enabled / MIG Enabled');
    expect(of('nvidia-links')).toBe('1 x gen 4 x16');
    expect(of('nvidia0.address')).toBe('0000:01:00.0');
    expect(of('nvidia0.uuid')).toBe('GPU-513536b6-7d19-9063-b049-1e69664bb298');
    expect(of('nvidia0.inforom')).toBe('G506.0212.00.01');
    expect(of('nvidia0.part')).toBe('692-2G506-0212-002');
    expect(of('nvidia0.gsp-firmware')).toBe('535.54.03');
    expect(of('nvidia0.ecc-corrected')).toBe('volatile 0, aggregate 0');
    expect(of('nvidia0.retired-pages')).toBe('N/A');
    expect(of('nvidia0.persistence')).toBe('Disabled');
    expect(of('nvidia0.clocks-max')).toBe('graphics 1410 MHz, sm 1410 MHz, mem 1593 MHz, video 1290 MHz');
    expect(of('nvidia0.clocks-set')).toBe('graphics 1275 MHz, mem 1593 MHz');
    expect(of('nvidia0.power-limit')).toBe('500.00 W');
    expect(of('nvidia0.pcie-current')).toBe('gen 4 x16 in P0');
  });
  test('a P100 whose corrected errors are counted in the old way, driver 510', () => {
    const of = facts({ 'nvidia-smi': text('nvidia-smi-xml/p100-pcie-510.47.03.xml') });
    expect(of('nvidia-cards')).toBe('1 x Tesla P100-PCIE-16GB / 16384 MiB / 86.00.52.00.02');
    expect(of('nvidia0.ecc-corrected')).toBe('volatile 0, aggregate 3');
    expect(of('nvidia0.retired-pages')).toBe('single-bit 0, double-bit 0, pending No');
    expect(of('nvidia0.virtualization')).toBe('Pass-Through');
    expect(of('nvidia0.power-limit')).toBe('250.00 W');
  });
  test('a GRID K520 with its document type written out, driver 352; an RTX 4000 that says what is deprecated, driver 595', () => {
    const old = facts({ 'nvidia-smi': text('nvidia-smi-xml/rai-example2.xml') });
    expect([old('nvidia-driver'), old('nvidia-cuda')]).toEqual(['352.99', '?absent']);
    expect(old('nvidia-cards')).toBe('1 x GRID K520 / 4095 MiB / 80.04.D4.00.03');
    expect(old('nvidia-modes')).toBe('1 x ECC N/A / MIG not stated');
    const latest = facts({ 'nvidia-smi': text('nvidia-smi-xml/rtx-4000-sff-ada-v13-595.84.xml') });
    expect([latest('nvidia-driver'), latest('nvidia-cuda')]).toEqual(['595.84', '13.2']);
    expect(latest('nvidia0.clocks-set')).toBe('?absent');
    expect(latest('nvidia0.remapped-rows')).toBe('correctable 0, uncorrectable 0, pending No, failure No');
    expect(latest('nvidia0.recovery')).toBe('None');
  });
  test('an A10G on half its lanes is degraded, asleep or not', () => {
    const of = facts({ 'nvidia-smi': text('nvidia-smi-xml/a10g-515.105.01.xml') });
    expect([of('nvidia0.pcie-current'), of('nvidia0.pcie-degraded')]).toEqual(['gen 1 x8 in P8', 'width x8 of x16']);
  });
  // The other forms of nvidia-smi are not asked for; given in place of the XML they are not understood, and never believed.
  test.each([
    ...listed('nvidia-smi-csv').map((name) => `nvidia-smi-csv/${name}`),
    ...listed('nvidia-smi-text').map((name) => `nvidia-smi-text/${name}`),
    ...listed('nvidia-smi').map((name) => `nvidia-smi/${name}`),
    ...listed('nvidia-smi-multi').map((name) => `nvidia-smi-multi/${name}`),
    ...listed('nvidia-fabricmanager').map((name) => `nvidia-fabricmanager/${name}`),
    ...listed('dcgmi-diag').map((name) => `dcgmi-diag/${name}`),
  ])('%s is no XML, no matrix and no health', (name) => {
    const given = text(name);
    const of = facts({ 'nvidia-smi': given, 'dcgm-health': given, kfd: given, 'nvidia-information': given });
    expect([of('nvidia-cards'), of('nvidia0.model'), of('dcgm-health')]).toEqual(['?error', 'no row', '?error']);
  });
});

test.skipIf(!there)('memory of POWER9’s cards is NUMA nodes of the system', () => {
  const lines = listed('nvidia-proc').flatMap((name) => {
    const [, domain, bus] = /^power9-(\w{4})_(\w\w)_00\.0-numa_status/.exec(name) ?? [];
    const path = `/proc/driver/nvidia/gpus/${domain}:${bus}:00.0/numa_status`;
    return text(`nvidia-proc/${name}`)
      .split('\n')
      .filter(Boolean)
      .map((line) => `${path}:${line}\n`);
  });
  const of = facts({ 'nvidia-information': lines.join('') });
  expect([0, 1, 2, 3, 4].map((index) => of(`nvidia${index}.memory-node`))).toEqual(
    ['255', '253', '252', '251', '250'].map((node) => `${node}, online`),
  );
  expect(of('nvidia0.address')).toBe('0004:05:00.0');
});

describe.skipIf(!there)('nvidia-smi topo -m', () => {
  test('eight H100 with ten adapters', () => {
    const of = facts({ 'nvidia-topology': text('nvidia-topo/8gpu-nv18-10nic-ansi.txt') });
    expect(of('nvidia-topology')).toBe('28 x NV18');
    expect(of('nvidia-numa')).toBe('0,0,0,0,1,1,1,1');
    expect(of('nvidia-topology-digest')).toMatch(/^sha256:[0-9a-f]{64}$/);
    const matrix = readTopology(text('nvidia-topo/8gpu-nv18-10nic-ansi.txt'));
    expect(matrix?.names).toHaveLength(18);
    expect(matrix?.cells[17]?.[5]).toBe('PIX');
  });
  test.each(listed('nvidia-smi-multi'))('%s: one GPU', (name) => {
    const of = facts({ 'nvidia-topology': section(text(`nvidia-smi-multi/${name}`), 'nvidia-smi topo -m') });
    expect([of('nvidia-topology'), of('nvidia-numa')]).toEqual(['one GPU', '0']);
  });
  test('a matrix of peers is not taken for one', () => {
    expect(readTopology(text('nvidia-smi/pkb-topo.txt'))).toBeUndefined();
  });
});

/** The answer to the ask `kfd` where a captured tree stands for KFD's own. */
function askedOf(tree: string, find: readonly string[] = ['find']): string {
  const ask = gpu.asks.find(({ id }) => id === 'kfd');
  if (ask?.kind !== 'command') throw new Error('KFD is asked by a command');
  const words = ask.argv.map((word) =>
    word.replace('/sys/class/kfd/kfd/topology', join(captures, 'kfd-topology', tree)),
  );
  const [program = '', ...rest] = [...find, ...words.slice(1)];
  return execFileSync(program, rest, { encoding: 'utf8' });
}

describe.skipIf(!there)('AMD', () => {
  test.each(listed('kfd-topology'))('KFD %s: each compute node has units and a slot', (tree) => {
    const nodes = kfdNodes(askedOf(tree));
    expect(nodes.length).toBeGreaterThan(0);
    for (const node of nodes) {
      expect(kfdSlot(node)).toMatch(/^[0-9a-f]{4}:[0-9a-f]{2}:00$/);
      expect(Number(computeUnits(node))).toBeGreaterThan(10);
      expect(gfxTarget(node) ?? 'none').toMatch(tree === 'older' ? /^none$/ : /^gfx9(0a|42)$/);
    }
  });
  test('KFD of eight MI210, and of MI300X in partitions, also by BusyBox', () => {
    const nodes = kfdNodes(askedOf('mi210-x8'));
    expect(nodes).toHaveLength(8);
    expect(facts({ kfd: askedOf('mi210-x8'), sys: '' })('amd-compute')).toBe('8 x gfx90a / 104 CU / 4 links');
    expect(kfdNodes(askedOf('mi300-cpx', ['busybox', 'find']))).toEqual(kfdNodes(askedOf('mi300-cpx')));
  });
  test.each(listed('rocm-smi'))('rocm-smi %s: cards, or no JSON', (name) => {
    const cards = rocmSmiCards(text(`rocm-smi/${name}`));
    expect(cards === undefined).toBe(name.endsWith('.txt'));
    for (const card of cards ?? []) {
      if (card.address !== undefined) expect(card.address).toMatch(/^0000:[0-9a-f]{2}:00\.0$/);
      if (card.vbios !== undefined) expect(card.vbios).toMatch(/^113-\w+-\w+$/);
      if (card.powerLimit !== undefined) expect(card.powerLimit).toMatch(/^\d+\.\d W$/);
    }
  });
  test('rocm-smi: four MI100 by ROCm 6.0.2, one MI50, a Radeon that states little', () => {
    const mi100 = rocmSmiCards(text('rocm-smi/mi100_rocm602.json')) ?? [];
    expect(mi100.map(({ address }) => address)).toEqual([
      '0000:83:00.0',
      '0000:a3:00.0',
      '0000:c3:00.0',
      '0000:e3:00.0',
    ]);
    expect(mi100[0]).toMatchObject({
      model: 'Arcturus GL-XL [Instinct MI100]',
      vbios: '113-D3431401-101',
      powerLimit: '290.0 W',
    });
    expect(rocmSmiCards(text('rocm-smi/vega-20-WKS-GL-XE.json'))).toEqual([
      { address: '0000:63:00.0', model: 'Radeon Instinct MI50 32GB', vbios: '113-D1631700-111', powerLimit: '225.0 W' },
    ]);
    expect(rocmSmiCards(text('rocm-smi/llamaland.json'))).toEqual([{ model: 'Radeon 8060S Graphics', gfx: 'gfx1151' }]);
  });
  test('amd-smi static: four MI300A behind four processors', () => {
    const cards = amdSmiCards(text('amd-smi/static-mi300a-x4.txt'));
    expect(cards.map(({ address }) => address)).toEqual([
      '0000:01:00.0',
      '0001:01:00.0',
      '0002:01:00.0',
      '0003:01:00.0',
    ]);
    for (const card of cards)
      expect(card).toMatchObject({
        model: 'MI300A',
        powerLimit: '550 W',
        computePartition: 'SPX',
        memoryPartition: 'NPS1',
        ras: 'GFX MMHUB SDMA',
      });
  });
  test.each([
    ...listed('rocminfo').map((name) => `rocminfo/${name}`),
    ...listed('rocm').map((name) => `rocm/${name}`),
    ...listed('amdgpu').map((name) => `amdgpu/${name}`),
  ])('%s is none of the forms that are asked for', (name) => {
    const given = text(name);
    expect([rocmSmiCards(given) ?? [], amdSmiCards(given), kfdNodes(given)]).toEqual([[], [], []]);
  });
  test('a Vega as its sysfs shows it, through the collector', async () => {
    const node = mkdtempSync(join(tmpdir(), 'assay-captures-'));
    afterAll(() => rmSync(node, { recursive: true, force: true }));
    for (const place of ['sys/bus/pci/devices', 'sys/bus/pci/drivers/amdgpu']) {
      mkdirSync(join(node, place), { recursive: true });
      symlinkSync(join(captures, 'sys-class-drm/procfs-card0-amdgpu'), join(node, place, '0000:09:00.0'));
    }
    const nonce = 'c0ffee00c0ffee00c0ffee00c0ffee00';
    const options = { nonce, probes: [gpu], ranksLimitSeconds: 1, root: node };
    const script = renderCollector(await loadCollectorTemplates(realFiles), options);
    for (const shell of [['dash'], ['busybox', 'sh']] as const) {
      const argv = [...shell, '-s', '--', '-', 'facts'] as const;
      const environment = { PATH: process.env.PATH ?? '' };
      const answer = await processExec(argv, { environment, limitSeconds: 30, input: script });
      const rows: Readonly<Record<string, Fact>> = readFacts(answer.stdout, { nonce, probes: [gpu] }).groups.gpu ?? {};
      expect(short(rows.pci)).toBe('nvidia 0, amd 1 (0x687f, amdgpu)');
      expect(short(rows['amd-cards'])).toBe('1 x 0x687f / not stated / 8176 MiB / 115-D050PIL-100');
      expect(short(rows['amd-links'])).toBe('1 x 8.0 GT/s x16');
      expect(short(rows['amd0.device'])).toBe('0x687f, 0x04c4, 0xc1');
      expect(short(rows['amd0.unique-id'])).toBe('0123456789abcdef');
      expect(short(rows['amd0.performance-level'])).toBe('manual');
      expect(short(rows['amd0.pcie-degraded'])).toBe('no');
      expect(short(rows['nvidia-cards'])).toBe('none');
    }
  });
});

test.each(listed('nvidia-smi-xml'))('%s damaged: facts or a reason, each in one line', (name) => {
  const bytes = readFileSync(join(captures, 'nvidia-smi-xml', name));
  let state = bytes.length;
  const below = (bound: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state % bound;
  };
  for (let round = 0; round < 600; round += 1) {
    const copy = Buffer.from(bytes.subarray(0, round % 3 === 0 ? below(bytes.length) : bytes.length));
    for (let count = below(4); count > 0 && copy.length > 0; count -= 1) copy[below(copy.length)] = below(256);
    const rows = gpuFacts({ sys: '', 'nvidia-smi': copy });
    for (const [key, fact] of Object.entries(rows))
      if ('value' in fact && /[\0-\x1f\x7f]/.test(fact.value)) expect.fail(`${key} is no line`);
  }
});
