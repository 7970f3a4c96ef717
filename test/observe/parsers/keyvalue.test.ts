import { describe, expect, it } from 'vitest';
import { readOne, valueIn } from '../fixture.ts';

const key = { parser: 'keyvalue', key: 'gups', unit: 'GUP/s' } as const;

describe('keyvalue', () => {
  it('reads a key with its line', () => {
    expect(readOne('x\r\n gups = 1.5\r\n', key)).toMatchObject({ value: 1.5, line: 2, file: 'stdout' });
  });

  it('compares whole keys', () => {
    expect(valueIn('mgups=1\ngups2=2\nGUPS=4\n', key)).toContain('is not in stdout');
  });

  it('takes the same value twice, and refuses a contradiction', () => {
    expect(valueIn('gups=1.50\ngups=1.5\n', key)).toBe(1.5);
    expect(valueIn('gups=1\ngups=2\n', key)).toContain('contradicts itself: 1 on line 1, 2 on line 2');
    expect(valueIn('gups=1\ngups=2\n', { ...key, occurrence: 'first' })).toBe(1);
    expect(valueIn('gups=1\ngups=2\n', { ...key, occurrence: 'last' })).toBe(2);
  });

  it('refuses all when one of them cannot be read', () => {
    expect(valueIn('gups=1\ngups=nan\n', key)).toContain('not finite');
    expect(valueIn('gups=1\ngups=nan\n', { ...key, series: true })).toContain('line 2');
  });

  it('reads only between its markers, and needs both', () => {
    const between = { ...key, begin: 'BEGIN', end: 'END' };
    expect(valueIn('gups=9\nBEGIN\ngups=1\nEND\ngups=8\n', between)).toBe(1);
    expect(valueIn('gups=9\nBEGIN\ngups=1\n', between)).toContain('cut short');
    expect(valueIn('gups=9\n', between)).toContain('"BEGIN" is not there');
    expect(valueIn('BEGIN\ngups=1\nEND\nBEGIN\ngups=2\nEND\n', between)).toContain('contradicts itself');
    expect(valueIn('BEGIN\ngups=1\nBEGIN\ngups=1\nEND\n', between)).toContain('comes twice');
    expect(readOne('a\nBEGIN\ngups=1\nEND\n', between)).toMatchObject({ line: 3 });
  });

  it('does not take a value with a carriage return or a NUL in it', () => {
    expect(valueIn('gups=1\r2\n', key)).toContain('missing');
    expect(valueIn('gups=1\u0000\n', key)).toContain('missing');
  });
});
