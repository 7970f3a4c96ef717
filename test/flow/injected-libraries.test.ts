import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { injectedLibraries } from '../../src/flow/injected-libraries.ts';
import { realSystem } from '../../src/system/real-system.ts';
import { makeElf } from '../base/elf-file.ts';

const system = realSystem(true);
const root = mkdtempSync(join(tmpdir(), 'assay-inject-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const folder = join(root, 'lib');
mkdirSync(folder);
writeFileSync(
  join(folder, 'libcuda.so.1.2'),
  makeElf({ soname: 'libcuda.so.1', needed: ['libc.so.6'], versionsNeeded: { 'libc.so.6': ['GLIBC_2.34'] } }),
);
symlinkSync('libcuda.so.1.2', join(folder, 'libcuda.so.1'));
symlinkSync('gone', join(folder, 'libgone.so'));
writeFileSync(join(folder, 'libscript.so'), 'GROUP ( /lib/libc.so.6 )\n');
writeFileSync(join(folder, 'README'), 'no library');

const cuda = {
  path: join(folder, 'libcuda.so.1.2'),
  soname: 'libcuda.so.1',
  architecture: 'amd64',
  needed: ['libc.so.6'],
  versionsNeeded: { 'libc.so.6': ['GLIBC_2.34'] },
  versionsDefined: [],
};

test('a file by its link, and a folder: each library once, and no script, text or dangling link', async () => {
  expect(await injectedLibraries(system, [join(folder, 'libcuda.so.1')])).toEqual([cuda]);
  expect(await injectedLibraries(system, [folder, join(folder, 'libcuda.so.1.2')])).toEqual([cuda]);
  expect(await injectedLibraries(system, [])).toEqual([]);
});

test('a library without a soname goes by the name of its file', async () => {
  const path = join(root, 'libplain.so');
  writeFileSync(path, makeElf());
  expect((await injectedLibraries(system, [path]))[0]?.soname).toBe('libplain.so');
});

test.each([
  ['a path that is not there', join(folder, 'none.so')],
  ['a text', join(folder, 'README')],
  ['a folder without libraries', root],
])('%s is an error with a hint', async (_, path) => {
  copyFileSync(join(folder, 'README'), join(root, 'README'));
  rmSync(join(root, 'libplain.so'), { force: true });
  await expect(injectedLibraries(system, [path])).rejects.toMatchObject({
    code: 'FLOW_INJECT_INVALID',
    hint: expect.stringMatching(/.{10}/),
  });
});

test('what runs this test needs versions of its own C library', async () => {
  const [node] = await injectedLibraries(system, [process.execPath]);
  expect(Object.values(node?.versionsNeeded ?? {}).flat()).toContainEqual(expect.stringMatching(/^GLIBC_2\.\d+/));
});
