import { expect, test } from 'vitest';
import { findBinaries } from '../../../src/image/binaries.ts';
import { ownLoader } from '../../../src/image/start/libraries.ts';
import { findUnmet } from '../../../src/image/start/symbol-versions.ts';
import { type Content, imageTree, library, program } from '../image-tree.ts';

const lib = '/lib/x86_64-linux-gnu';

async function unmet(files: Readonly<Record<string, Content>>) {
  const tree = imageTree(files);
  const binaries = await findBinaries(tree, {});
  const loader = await ownLoader(tree, binaries, 'amd64', 'glibc');
  return loader && findUnmet(tree, binaries.all, loader, []);
}

const libc = library('libc.so.6', { versionsDefined: ['GLIBC_2.2.5', 'GLIBC_2.28'] });
const needs = (version: string) => ({ versionsNeeded: { 'libc.so.6': ['GLIBC_2.2.5', version] } });

test('a version that the C library of the image does not define', async () => {
  expect(
    await unmet({
      [`${lib}/libc.so.6`]: libc,
      '/opt/h': program(['libc.so.6'], needs('GLIBC_2.34')),
      '/opt/fine': program(['libc.so.6'], needs('GLIBC_2.28')),
    }),
  ).toEqual([{ program: '/opt/h', file: '/opt/h', version: 'GLIBC_2.34', library: `${lib}/libc.so.6` }]);
});

test('a library on the way needs it, found by RUNPATH', async () => {
  expect(
    await unmet({
      [`${lib}/libc.so.6`]: libc,
      '/opt/h': program(['libx.so.1', 'libc.so.6'], { runpath: '/opt/lib' }),
      '/opt/lib/libx.so.1': library('libx.so.1', { needed: ['libc.so.6'], ...needs('GLIBC_2.36') }),
    }),
  ).toEqual([{ program: '/opt/h', file: '/opt/lib/libx.so.1', version: 'GLIBC_2.36', library: `${lib}/libc.so.6` }]);
});

test('a library without versions, one that is not there, and musl count for nothing', async () => {
  expect(
    await unmet({
      [`${lib}/libc.so.6`]: library('libc.so.6'),
      '/opt/h': program(['libc.so.6', 'libgone.so.1'], {
        versionsNeeded: { 'libc.so.6': ['A'], 'libgone.so.1': ['B'] },
      }),
    }),
  ).toEqual([]);
  const musl = program(['libc.so.6'], { interpreter: '/lib/ld-musl-x86_64.so.1', ...needs('GLIBC_2.34') });
  expect(await unmet({ [`${lib}/libc.so.6`]: libc, '/opt/h': musl })).toEqual([]);
});
