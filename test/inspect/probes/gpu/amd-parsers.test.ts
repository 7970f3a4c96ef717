import { describe, expect, test } from 'vitest';
import { amdSmiCards, rocmSmiCards } from '../../../../src/inspect/probes/gpu/amd-tools.ts';
import { pciAddress } from '../../../../src/inspect/probes/gpu/bus.ts';
import { computeUnits, gfxTarget, kfdNodes, kfdSlot } from '../../../../src/inspect/probes/gpu/kfd.ts';
import { short } from '../../answering.ts';
import { bus, type Fields, gpuFacts, kfd, mi210 } from './composed.ts';

test('PCI addresses of sysfs and of NVIDIA are the same', () => {
  expect(pciAddress('00000000:C1:00.0')).toBe('0000:c1:00.0');
  expect(pciAddress('0000:c1:00.0')).toBe('0000:c1:00.0');
  expect(pciAddress('00010001:01:00.0')).toBe('10001:01:00.0');
  expect(pciAddress('c1:00.0')).toBeUndefined();
});

describe('KFD', () => {
  test('names targets by their version', () => {
    const target = (version: number) =>
      gfxTarget({ node: 1, properties: new Map([['gfx_target_version', String(version)]]) });
    expect([90010, 90402, 90008, 110000, 120001, 0].map(target)).toEqual([
      ...['gfx90a', 'gfx942', 'gfx908', 'gfx1100', 'gfx1201'],
      undefined,
    ]);
  });
  test('leaves processors out and gives each card its slot', () => {
    const nodes = kfdNodes(kfd(2));
    expect(nodes.map(({ node }) => node)).toEqual([1, 2]);
    expect(nodes.map(kfdSlot)).toEqual(['0000:01:00', '0000:02:00']);
    expect(nodes.map(computeUnits)).toEqual(['104', '104']);
    expect(kfdNodes('garbage\n/nodes/x/properties:simd_count 1\n')).toEqual([]);
  });
});

describe('a card', () => {
  const card = (changed: Fields, tools: Fields = {}) => {
    const sys = bus(1, '0x1002', 'amdgpu');
    const facts = gpuFacts({ sys, amd: mi210('0000:01:00.0', changed), kfd: kfd(1), ...tools });
    return (key: string): string => short(facts[`amd0.${key}`]);
  };
  test('as the kernel shows it', () => {
    const plain = card({});
    expect(plain('device')).toBe('0x740f, 0x0c34, 0x02');
    expect(plain('firmware')).toBe('mec 0x0000005c, smc 0x00441c00');
    expect(plain('power-limit')).toBe('300 W');
    expect(plain('clocks')).toBe('800 MHz');
    expect(plain('clocks-max')).toBe('1700 MHz');
    expect(plain('retired-pages')).toBe('none');
    expect(plain('ecc-uncorrected')).toBe('0');
    expect(plain('pcie-degraded')).toBe('no');
    expect(plain('model')).toBe('?absent');
  });
  test('faults', () => {
    expect(card({ current_link_width: '8' })('pcie-degraded')).toBe('width x8 of x16');
    expect(card({ current_link_width: 'x' })('pcie-degraded')).toBe('?error');
    expect(card({ 'ras/umc_err_count': 'ue: 2', 'ras/gfx_err_count': 'ue: 1' })('ecc-uncorrected')).toBe('3');
    expect(card({ 'ras/umc_err_count': 'ue: ?' })('ecc-uncorrected')).toBe('?error');
    expect(card({ 'ras/gpu_vram_bad_pages': '0x00000001 : 0x00001000 : R' })('retired-pages')).toBe('some');
    expect(card({ 'hwmon/hwmon3/power1_cap': '250000000' })('power-limit')).toBe('250 W, default 300 W');
    expect(card({ mem_info_vram_total: 'much' })('memory')).toBe('?error');
  });
  test('what the tools add, and only where the kernel says nothing', () => {
    const smi =
      'GPU: 0\n    ASIC:\n        MARKET_NAME: AMD Instinct MI210\n    BUS:\n        BDF: 0000:01:00.0\n    VBIOS:\n        VERSION: another\n    PARTITION:\n        COMPUTE_PARTITION: N/A\n        MEMORY_PARTITION: NPS1\n';
    const named = card({}, { 'amd-smi': smi });
    expect([named('model'), named('vbios'), named('memory-partition'), named('partition')]).toEqual([
      ...['AMD Instinct MI210', '113-D67301-063', 'NPS1', '?absent'],
    ]);
    const other = card({}, { 'amd-smi': smi.replace('0000:01:00.0', '0000:02:00.0') });
    expect(other('model')).toBe('?absent');
  });
});

describe('tools', () => {
  test('rocm-smi, whatever its release calls a key, with words before the JSON', () => {
    const json = JSON.stringify({
      card0: {
        'PCI Bus': '0000:C1:00.0',
        'Card Series': 'AMD Instinct MI210',
        'VBIOS version': 'N/A',
        'Card Model': '0x740f',
      },
      system: { 'Driver version': '6.3.6', PID71: 'secret, 0' },
    });
    expect(rocmSmiCards(`WARNING: a word\n${json}\n`)).toEqual([
      { address: '0000:c1:00.0', model: 'AMD Instinct MI210' },
    ]);
    for (const text of ['', 'WARNING: No JSON data to report', '{"card0": ', '{}}', '[1]'])
      expect(rocmSmiCards(text) ?? []).toEqual([]);
    expect(rocmSmiCards('{"card0": null, "card1": {"Card series": ["x"], "VBIOS version": 7}}')).toEqual([
      { vbios: '7' },
    ]);
  });
  test('amd-smi without anything it should have', () => {
    expect(amdSmiCards('')).toEqual([]);
    expect(amdSmiCards('GPU: 0\nGPU: 1\n    RAS:\n        ECC_BLOCK_STATE:\n            UMC: DISABLED\n')).toEqual([
      {},
      { ras: 'none' },
    ]);
  });
});
