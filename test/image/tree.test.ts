import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { directoryTree } from '../../src/image/tree.ts';
import { realFiles } from '../../src/system/files.ts';
import { imageTree } from './image-tree.ts';

const tree = imageTree({
  '/usr/lib/libmpi.so.40.1': 'library',
  '/usr/lib/libmpi.so.40': { link: 'libmpi.so.40.1' },
  '/lib': { link: 'usr/lib' },
  '/opt/up': { link: '../../../../etc' },
  '/opt/absolute': { link: '/usr/lib' },
  '/opt/loop': { link: 'loop' },
  '/etc/passwd': 'root',
});

test.each([
  ['/usr/lib/libmpi.so.40', '/usr/lib/libmpi.so.40.1'],
  ['/lib/libmpi.so.40', '/usr/lib/libmpi.so.40.1'],
  ['/opt/absolute/./libmpi.so.40', '/usr/lib/libmpi.so.40.1'],
  ['/opt/up/passwd', '/etc/passwd'],
  ['/../../etc/passwd', '/etc/passwd'],
  ['/', '/'],
])('%s is %s', (path, real) => {
  expect(tree.resolve(path)?.path).toBe(real);
});

test.each(['/opt/loop', '/nowhere', '/etc/passwd/x', '/lib/../etc'])('%s is nothing', (path) => {
  expect(tree.resolve(path)).toBeUndefined();
});

test('a directory reached by a link lists its names', () => {
  expect(tree.children('/lib').map((entry) => entry.path)).toEqual([
    '/usr/lib/libmpi.so.40',
    '/usr/lib/libmpi.so.40.1',
  ]);
  expect(tree.children('/nowhere')).toEqual([]);
});

test('a read ends where the file ends, whatever is asked for', async () => {
  expect(Buffer.from(await tree.read('/etc/passwd', 2, 1 << 30)).toString()).toBe('ot');
  expect(await tree.read('/etc/passwd', 9, 4)).toHaveLength(0);
  expect(await tree.readText('/lib/libmpi.so.40')).toBe('library');
  expect(await tree.readText('/lib')).toBeUndefined();
});

const scratch = mkdtempSync(join(tmpdir(), 'assay-tree-'));
afterAll(() => rmSync(scratch, { recursive: true }));

test('a directory on disk: links to the outside show the inside, or nothing', async () => {
  const root = join(scratch, 'rootfs');
  mkdirSync(join(root, 'etc'), { recursive: true });
  writeFileSync(join(scratch, 'secret'), 'outside');
  writeFileSync(join(root, 'etc/hostname'), 'inside');
  symlinkSync(join(scratch, 'secret'), join(root, 'absolute'));
  symlinkSync('../secret', join(root, 'relative'));
  symlinkSync('/etc', join(root, 'folder'));
  chmodSync(join(root, 'etc/hostname'), 0o755);
  const real = await directoryTree(realFiles, root);
  expect(await real.readText('/absolute')).toBeUndefined();
  expect(await real.readText('/relative')).toBeUndefined();
  expect(await real.readText('/folder/hostname')).toBe('inside');
  expect(real.resolve('/etc/hostname')).toMatchObject({ kind: 'file', mode: 0o755, size: 6 });
});

test('a directory that is not there is the error of a site', async () => {
  await expect(directoryTree(realFiles, join(scratch, 'none'))).rejects.toMatchObject({
    code: 'IMAGE_TREE_UNREADABLE',
    hint: expect.stringContaining('unpack'),
  });
});

test('a directory that may not be listed is told, and the rest is there', async () => {
  const denied = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
  const root = join(scratch, 'rootfs');
  const files = {
    ...realFiles,
    list: async (path: string) => (path.endsWith('/etc') ? Promise.reject(denied) : realFiles.list(path)),
  };
  const partial = await directoryTree(files, root);
  expect(partial.unreadable).toEqual(['/etc: permission denied']);
  expect(partial.resolve('/absolute')).toBeUndefined();
  expect(partial.entries.map((entry) => entry.path)).toContain('/relative');
});
