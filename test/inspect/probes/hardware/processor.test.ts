import { describe, expect, test } from 'vitest';
import { hardware } from '../../../../src/inspect/probes/hardware/hardware.ts';
import { x86Level } from '../../../../src/inspect/probes/hardware/processor.ts';
import { read, short } from '../../answering.ts';

const first = 'fpu sse sse2 lm nx';
const second = `${first} cx16 lahf_lm popcnt pni sse4_1 sse4_2 ssse3`;
const third = `${second} abm avx avx2 bmi1 bmi2 f16c fma movbe xsave`;
const fourth = `${third} avx512f avx512bw avx512cd avx512dq avx512vl`;

describe('x86Level', () => {
  test.each([
    [first, 'x86-64-v1'],
    [second, 'x86-64-v2'],
    [third, 'x86-64-v3'],
    [fourth, 'x86-64-v4'],
    // AVX-512 without what stands below it is no fourth level.
    [fourth.replace(' movbe', ''), 'x86-64-v2'],
    ['fpu sse sse2 pae', undefined],
    ['', undefined],
  ])('%s', (flags, level) => {
    expect(x86Level(flags)).toBe(level);
  });
});

test('what decides which machine code runs', () => {
  const of = (cpuinfo: Parameters<typeof read>[1][string]) => short(read(hardware, { cpuinfo })['instruction-set']);
  expect(of(`flags\t\t: ${third}\n`)).toBe('x86-64-v3');
  expect(of(`flags\t\t: ${third}\r\n`)).toBe('x86-64-v3');
  expect(of('Features\t: fp asimd sve\n')).toBe('fp asimd sve');
  expect(of('')).toBe('?absent');
  expect(of({ unknown: 'denied' })).toBe('?denied');
});
