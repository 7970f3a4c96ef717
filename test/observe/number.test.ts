import { describe, expect, it } from 'vitest';
import { readNumber, readValue } from '../../src/observe/number.ts';

describe('readNumber', () => {
  it.each([
    ['-2.28121744523246', -2.28121744523246],
    [' 1e-3 ', 1e-3],
    ['+.5', 0.5],
    ['5.', 5],
    ['1.5D+02', 150],
    ['0', 0],
    ['0.000', 0],
    ['4.9e-324', 5e-324],
  ])('reads %j', (text, value) => {
    expect(readNumber(text)).toEqual({ ok: value });
  });

  it.each([
    ['nan', 'not finite'],
    ['-NaN', 'not finite'],
    ['nan(0x8)', 'not finite'],
    ['inf', 'not finite'],
    ['-Infinity', 'not finite'],
    ['1.#QNAN', 'not finite'],
    ['1e999', 'beyond the range'],
    ['1e-999', 'too small'],
    ['1,5', 'comma'],
    ['1.234,5', 'comma'],
    ['*****', 'did not fit'],
    ['', 'empty'],
    ['0x10', 'not a number'],
    ['1_000', 'not a number'],
    ['5%', 'not a number'],
    ['5GB/s', 'not a number'],
    ['1\r2', 'not a number'],
    ['12\u0000', 'not a number'],
    ['1\ufffd2', 'not a number'],
    ['9'.repeat(5000), 'too long'],
    ['1.2.3', 'not a number'],
    ['--1', 'not a number'],
  ])('refuses %j', (text, why) => {
    const result = readNumber(text);
    expect('why' in result && result.why).toContain(why);
  });

  it('never shows control characters in its message', () => {
    const result = readNumber('\u001b[31m1\u0000');
    expect('why' in result && /[\u0000-\u001f]/.test(result.why)).toBe(false);
  });
});

describe('readValue', () => {
  const gigabytes = { type: 'number', unit: 'GB/s' } as const;

  it('takes a number with the declared unit after it', () => {
    expect(readValue('5.5 GB/s', gigabytes)).toEqual({ ok: 5.5 });
    expect(readValue('5.5', gigabytes)).toEqual({ ok: 5.5 });
  });

  it('refuses another unit', () => {
    const result = readValue('5.5 MB/s', gigabytes);
    expect('why' in result && result.why).toContain('"MB/s"');
  });

  it('takes a short clean text, and refuses broken bytes', () => {
    expect(readValue(' PASSED ', { type: 'text', unit: '' })).toEqual({ ok: 'PASSED' });
    for (const text of ['a\u0000b', 'a\ufffd', 'a\rb', '', 'x'.repeat(1001)])
      expect(readValue(text, { type: 'text', unit: '' })).toHaveProperty('why');
  });
});
