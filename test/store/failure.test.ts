import type { Stats } from 'node:fs';
import { expect, test } from 'vitest';
import { type Attempt, storeFailure } from '../../src/store/failure.ts';
import type { System } from '../../src/system/system.ts';
import { system as real } from './temporary-store.ts';

/** A world with so much room, where the store belongs to uid 7. */
const world = (freeBytes: number): System => ({
  ...real,
  environment: { ...real.environment, user: 'ada', uid: 1000 },
  files: {
    ...real.files,
    freeBytes: async () => freeBytes,
    stat: async () => ({ uid: 7, mode: 0o100640 }) as Stats,
  },
});

const attempt = (access: 'read' | 'write'): Attempt => ({
  path: '/data/store.sqlite',
  access,
  limitSeconds: 60,
  kept: { id: 'r-1', directory: '/runs/r-1' },
});

const thrown = (code: string) => Object.assign(new Error('as the driver says'), { code });

test.each([
  ['SQLITE_FULL', 0, 'write', 'STORE_FULL'],
  ['ENOSPC', 0, 'write', 'STORE_FULL'],
  ['EDQUOT', 1e12, 'write', 'STORE_FULL'],
  ['SQLITE_IOERR_WRITE', 1000, 'write', 'STORE_FULL'],
  ['SQLITE_IOERR_WRITE', 1e12, 'write', 'STORE_UNWRITABLE'],
  ['SQLITE_BUSY', 1e12, 'write', 'STORE_LOCKED'],
  ['SQLITE_BUSY_SNAPSHOT', 1e12, 'read', 'STORE_LOCKED'],
  ['SQLITE_CORRUPT_INDEX', 1e12, 'read', 'STORE_CORRUPT'],
  ['SQLITE_NOTADB', 1e12, 'read', 'STORE_FOREIGN'],
  ['SQLITE_READONLY_DBMOVED', 1e12, 'write', 'STORE_UNWRITABLE'],
  ['EACCES', 1e12, 'write', 'STORE_UNWRITABLE'],
  ['SQLITE_CANTOPEN', 1e12, 'read', 'STORE_UNREADABLE'],
  ['SQLITE_READONLY_ROLLBACK', 1e12, 'read', 'STORE_UNREADABLE'],
] as const)('%s with %d bytes free, to %s, is %s', async (code, free, access, expected) => {
  const error = await storeFailure(world(free), attempt(access), thrown(code));
  expect(error).toMatchObject({ code: expected, message: expect.stringContaining('/data/store.sqlite') });
});

test('hints say how much room there is, whose the file is, and where the run still is', async () => {
  const full = await storeFailure(world(12_000), attempt('write'), thrown('SQLITE_FULL'));
  expect(full).toMatchObject({
    hint: expect.stringMatching(/^12.0 kB are free in \/data: .*\/runs\/r-1 .*--resume r-1"/),
  });
  const refused = await storeFailure(world(1e12), attempt('write'), thrown('SQLITE_READONLY'));
  expect(refused).toMatchObject({ hint: expect.stringMatching(/belongs to uid 7 with mode 640.*ada \(uid 1000\)/) });
});

test('what is a bug stays one', async () => {
  for (const bug of [new Error('x'), new TypeError('y'), thrown('SQLITE_CONSTRAINT_NOTNULL'), 'text', undefined])
    expect(await storeFailure(world(0), attempt('write'), bug)).toBe(bug);
});
