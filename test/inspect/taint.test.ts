import { expect, test } from 'vitest';
import { taintLetters, taintWords } from '../../src/inspect/taint.ts';

test('the number in words', () => {
  expect(taintWords('0')).toBe('none');
  expect(taintWords('4097')).toBe('P proprietary module, O out-of-tree module');
  // The example of tainted-kernels.rst: a warning (512) after an out-of-tree, unsigned module.
  expect(taintWords('12800')).toBe('W warning, O out-of-tree module, E unsigned module');
  expect(taintWords(String(2 ** 40))).toBe('bit 40');
  expect(taintWords('-1')).toBeUndefined();
  expect(taintWords('9'.repeat(400))).toBeUndefined();
});

test('letters of a module', () => {
  expect(taintLetters('POE')).toBe('proprietary module, out-of-tree module, unsigned module');
  expect(taintLetters('Q')).toBe('Q');
});
