import { describe, expect, it } from 'vitest';
import { validate } from '../../src/base/schema.ts';
import { lintObservation, observationSchema } from '../../src/observe/declaration.ts';
import { observe } from '../../src/observe/observe.ts';

const rate = { parser: 'keyvalue', key: 'rate', unit: 'GB/s', better: 'higher' } as const;

describe('observe', () => {
  it('puts every declared name into exactly one list', () => {
    const declarations = {
      rate,
      gone: { parser: 'keyvalue', key: 'gone', unit: 's' },
      all: { parser: 'keyvalue', key: 'e', unit: 'J', series: true },
      elsewhere: { parser: 'keyvalue', key: 'e', unit: 'J', file: 'other.txt' },
      odd: { parser: 'nonsense', unit: '1' },
      __proto__x: { parser: 'regex', pattern: '(', unit: '1' },
    } as const;
    const observed = observe(declarations, { stdout: 'e=1\nrate=2 GB/s\ne=3\n' });
    const names = [...observed.observations, ...observed.series, ...observed.missing].map((one) => one.name);
    expect(names.sort()).toEqual(Object.keys(declarations).sort());
    expect(observed.observations).toEqual([
      { name: 'rate', value: 2, unit: 'GB/s', better: 'higher', file: 'stdout', line: 2 },
    ]);
    expect(observed.series).toEqual([{ name: 'all', values: [1, 3], unit: 'J', file: 'stdout', line: 1 }]);
  });

  it('says which output is not there or empty', () => {
    const declarations = {
      a: { ...rate, file: 'a.txt' },
      b: { ...rate, file: 'b.txt' },
      c: { ...rate, file: 'toString' },
    };
    const whys = observe(declarations, { 'b.txt': ' \n' }).missing.map((one) => one.why);
    expect(whys).toEqual([
      'the output a.txt is not there',
      'the output b.txt is empty',
      'the output toString is not there',
    ]);
  });

  it('does not throw for any bytes', () => {
    const declarations = {
      a: { parser: 'lammps', column: 'TotEng', unit: 'eV' },
      b: { parser: 'lammps', loop_rate: 'timesteps/s', unit: 'timesteps/s' },
      c: { parser: 'hpcc', key: 'HPL_Tflops', unit: 'Tflop/s' },
      d: { parser: 'hpcc', residual: 'value', unit: '1' },
      e: { parser: 'regex', pattern: '(?<value>.*)', unit: '1' },
      f: { parser: 'keyvalue', key: 'a', begin: 'x', end: 'y', unit: '1' },
    } as const;
    const pieces = [
      'Step',
      ' ',
      '\n',
      '\r',
      '\u0000',
      'Loop time of ',
      'nan',
      '1e999',
      'on 1 procs for 3 steps',
      '=',
      'a',
      'x',
      'y',
    ];
    pieces.push(
      'LAMMPS (',
      'Per MPI rank memory',
      '---',
      'keywords: [',
      ']',
      'TotEng',
      'Begin of Summary section.',
      '\ufffd',
      '- [',
      '-1',
    );
    pieces.push(
      '||Ax-b||_oo = 1 ...... PASSED',
      'End of Summary section.',
      '------------ Step 0 ----- CPU = 0 (sec) ----',
    );
    let state = 7;
    const random = (below: number) => {
      state = (state * 1103515245 + 12345) % 2147483648;
      return state % below;
    };
    for (let count = 0; count < 2000; count += 1) {
      const text = Array.from({ length: random(40) }, () => pieces[random(pieces.length)]).join('');
      const observed = observe(declarations, { stdout: text });
      expect(observed.observations.length + observed.series.length + observed.missing.length).toBe(6);
      for (const { value } of observed.observations) expect(Number.isFinite(value)).toBe(true);
    }
  });
});

describe('declarations', () => {
  it('accepts each parser by its schema', () => {
    expect(validate(observationSchema, rate)).toHaveProperty('ok');
    expect(validate(observationSchema, { parser: 'keyvalue', unit: 's', keys: 'a' })).toHaveProperty('problems');
  });

  it.each([
    [{ parser: 'keyvalu', key: 'a', unit: '1' }, 'did you mean "keyvalue"?'],
    [{ parser: 'keyvalue', key: 'a' }, 'lacks the key "unit"'],
    [{ parser: 'keyvalue', key: 'a', unit: '1', pattern: 'x' }, 'unknown key "pattern"'],
    [{ parser: 'keyvalue', key: 'a', unit: ' ' }, 'needs a "unit"'],
    [{ parser: 'keyvalue', key: 'a', unit: 'm', type: 'text' }, 'a text has no unit'],
    [{ parser: 'keyvalue', key: 'a', unit: '', type: 'text', series: true }, 'a series is of numbers'],
    [{ parser: 'keyvalue', key: 'a', unit: 's', better: 'lower', series: true }, 'not a series'],
    [{ parser: 'keyvalue', key: 'a', unit: 's', file: '../secret' }, 'leads out of'],
    [{ parser: 'keyvalue', key: 'a', unit: 's', file: '/etc/passwd' }, '"file"'],
    [{ parser: 'regex', pattern: 'a', unit: 's' }, 'no group (?<value>'],
    [{ parser: 'lammps', unit: 's' }, 'either "column" or "loop_rate"'],
    [{ parser: 'lammps', loop_rate: 'timesteps/s', unit: 's' }, 'needs "unit: timesteps/s"'],
    [{ parser: 'lammps', column: 'Temp', at: 'middle', unit: 'K' }, '"at"'],
    [{ parser: 'hpcc', key: 'HPL_Tflops', unit: 'Gflop/s' }, 'in "Tflop/s"'],
    [{ parser: 'hpcc', residual: 'status', unit: '1' }, 'is a text'],
    [null, 'names no parser'],
  ])('refuses %j', (declaration, text) => {
    const problems = lintObservation('x', declaration);
    expect(problems.map((one) => `${one.message} ${one.hint ?? ''}`).join('\n')).toContain(text);
  });
});
