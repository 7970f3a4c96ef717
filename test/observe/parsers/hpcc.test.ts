import { describe, expect, it } from 'vitest';
import { fixture, readOne, valueIn } from '../fixture.ts';

const text = fixture('hpcc/1.5.0/n1000-1x2.txt');
const key = (name: string, unit = '1') => ({ parser: 'hpcc', key: name, unit });
const residual = { parser: 'hpcc', residual: 'value', unit: '1' };
const status = { parser: 'hpcc', residual: 'status', type: 'text', unit: '' } as const;

describe('hpcc', () => {
  it('reads the summary', () => {
    expect(readOne(text, key('HPL_Tflops', 'Tflop/s'))).toMatchObject({ value: 0.00290403, unit: 'Tflop/s' });
    expect(valueIn(text, key('MPIRandomAccess_ErrorsFraction'))).toBe(0);
    expect(valueIn(text, key('CommWorldProcs'))).toBe(2);
    expect(valueIn(text, key('Nonsense'))).toContain('is not in stdout');
  });

  it("reads HPL's residual and what HPL says of it", () => {
    expect(valueIn(text, residual)).toBe(0.007251);
    expect(valueIn(text, status)).toBe('PASSED');
    const failed = text.replace(/= +0\.0072510 \.\.\.\.\.\. PASSED/, '=        17.2 ...... FAILED');
    expect(valueIn(failed, status)).toBe('FAILED');
    expect(valueIn(failed, residual)).toBe(17.2);
    expect(valueIn(failed.replace('17.2', 'nan'), status)).toBe('FAILED');
    expect(valueIn(failed.replace('17.2', 'nan'), residual)).toContain('not finite');
    expect(valueIn(text.replace(/^\|\|Ax-b.*$/m, ''), residual)).toContain('no residual');
  });

  it('counts nothing without the end of the summary', () => {
    const cut = text.slice(0, text.indexOf('End of Summary'));
    for (const declaration of [key('HPL_Tflops', 'Tflop/s'), residual, status])
      expect(valueIn(cut, declaration)).toContain('cut short');
    expect(valueIn('hello\n', key('HPL_Tflops', 'Tflop/s'))).toContain('"Begin of Summary section." is not there');
  });

  it('does not choose between two runs in one file', () => {
    expect(valueIn(text + text, key('HPL_Tflops', 'Tflop/s'))).toContain('2 summaries');
  });

  it('knows -1 as not measured', () => {
    const one = fixture('hpcc/1.5.0/n1000-1x1.txt');
    expect(valueIn(one, key('MaxPingPongLatency_usec', 'us'))).toContain('did not measure');
  });
});
