import { describe, expect, test } from 'vitest';
import type { Image } from '../../src/image/image.ts';
import { type ImageSource, inspectImage } from '../../src/image/inspect-image.ts';
import { type Content, imageTree, library, openMpi, program } from './image-tree.ts';

const digest = (letter: string) => `sha256:${letter.repeat(64)}` as const;

const config = {
  architecture: 'amd64',
  os: 'linux',
  config: { Env: ['PATH=/opt/app/bin'] },
  rootfs: { diff_ids: [digest('6'), digest('7')] },
};
const layer = 'application/vnd.oci.image.layer.v1.tar+gzip';

const source: ImageSource = {
  name: 'registry.test/app:1',
  resolved: { bytes: Buffer.from('{}'), digest: digest('1'), mediaType: 'application/vnd.oci.image.index.v1+json' },
  manifest: { bytes: Buffer.from('{}'), digest: digest('2'), mediaType: 'application/vnd.oci.image.manifest.v1+json' },
  content: {
    schemaVersion: 2,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digest('3'), size: 9 },
    layers: [
      { mediaType: layer, digest: digest('4'), size: 100 },
      { mediaType: layer, digest: digest('5'), size: 200 },
    ],
  },
  config: Buffer.from(JSON.stringify(config)),
};

function inspect(files: Readonly<Record<string, Content>>): Promise<Image> {
  return inspectImage(source, imageTree(files));
}

const glibcBanner = 'GNU C Library (Debian GLIBC 2.36-9+deb12u14) stable release version 2.36.\n';

test('an image put together', async () => {
  const image = await inspect({
    '/opt/app/bin/app': program(['libmpi.so.40', 'libc.so.6']),
    '/usr/lib/x86_64-linux-gnu/libmpi.so.40': openMpi('5.0.11'),
    '/usr/lib/x86_64-linux-gnu/libc.so.6': library('libc.so.6', { text: glibcBanner }),
    '/var/lib/dpkg/status': 'Package: libc6\nStatus: install ok installed\nVersion: 2.36-9\n',
  });
  expect(image).toMatchObject({
    name: source.name,
    resolved: digest('1'),
    digest: digest('2'),
    config: digest('3'),
    architecture: 'amd64',
    layers: [
      { digest: digest('4'), size: 100, diffId: digest('6') },
      { digest: digest('5'), size: 200, diffId: digest('7') },
    ],
    mpi: { family: 'openmpi', version: '5.0.11' },
    libc: { family: 'glibc', version: '2.36' },
    libraries: [
      { path: '/usr/lib/x86_64-linux-gnu/libc.so.6', soname: 'libc.so.6' },
      { path: '/usr/lib/x86_64-linux-gnu/libmpi.so.40', soname: 'libmpi.so.40' },
    ],
    packages: [{ manager: 'dpkg', name: 'libc6', version: '2.36-9' }],
    gaps: [],
  });
});

describe('the C library', () => {
  test('musl, by the interpreter of the programs', async () => {
    const image = await inspect({
      '/bin/app': program([], { interpreter: '/lib/ld-musl-x86_64.so.1' }),
      '/lib/ld-musl-x86_64.so.1': { elf: { text: 'musl libc (x86_64)\0\x001.2.3\0' } },
    });
    expect(image.libc).toEqual({ family: 'musl', version: '1.2.3' });
  });

  test('glibc, where a musl loader merely lies beside it', async () => {
    const image = await inspect({
      '/bin/app': program([]),
      '/lib/libc.so.6': library('libc.so.6', { text: glibcBanner }),
      '/lib/ld-musl-x86_64.so.1': { elf: { text: '\x001.2.3\0' } },
    });
    expect(image.libc).toEqual({ family: 'glibc', version: '2.36' });
  });

  test('none: static programs need none, others miss it', async () => {
    expect((await inspect({ '/bin/app': { elf: { type: 2 } } })).libc).toEqual({
      unknown: expect.stringContaining('no C library'),
    });
    expect((await inspect({ '/bin/app': program([]) })).libc).toEqual({
      unknown: expect.stringContaining('need glibc'),
    });
  });
});

test('what was not understood is told', async () => {
  const image = await inspect({
    '/usr/lib/libcut.so.1': Buffer.from('\x7fELF\x02\x01'),
    '/usr/lib/sysimage/rpm/rpmdb.sqlite': 'SQLite format 3',
  });
  expect(image.gaps).toEqual([expect.stringContaining('rpm'), expect.stringContaining('/usr/lib/libcut.so.1')]);
});
