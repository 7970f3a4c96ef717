/** Logs of LAMMPS from 2010 to 2024, read in place. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { linesOf } from '../../src/observe/lines.ts';
import { readLammpsLog } from '../../src/observe/parsers/lammps/log.ts';
import { valueIn } from '../observe/fixture.ts';

const folder = new URL('../../../shared/captures/lammps/', import.meta.url);
const files = existsSync(folder) ? readdirSync(folder) : [];
const text = (file: string) => readFileSync(new URL(file, folder), 'latin1');
const energy = { parser: 'lammps', column: 'TotEng', unit: 'epsilon/atom' };
const rate = { parser: 'lammps', loop_rate: 'timesteps/s', unit: 'timesteps/s', run: 'last' };

describe.skipIf(files.length === 0)('logs of LAMMPS', () => {
  it.each(files)('%s: as many ended runs as loop times, each with a table', (file) => {
    const log = readLammpsLog(linesOf(text(file)));
    const loops = text(file).match(/^Loop time of/gm)?.length ?? 0;
    const ended = log.runs.filter((run) => run.loop);
    expect(ended).toHaveLength(loops);
    for (const run of ended) {
      expect(run.rows.length).toBeGreaterThan(0);
      expect(run.columns.length).toBeGreaterThan(1);
      for (const row of run.rows) expect(row.cells).toHaveLength(run.columns.length);
    }
  });

  it.each(files)('%s: every column of every run can be read, or says why not', (file) => {
    const log = readLammpsLog(linesOf(text(file)));
    for (const [index, run] of log.runs.entries()) {
      for (const column of new Set(run.columns)) {
        const values = valueIn(text(file), { ...energy, column, series: true, run: index + 1 });
        if (log.error || !run.loop) expect(values).toContain('missing');
        else if (typeof values === 'string') expect(values).toMatch(/goes from step|not finite|broken row/);
        else expect(values).toHaveLength(run.rows.length);
      }
    }
  });

  it.each(files)('%s: the rate agrees with the line Performance', (file) => {
    const log = readLammpsLog(linesOf(text(file)));
    const last = log.runs.at(-1);
    const value = valueIn(text(file), rate);
    if (log.error || !last?.loop || last.loop.steps === 0) expect(value).toContain('missing');
    else expect(value).toBeGreaterThan(0);
  });

  it('knows the values of a few', () => {
    expect(valueIn(text('bench-lj-6Oct16.log'), energy)).toBe(-4.6223375);
    expect(valueIn(text('29-Nov-2011.log'), { ...energy, at: 'step 500' })).toBe(2.7534);
    expect(valueIn(text('20-Sep-2010.log'), { ...energy, run: 1 })).toBe(-4.6213906);
    expect(valueIn(text('reax-eks-gpu.log'), { ...energy, column: 'PotEng' })).toBe(-113.2853);
    expect(valueIn(text('reax-eks-gpu.log'), rate)).toBeCloseTo(6.564, 3);
    expect(valueIn(text('error-lost-atoms-1Feb14.log'), energy)).toContain('ERROR: Lost atoms');
    expect(valueIn(text('aiida-base-error.log'), energy)).toContain('Cannot open file');
    expect(valueIn(text('reax-cyclecloud-cancelled.log'), energy)).toContain('no run of LAMMPS');
    expect(valueIn(text('reax-cyclecloud-gpu-two-runs.log'), energy)).toContain('2 LAMMPS wrote');
  });
});
