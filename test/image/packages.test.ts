import { expect, test } from 'vitest';
import { findPackages, readApkInstalled, readDpkgStatus, readPythonMetadata } from '../../src/image/packages.ts';
import { imageTree } from './image-tree.ts';

test('dpkg: installed packages only', () => {
  const status = [
    'Package: libopenmpi3\nStatus: install ok installed\nArchitecture: amd64\nVersion: 4.1.4-3+b1\nDescription: MPI\n Version: no\n',
    'Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n',
    'Package: half\nStatus: install ok half-installed\nVersion: 1\n',
  ].join('\n');
  expect(readDpkgStatus(status)).toEqual([{ manager: 'dpkg', name: 'libopenmpi3', version: '4.1.4-3+b1' }]);
});

test('apk', () => {
  expect(readApkInstalled('C:Q1=\nP:musl\nV:1.2.5-r0\nA:x86_64\n\nP:busybox\nV:1.36.1-r29\n')).toEqual([
    { manager: 'apk', name: 'musl', version: '1.2.5-r0' },
    { manager: 'apk', name: 'busybox', version: '1.36.1-r29' },
  ]);
});

test('Python: the headers, never the description', () => {
  expect(readPythonMetadata('Metadata-Version: 2.1\nName: mpi4py\nVersion: 4.1.2\n\nVersion: 9\n')).toEqual([
    { manager: 'python', name: 'mpi4py', version: '4.1.2' },
  ]);
  expect(readPythonMetadata('Metadata-Version: 2.1\n\nName: x\nVersion: 9\n')).toEqual([]);
});

test('all databases of a tree, sorted, each package once', async () => {
  const { packages, gaps } = await findPackages(
    imageTree({
      '/var/lib/dpkg/status.d/libc6': 'Package: libc6\nVersion: 2.36\n',
      '/var/lib/dpkg/status.d/libc6.md5sums': 'Package: no\nVersion: 0\n',
      '/lib/apk/db/installed': 'P:musl\nV:1.2.5\n',
      '/usr/lib': { link: '/lib' },
      '/opt/py/lib/python3.11/site-packages/numpy-2.0.dist-info/METADATA': 'Name: numpy\nVersion: 2.0\n',
      '/usr/lib/rpm/macros': '',
    }),
  );
  expect(packages.map((item) => `${item.manager} ${item.name} ${item.version}`)).toEqual([
    'apk musl 1.2.5',
    'dpkg libc6 2.36',
    'python numpy 2.0',
  ]);
  expect(gaps).toEqual([]);
});
