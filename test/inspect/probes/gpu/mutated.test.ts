import { describe, expect, test } from 'vitest';
import { type Given, short, small } from '../../answering.ts';
import { bus, gpuFacts, kfd, mi210, nvidiaXml } from './composed.ts';

/** Numbers that look random and are the same in every run (xorshift32). */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const matrix = '\tGPU0\tGPU1\tCPU Affinity\tNUMA Affinity\nGPU0\t X \tNV4\t0-15\t0\nGPU1\tNV4\t X \t16-31\t1\n';
const smi = 'GPU: 0\n    ASIC:\n        MARKET_NAME: MI210\n    BUS:\n        BDF: 0000:01:00.0\n';
const rocm = JSON.stringify({ card0: { 'PCI Bus': '0000:01:00.0', 'VBIOS version': '1' } });
const sys =
  bus(2, '0x10de', 'nvidia') + bus(1, '0x1002', 'amdgpu') + small({ '/sys/module/nvidia/version': '535.54.03' });
const whole: Readonly<Record<string, string>> = {
  sys,
  dev: '/dev/kfd\n/dev/nvidia0\n/dev/dri/renderD128\n',
  'nvidia-smi': nvidiaXml([{}, {}]),
  'nvidia-topology': matrix,
  'nvidia-information': '/proc/driver/nvidia/gpus/0000:01:00.0/information:Model: \t\t NVIDIA A100-SXM4-80GB\n',
  'nvidia-parameters': 'EnableMSI: 1\n',
  'fabric-manager': 'Fabric Manager version is : 535.54.03\n',
  dcgm: 'dcgmi  version: 3.3.5\n',
  'dcgm-health': '| Overall Health | Healthy |\n',
  amd: mi210('0000:01:00.0'),
  kfd: kfd(1),
  'amd-smi': smi,
  'rocm-smi': rocm,
};

function shown(given: Readonly<Record<string, Given>>): Readonly<Record<string, string>> {
  const facts = gpuFacts(given);
  const torn = Object.entries(facts).find(([, fact]) => 'value' in fact && /[\n\r]/.test(fact.value));
  if (torn) throw new Error(`${torn[0]} holds several lines`);
  return Object.fromEntries(Object.entries(facts).map(([key, fact]) => [key, short(fact)]));
}

function flipped(text: string, at: number, to: number): Buffer {
  const bytes = Buffer.from(text);
  bytes[at] = to;
  return bytes;
}

describe.each(Object.keys(whole))('%s', (id) => {
  const text = whole[id] ?? '';

  test('never throws and keeps its facts in one line: flipped, cut, empty, huge, other line ends', () => {
    const next = numbers(id.length * 2654435761);
    for (let round = 0; round < 60; round += 1) {
      shown({ ...whole, [id]: flipped(text, next(text.length), next(256)) });
      shown({ ...whole, [id]: text.slice(0, next(text.length)) });
    }
    for (const odd of [
      '',
      '\0',
      text.replaceAll('\n', '\r\n'),
      text.repeat(20),
      'x'.repeat(1 << 20),
      '<'.repeat(1 << 16),
    ])
      shown({ ...whole, [id]: odd });
  }, 60_000);
});

describe('the XML', () => {
  const text = whole['nvidia-smi'] ?? '';
  const good = shown(whole);

  test('a byte of markup that is changed never changes a value into another', () => {
    const changed: string[] = [];
    for (let at = 0; at < text.length; at += 5) {
      // What stands between tags of one line is a value, and so is the id of a card: there a change shows as such.
      const line = text.slice(text.lastIndexOf('\n', at - 1) + 1, text.indexOf('\n', at));
      const column = at - (text.lastIndexOf('\n', at - 1) + 1);
      const value = /^\s*<[^>]*>([^<]+)<\/|id="([^"]*)"/d.exec(line)?.indices;
      const [from, to] = value?.[1] ?? value?.[2] ?? [-1, -1];
      if (column >= from && column < to) continue;
      const facts = shown({ ...whole, 'nvidia-smi': flipped(text, at, (text.charCodeAt(at) ^ 8) & 0x7f) });
      for (const [key, fact] of Object.entries(facts))
        if (fact !== good[key] && !fact.startsWith('?')) changed.push(`${at}: ${key} = ${fact}`);
    }
    expect(changed).toEqual([]);
  }, 60_000);
  test('a value that is changed changes no other card', () => {
    const at = text.lastIndexOf('92.00.36.00.02');
    const facts = shown({ ...whole, 'nvidia-smi': flipped(text, at, 0x38) });
    const changed = Object.keys(good).filter((key) => facts[key] !== good[key]);
    expect(changed).toEqual(['nvidia-cards', 'nvidia1.vbios']);
  });
  test('after a cut, what stands before it is as it was, all that follows is unknown', () => {
    const second = text.lastIndexOf('<gpu id');
    const facts = shown({ ...whole, 'nvidia-smi': text.slice(0, text.indexOf('<compute_mode>', second)) });
    expect(facts['nvidia0.fabric']).toBe(good['nvidia0.fabric']);
    expect(facts['nvidia1.vbios']).toBe(good['nvidia1.vbios']);
    expect(facts['nvidia1.ecc']).toBe('?error');
    expect(facts['nvidia1.compute-mode']).toBe('?error');
    expect(facts['nvidia-cards']).toBe('?error');
    for (let cut = 0; cut < text.length; cut += 31)
      for (const [key, fact] of Object.entries(shown({ ...whole, 'nvidia-smi': text.slice(0, cut) })))
        if (key.startsWith('nvidia-') && !fact.startsWith('?')) expect(`${key}=${fact}`).toBe(`${key}=${good[key]}`);
  });
});
