import { describe, expect, it } from 'vitest';
import type { CheckDeclaration } from '../../../src/judge/check.ts';
import { lintCheck } from '../../../src/judge/declaration.ts';
import { judgeCases } from '../../../src/judge/judge.ts';
import { checkOn, evidence, observedOf } from '../case-evidence.ts';

type Values = Parameters<typeof observedOf>[0];

/** Verdict and message of one check on one case. */
function verdict(values: Values, declaration: Omit<CheckDeclaration, 'why'>): string {
  const [judgement] = judgeCases([evidence({ observed: observedOf(values), checks: checkOn(declaration) })]);
  const finding = judgement?.findings.find((one) => one.check === 'check');
  return `${finding?.verdict}: ${finding?.message}`;
}

describe('tolerance', () => {
  const energy = (expect: number, bound: object) => ({ kind: 'tolerance', of: 'e', expect, ...bound });

  it('refuses an energy off by 1e-3 and by 1e-6, and takes the reference', () => {
    const reference = -2.281217445232;
    const declared = energy(reference, { relative: 1e-9 });
    expect(verdict({ e: -2.28121744523246 }, declared)).toContain('pass: e is -2.28121744523246 u');
    for (const wrong of [1e-3, 1e-6, 1e-8]) {
      expect(verdict({ e: reference * (1 + wrong) }, declared)).toContain('fail');
      expect(verdict({ e: reference * (1 - wrong) }, declared)).toContain('fail');
    }
  });

  it('holds at its end and not beyond', () => {
    expect(verdict({ e: 1.5 }, energy(1, { absolute: 0.5 }))).toContain('pass');
    expect(verdict({ e: 1.5000001 }, energy(1, { absolute: 0.5 }))).toContain('fail');
    expect(verdict({ e: 110 }, energy(100, { absolute: 0.5, relative: 0.1 }))).toContain('pass');
    expect(verdict({ e: 0.4 }, energy(0, { absolute: 0.5, relative: 0.1 }))).toContain('pass');
  });

  it('counts units of the last place, across zero too', () => {
    expect(verdict({ e: 1 + 2 * Number.EPSILON }, energy(1, { ulp: 2 }))).toContain('pass');
    expect(verdict({ e: 1 + 3 * Number.EPSILON }, energy(1, { ulp: 2 }))).toContain('fail');
    expect(verdict({ e: -5e-324 }, energy(5e-324, { ulp: 2 }))).toContain('pass');
    expect(verdict({ e: -5e-324 }, energy(5e-324, { ulp: 1 }))).toContain('fail');
    expect(verdict({ e: -0 }, energy(0, { ulp: 0 }))).toContain('pass');
  });

  it('is invalid when it cannot be computed', () => {
    expect(verdict({ f: 1 }, energy(1, { absolute: 1 }))).toContain('invalid: "e" is not among');
    expect(verdict({ e: 'one' }, energy(1, { absolute: 1 }))).toContain('invalid');
    expect(verdict({ e: [1, 1] }, energy(1, { absolute: 1 }))).toContain('not a single value');
    expect(verdict({ e: Number.NaN }, energy(1, { absolute: 1 }))).toContain('invalid');
    expect(verdict({ e: 1 }, energy(1, {}))).toContain('declare a tolerance');
    expect(verdict({ e: 1 }, { kind: 'toleranc', of: 'e', expect: 1 })).toContain('invalid');
    expect(verdict({ e: 1 }, energy(1, { absolute: -1 }))).toContain('invalid');
  });
});

describe('equals and one-of', () => {
  it('compares numbers and texts exactly', () => {
    expect(verdict({ x: 1 }, { kind: 'equals', of: 'x', expect: 1 })).toContain('pass');
    expect(verdict({ x: 1.0000000001 }, { kind: 'equals', of: 'x', expect: 1 })).toContain('fail');
    expect(verdict({ x: 'PASSED' }, { kind: 'equals', of: 'x', expect: 'PASSED' })).toContain('pass');
    expect(verdict({ x: 'passed' }, { kind: 'equals', of: 'x', expect: 'PASSED' })).toContain('fail: x is "passed"');
    expect(verdict({ x: 1 }, { kind: 'equals', of: 'x', expect: '1' })).toContain('invalid');
    expect(verdict({ x: 'b' }, { kind: 'one-of', of: 'x', values: ['a', 'b'] })).toContain('pass');
    expect(verdict({ x: 'c' }, { kind: 'one-of', of: 'x', values: ['a', 'b'] })).toContain('fail');
    expect(verdict({ x: 1 }, { kind: 'one-of', of: 'x', values: ['1'] })).toContain('invalid');
  });
});

describe('range', () => {
  it('takes its ends, and looks at all of a series', () => {
    expect(verdict({ x: 16 }, { kind: 'range', of: 'x', max: 16 })).toContain('pass');
    expect(verdict({ x: 16.1 }, { kind: 'range', of: 'x', max: 16 })).toContain(
      'fail: x is 16.1 u, expected at most 16',
    );
    expect(verdict({ x: -1 }, { kind: 'range', of: 'x', min: 0, max: 16 })).toContain('fail');
    expect(verdict({ x: [1, 2, 3] }, { kind: 'range', of: 'x', min: 1, max: 3 })).toContain('pass');
    expect(verdict({ x: [1, 5, 3] }, { kind: 'range', of: 'x', min: 1, max: 3 })).toContain('fail: value 2 of x is 5');
    expect(verdict({ x: [] }, { kind: 'range', of: 'x', min: 1 })).toContain('invalid');
    expect(verdict({ x: 1 }, { kind: 'range', of: 'x' })).toContain('invalid');
  });
});

describe('monotone', () => {
  it.each([
    ['rising', [1, 2, 3], 'pass'],
    ['rising', [1, 1, 3], 'fail'],
    ['never-falling', [1, 1, 3], 'pass'],
    ['never-falling', [1, 0.95, 3], 'fail'],
    ['falling', [3, 2, 1], 'pass'],
    ['falling', [3, 3, 1], 'fail'],
    ['never-rising', [3, 3, 1], 'pass'],
    ['rising', [1], 'invalid'],
  ])('%s on %j: %s', (direction, values, expected) => {
    expect(verdict({ x: values }, { kind: 'monotone', of: 'x', direction })).toContain(`${expected}:`);
  });

  it('allows slack', () => {
    const declared = { kind: 'monotone', of: 'x', direction: 'never-falling', slack: 0.1 };
    expect(verdict({ x: [1, 0.95, 3] }, declared)).toContain('pass');
    expect(verdict({ x: [1, 0.85, 3] }, declared)).toContain('fail');
  });
});

describe('conserved', () => {
  it('bounds the drift from the first value', () => {
    const declared = (bound: object) => ({ kind: 'conserved', of: 'e', ...bound });
    expect(verdict({ e: [10, 10.1, 9.9] }, declared({ absolute: 0.11 }))).toContain('pass');
    expect(verdict({ e: [10, 10.1, 9.8] }, declared({ absolute: 0.11 }))).toContain(
      'fail: e over 3 values: drift 0.200',
    );
    expect(verdict({ e: [-10, -10.1] }, declared({ relative: 0.011 }))).toContain('pass');
    expect(verdict({ e: [-10, -10.2] }, declared({ relative: 0.011 }))).toContain('fail');
    expect(verdict({ e: [0, 1] }, declared({ relative: 0.1 }))).toContain('invalid');
    expect(verdict({ e: [10] }, declared({ absolute: 1 }))).toContain('invalid');
    expect(verdict({ e: [50, 10, 10.1] }, declared({ absolute: 0.2, skip: 1 }))).toContain('pass');
    expect(verdict({ e: [50, 10] }, declared({ absolute: 0.2, skip: 1 }))).toContain('invalid');
  });

  it('bounds the slope', () => {
    expect(verdict({ e: [0, 1, 2, 3] }, { kind: 'conserved', of: 'e', slope: 0.99 })).toContain('slope 1.00');
    expect(verdict({ e: [1, -1, 1, -1, 1] }, { kind: 'conserved', of: 'e', slope: 1e-12 })).toContain('pass');
    expect(verdict({ e: [0, 1, 2, 3] }, { kind: 'conserved', of: 'e', slope: 2, absolute: 1 })).toContain('fail');
  });
});

describe('lintCheck', () => {
  const scope = {
    observations: { energy: {}, trace: { series: true }, word: { type: 'text' } },
    parameters: ['nodes'],
  } as const;
  it.each([
    [{ kind: 'tolerance', of: 'energy', expect: 1, absolute: 1 }, 'lacks the key "why"'],
    [{ kind: 'tolerance', of: 'energy', expect: 1, absolute: 1, why: '' }, '"why"'],
    [{ kind: 'tolerence', of: 'energy', why: 'x' }, 'did you mean "tolerance"?'],
    [{ kind: 'tolerance', of: 'energie', expect: 1, absolute: 1, why: 'x' }, 'did you mean "energy"?'],
    [{ kind: 'tolerance', of: 'trace', expect: 1, absolute: 1, why: 'x' }, '"trace" is a series'],
    [{ kind: 'tolerance', of: 'energy', expect: 0, relative: 1, why: 'x' }, 'use "absolute"'],
    [{ kind: 'tolerance', of: 'energy', expect: 1, relative: 1, ulp: 1, why: 'x' }, 'stands alone'],
    [{ kind: 'conserved', of: 'energy', absolute: 1, why: 'x' }, 'needs a series'],
    [{ kind: 'conserved', of: 'trace', why: 'x' }, 'declare "absolute"'],
    [{ kind: 'range', of: 'word', max: 1, why: 'x' }, 'is a text'],
    [{ kind: 'range', of: 'energy', min: 2, max: 1, why: 'x' }, 'above'],
    [{ kind: 'invariant-across', of: 'energy', over: ['node'], why: 'x' }, 'did you mean "nodes"?'],
    [{ kind: 'invariant-across', of: 'energy', over: [], why: 'x' }, '"over"'],
  ])('refuses %j', (declaration, text) => {
    const problems = lintCheck('c', declaration, scope);
    expect(problems.map((one) => `${one.message} ${one.hint ?? ''}`).join('\n')).toContain(text);
  });

  it('has nothing against sound checks', () => {
    expect(lintCheck('c', { kind: 'invariant-across', of: 'word', over: ['nodes'], why: 'x' }, scope)).toEqual([]);
    expect(lintCheck('c', { kind: 'range', of: 'trace', max: 1, why: 'x' }, scope)).toEqual([]);
  });
});
