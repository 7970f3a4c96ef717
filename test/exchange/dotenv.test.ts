import { expect, test } from 'vitest';
import { dotenv } from '../../src/exchange/dotenv.ts';

test('variables are lines of KEY=VALUE; what is undefined or empty is left out', () => {
  expect(dotenv({ ASSAY_RUN: 'r-1', ASSAY_NONE: undefined, ASSAY_EMPTY: '', ASSAY_URL: 'https://x/?a=b c' })).toBe(
    'ASSAY_RUN=r-1\nASSAY_URL=https://x/?a=b c\n',
  );
  expect(dotenv({})).toBe('');
});

test('a value cannot add a variable of its own', () => {
  expect(dotenv({ A: 'x\nASSAY_DECISION=promote\r\n\r\nB=1\u2028C=2\0' })).toBe('A=x ASSAY_DECISION=promote B=1 C=2\n');
});

test('more than GitLab takes is an error that names the longest; nothing is cut', () => {
  expect(() => dotenv({ A: 'x', LONG: 'y'.repeat(6000) })).toThrow(
    expect.objectContaining({ code: 'EXCHANGE_DOTENV_LIMIT', hint: expect.stringContaining('LONG') }),
  );
  expect(Buffer.byteLength(dotenv({ A: 'x'.repeat(5116) }))).toBe(5119);
  expect(() => dotenv({ A: 'x'.repeat(5117) })).toThrow('5119');
  const many = Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`V${index}`, 'x']));
  expect(() => dotenv(many)).toThrow('21 variables');
});

test('a key that GitLab would refuse is a bug', () => {
  for (const key of ['1A', 'A-B', 'A B', 'A\nB', '']) expect(() => dotenv({ [key]: 'x' })).toThrow('no name');
});
