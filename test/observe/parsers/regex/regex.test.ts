import { describe, expect, it } from 'vitest';
import { compilePattern } from '../../../../src/observe/parsers/regex/program.ts';
import { searchWith } from '../../../../src/observe/parsers/regex/search.ts';
import { readOne, valueIn } from '../../fixture.ts';

function search(pattern: string, line: string) {
  const compiled = compilePattern(pattern);
  if ('why' in compiled) throw new Error(compiled.why);
  return searchWith(compiled.ok, 1e7)(line);
}

describe('regex', () => {
  it('reads the group value, and checks the group unit', () => {
    const rate = { parser: 'regex', pattern: 'Rate: (?<value>\\S+) (?<unit>\\S+)', unit: 'GB/s' };
    expect(readOne('a\nRate: 12.5 GB/s\n', rate)).toMatchObject({ value: 12.5, line: 2 });
    expect(valueIn('Rate: 12.5 MB/s\n', rate)).toContain('"MB/s"');
  });

  it('refuses contradictions, and takes all as a series', () => {
    const x = { parser: 'regex', pattern: '^x (?<value>.+)$', unit: '1' };
    expect(valueIn('x 1\nx 2\n', x)).toContain('contradicts itself');
    expect(valueIn('x 1\nx 2\n', { ...x, series: true })).toEqual([1, 2]);
    expect(valueIn('y 1\n', x)).toContain('is not in stdout');
    expect(valueIn('x one\n', x)).toContain('not a number');
  });

  it('answers soon where a backtracking engine would not', () => {
    const evil = { parser: 'regex', pattern: '^(?:(?:a+)+)+b(?<value>\\d)', unit: '1' };
    const began = performance.now();
    expect(valueIn(`${'a'.repeat(20_000)}\n`, evil)).toContain('missing');
    expect(performance.now() - began).toBeLessThan(3000);
  });

  it('gives up on a text too large for its pattern', () => {
    const compiled = compilePattern('(?<value>a)');
    if ('why' in compiled) throw new Error(compiled.why);
    expect(searchWith(compiled.ok, 100)('b'.repeat(1000))).toBe('spent');
  });

  it.each([
    ['(?=a)', 'lookahead'],
    ['(?<!a)', 'no lookbehind'],
    ['(?<x>a)', '"value" and "unit" only'],
    ['(?<value>a)(?<value>b)', 'two groups'],
    ['(a)\\1', '"\\1" is not known'],
    ['a**', 'quantifier'],
    ['*', 'nothing to repeat'],
    ['(', 'not closed'],
    [')', 'closes no group'],
    ['[a', 'not closed'],
    ['[b-a]', 'out of order'],
    ['a{3,2}', 'counts down'],
    ['a{', 'write \\{'],
    ['\\', 'ends too early'],
    ['(?:a{1000}){1000}', 'larger than'],
    ['(?:(?:(?:){9999}){9999}){9999}', 'larger than'],
    ['x'.repeat(501), 'longer than'],
    [`${'('.repeat(60)}a${')'.repeat(60)}`, 'deeper'],
  ])('refuses %s', (pattern, why) => {
    const compiled = compilePattern(pattern);
    expect('why' in compiled && compiled.why).toContain(why);
  });

  it('tries again after a place where an anchor did not hold', () => {
    expect(search('\\b(?<value>ab)', 'xab ab')).toEqual({ value: 'ab', unit: undefined });
    expect(search('\\B(?<value>ab)', 'ab xab')).toEqual({ value: 'ab', unit: undefined });
  });

  it('finds what JavaScript finds', () => {
    const atoms = [
      'a',
      'b',
      '.',
      '\\d',
      '\\s',
      '[ab]',
      '[^a]',
      'ab',
      '\\w',
      '(?:a|b)',
      '(?:ab|a)',
      '\\b',
      '^',
      '$',
      '[0-9.]',
      '\\.',
    ];
    const quantifiers = ['', '', '', '*', '+', '?', '*?', '+?', '??', '{2}', '{1,2}', '{1,}?'];
    const lines = ['', 'a', 'ab', 'aab b1', 'b.a 12', 'abab', ' 1.5 ', 'é\ta', 'aaaa bbbb', '12ab34'];
    let state = 42;
    const one = <T>(list: readonly T[]): T => {
      state = (state * 1103515245 + 12345) % 2147483648;
      return list[(state >> 8) % list.length] as T;
    };
    const part = (): string => {
      const atom = one(atoms);
      return /^(?:\^|\$|\\b)$/.test(atom) ? atom : `(?:${atom})${one(quantifiers)}`;
    };
    let matched = 0;
    for (let count = 0; count < 3000; count += 1) {
      const pattern = `${part()}${part()}(?<value>${part()}${part()}|${part()})${part()}(?<unit>${part()})`;
      const own = new RegExp(pattern);
      for (const line of lines) {
        const theirs = own.exec(line);
        const ours = search(pattern, line);
        if (theirs) matched += 1;
        const expected = theirs ? { value: theirs.groups?.value, unit: theirs.groups?.unit } : 'none';
        expect(ours, `${pattern} on "${line}"`).toEqual(expected);
      }
    }
    expect(matched).toBeGreaterThan(5000);
  });
});
