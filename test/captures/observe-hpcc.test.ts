/** Outputs of HPCC 1.4.2 from two machines, and of HPL alone, read in place. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { valueIn } from '../observe/fixture.ts';

const folder = new URL('../../../shared/captures/', import.meta.url);
const there = existsSync(new URL('hpcc/', folder));
const text = (file: string) => readFileSync(new URL(file, folder), 'latin1');
const key = (name: string, unit = '1') => ({ parser: 'hpcc', key: name, unit });

describe.skipIf(!there)('HPCC', () => {
  it('reads the summary inside the output of a job', () => {
    const akrr = text('hpcc/akrr-hpcc-1.4.2.txt');
    expect(valueIn(akrr, key('Success'))).toBe(1);
    expect(valueIn(akrr, { parser: 'hpcc', residual: 'value', unit: '1' })).toBe(0.0010074);
    expect(valueIn(akrr, { parser: 'hpcc', residual: 'status', type: 'text', unit: '' })).toBe('PASSED');
    const pkb = text('hpcc/pkb-hpcc-1.4.2.txt');
    expect(valueIn(pkb, key('HPL_Tflops', 'Tflop/s'))).toBe(0.0331844);
    expect(valueIn(pkb, key('MPIFFT_maxErr'))).toBe(2.31089e-15);
    expect(valueIn(pkb, key('M_OPENMP'))).toContain('did not measure');
  });

  it('every key of a summary can be read', () => {
    for (const file of readdirSync(new URL('hpcc/', folder))) {
      const body = text(`hpcc/${file}`);
      const summary = body.slice(body.indexOf('Begin of Summary'), body.indexOf('End of Summary'));
      for (const [, name, value] of summary.matchAll(/^(\w+)=(-?[0-9.e+-]+)$/gm)) {
        const read = valueIn(body, { parser: 'keyvalue', key: name ?? '', unit: '1' });
        expect(read).toBe(Number(value));
      }
    }
  });

  it('does not take HPL alone for HPCC', () => {
    const body = text('hpl/stackhpc-hpl-openmpi4.txt');
    expect(valueIn(body, { parser: 'hpcc', residual: 'value', unit: '1' })).toContain('missing');
    const pattern = '^\\|\\|Ax-b\\|\\|_oo.*= *(?<value>\\S+) \\.+ PASSED$';
    expect(valueIn(body, { parser: 'regex', pattern, unit: '1' })).toBe(1.1310092e-3);
  });
});
