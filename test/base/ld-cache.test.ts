import { expect, test } from 'vitest';
import { readLdCache } from '../../src/base/ld-cache.ts';
import { ldCache } from '../image/image-tree.ts';

const entries = { 'libmpi.so.40': '/opt/openmpi/lib/libmpi.so.40', 'libz.so.1': '/lib/libz.so.1' };

test.each([false, true])('reads paths by soname (old format in front: %s)', (old) => {
  const cache = readLdCache(ldCache(entries, old), 'little');
  expect(cache && Object.fromEntries(cache)).toEqual({
    'libmpi.so.40': ['/opt/openmpi/lib/libmpi.so.40'],
    'libz.so.1': ['/lib/libz.so.1'],
  });
});

test('copies for newer processors are left out', () => {
  const bytes = Buffer.from(ldCache(entries));
  bytes.writeBigUInt64LE(1n << 62n, 48 + 16);
  expect([...(readLdCache(bytes, 'little') ?? [])].map(([soname]) => soname)).toEqual(['libz.so.1']);
});

test.each([
  ['another file', Buffer.from('#!/bin/sh\n')],
  ['cut', ldCache(entries).slice(0, 90)],
  ['cut after its magic', ldCache(entries).slice(0, 20)],
])('%s: undefined', (_, bytes) => {
  expect(readLdCache(bytes, 'little')).toBeUndefined();
});
