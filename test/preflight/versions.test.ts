import { expect, test } from 'vitest';
import { compareVersions } from '../../src/preflight/versions.ts';

test.each([
  ['2.9', '2.34', -1],
  ['2.34', '2.34', 0],
  ['550.54.15', '525.60.13', 1],
  ['6.18.44-fc-v595', '3.2.0', 1],
  ['3.2', '3.2.0', 0],
  ['3.10.0-1160.el7', '3.10.0', 0],
  ['none', '1', -1],
])('%s against %s: %i', (a, b, sign) => {
  expect(Math.sign(compareVersions(a, b))).toBe(sign);
  expect(Math.sign(compareVersions(b, a))).toBe(sign === 0 ? 0 : -sign);
});
