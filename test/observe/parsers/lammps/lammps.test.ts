import { describe, expect, it } from 'vitest';
import { linesOf } from '../../../../src/observe/lines.ts';
import { readLammpsLog } from '../../../../src/observe/parsers/lammps/log.ts';
import { fixture, readOne, valueIn } from '../../fixture.ts';

const energy = { parser: 'lammps', column: 'TotEng', unit: 'epsilon/atom' } as const;
const rate = { parser: 'lammps', loop_rate: 'timesteps/s', unit: 'timesteps/s' } as const;
const melt = fixture('lammps/29Sep2021/melt-2.txt');

describe('lammps', () => {
  it('reads a column at the first, last or any printed step, and as a series', () => {
    expect(readOne(melt, energy)).toMatchObject({ value: -2.28121744523246, unit: 'epsilon/atom', line: 54 });
    expect(valueIn(melt, { ...energy, at: 'first' })).toBe(-2.27449305325277);
    expect(valueIn(melt, { ...energy, at: 'step 100' })).toBe(-2.2813010053597);
    expect(valueIn(melt, { ...energy, at: 'step 105' })).toContain('no row for step 105');
    expect(valueIn(melt, { ...energy, series: true })).toHaveLength(26);
  });

  it('says which column is near', () => {
    expect(valueIn(melt, { ...energy, column: 'Toteng' })).toContain('but "TotEng" is');
  });

  it('gives the rate from the loop time', () => {
    const { loop } = readLammpsLog(linesOf(melt)).runs[0] ?? {};
    expect(valueIn(melt, rate)).toBeCloseTo(250 / Number(loop?.seconds), 9);
    expect(valueIn(melt, { ...rate, loop_rate: 'atom-steps/s', unit: 'atom-steps/s' })).toBeCloseTo(
      (250 * 4000) / Number(loop?.seconds),
      5,
    );
  });

  it('refuses a rate that contradicts the line Performance', () => {
    const forged = melt.replace(/^Loop time of \S+/m, 'Loop time of 0.001');
    expect(valueIn(forged, rate)).toContain('says');
    expect(valueIn(melt.replace(/^Loop time of \S+/m, 'Loop time of nan'), rate)).toContain('not finite');
    expect(valueIn(melt.replace(/^Loop time of \S+/m, 'Loop time of 0'), rate)).toContain('took no time');
    expect(valueIn(melt.replace('for 250 steps', 'for 0 steps'), rate)).toContain('no steps');
  });

  it('reads the same energies of both builds, and of the styles multi and yaml', () => {
    for (const path of ['29Sep2021/melt-1', '29Sep2021/melt-4', '22Jul2025/melt-1'])
      expect(valueIn(fixture(`lammps/${path}.txt`), energy)).toBeCloseTo(-2.28121744523246, 12);
    for (const path of ['29Sep2021/multi', '22Jul2025/multi']) {
      expect(valueIn(fixture(`lammps/${path}.txt`), { ...energy, series: true })).toHaveLength(26);
      expect(valueIn(fixture(`lammps/${path}.txt`), energy)).toBe(-2.2812);
    }
    const yaml = fixture('lammps/22Jul2025/yaml.txt');
    expect(valueIn(yaml, { ...energy, column: 'PotEng' })).toBe(-4.77743273563218);
    expect(valueIn(yaml, { ...energy, column: 'Press', at: 'step 10' })).toBe(2.446646128742);
  });

  it('takes the last run unless another is named', () => {
    const two = fixture('lammps/29Sep2021/two-runs.txt');
    expect(valueIn(two, { ...energy, column: 'Step', series: true })).toEqual([20, 30, 40, 50]);
    expect(valueIn(two, { ...energy, column: 'Step', series: true, run: 1 })).toEqual([0, 10, 20]);
    expect(valueIn(two, { ...energy, run: 3 })).toContain('only 2 runs');
  });

  it('is missing when LAMMPS stopped, with its words', () => {
    expect(valueIn(fixture('lammps/29Sep2021/error.txt'), energy)).toContain(
      'ERROR on proc 0: Substitution for illegal',
    );
    expect(
      valueIn(melt.replace('Loop time', 'ERROR: Lost atoms: original 4000 current 3999\nLoop time'), energy),
    ).toContain('Lost atoms');
  });

  it('is missing when ranks ran alone', () => {
    expect(valueIn(fixture('lammps/29Sep2021/singletons-3.txt'), energy)).toContain('3 LAMMPS wrote');
    expect(valueIn(fixture('lammps/29Sep2021/singletons-3.txt'), { ...energy, run: 'last' })).toBeCloseTo(
      -2.2812174,
      7,
    );
  });

  it('is missing wherever the output is cut', () => {
    const lines = melt.split('\n');
    const end = lines.findIndex((line) => line.startsWith('Loop time'));
    for (let count = 0; count <= end; count += 1) {
      const cut = lines.slice(0, count).join('\n');
      for (const declaration of [energy, { ...energy, series: true }, rate])
        expect(valueIn(cut, declaration)).toContain('missing');
    }
  });

  it('is missing when a row is lost or broken', () => {
    const without = (step: number) => melt.replace(new RegExp(`^ +${step} .*\n`, 'm'), '');
    expect(valueIn(without(250), energy)).toContain('goes from step 0 to 240, but LAMMPS ran 250');
    expect(valueIn(without(0), energy)).toContain('goes from step 10 to 250');
    const broken = melt.replace(/^( +100 +\S+ +\S+).*$/m, '$1');
    expect(valueIn(broken, energy)).toContain('broken row');
    expect(valueIn(melt.replace(/^( +250 +\S+ +\S+ +)\S+/m, '$1-nan'), energy)).toContain('not finite');
    expect(valueIn(melt.replace(/^( +100 +\S+ +\S+ +)\S+/m, '$1****'), { ...energy, series: true })).toContain(
      'did not fit',
    );
  });

  it('stands warnings, SHAKE statistics and other lines inside the table', () => {
    const noisy = melt.replace(
      /^( +100 .*)$/m,
      'WARNING: Lost atoms: original 2000 current 1999 (src/thermo.cpp:487)\nSHAKE stats (type/ave/delta) on step 90\n  4 1.111 1.44785e-06\n$1',
    );
    expect(valueIn(noisy, { ...energy, series: true })).toHaveLength(26);
  });
});
