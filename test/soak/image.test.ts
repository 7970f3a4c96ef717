/**
 * Real images, unpacked as Assay does it: what is found in them. Whether srun then does with them what is foretold is
 * tested in test/cluster/preflight.test.ts.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Image } from '../../src/image/image.ts';
import { inspectImage } from '../../src/image/inspect-image.ts';
import { directoryTree, type ImageTree, unpackedTree } from '../../src/image/tree.ts';
import { layoutRepository } from '../../src/oci/layout.ts';
import { resolveImage } from '../../src/oci/resolve.ts';
import { unpackLayers } from '../../src/oci/unpack.ts';
import { realSystem } from '../../src/system/real-system.ts';

const names = [
  'demo',
  'openmpi5',
  'openmpi41',
  'mpich5',
  'mpich43',
  'mpich4',
  'two-mpis',
  'old-glibc',
  'musl',
  'arm64',
];
/** Seen by every node, unlike /tmp. */
const shared = '/var/lib/assay-cluster/shared';
const system = realSystem(true);
const images = new Map<string, { readonly image: Image; readonly tree: ImageTree; readonly root: string }>();
let directory = '';

beforeAll(async () => {
  directory = mkdtempSync(join(shared, 'image-test-'));
  chmodSync(directory, 0o755);
  for (const name of names) {
    const layout = join(directory, `${name}.layout`);
    execFileSync('cluster/image/build', [name, layout]);
    const repository = layoutRepository(system, layout);
    const resolved = await resolveImage(repository, '');
    const root = join(directory, name);
    const unpacked = await unpackLayers(
      system,
      resolved.content.layers.map((descriptor, index) => ({
        descriptor,
        diffId: resolved.head.diffIds[index] ?? descriptor.digest,
        open: () => repository.blob(descriptor),
      })),
      root,
      { preparation: { directories: ['dev', 'proc', 'sys', 'tmp', 'etc'], files: ['etc/hosts', 'etc/resolv.conf'] } },
    );
    const tree = unpackedTree(system.files, root, unpacked);
    images.set(name, { image: await inspectImage(resolved, tree), tree, root });
  }
}, 900_000);

afterAll(() => {
  if (directory !== '') rmSync(directory, { recursive: true, force: true });
});

function imageOf(name: string): Image {
  const found = images.get(name);
  if (!found) throw new Error(`${name} was not inspected`);
  return found.image;
}

describe('what is in the images', () => {
  test('demo: Open MPI 4 of Debian, by its applications', () => {
    const image = imageOf('demo');
    expect(image).toMatchObject({
      architecture: 'amd64',
      libc: { family: 'glibc', version: '2.36' },
      mpi: {
        family: 'openmpi',
        abi: 'libmpi.so.40',
        path: '/usr/lib/x86_64-linux-gnu/libmpi.so.40.30.4',
        version: '4.1.4',
        libraryPath: [],
        pmi: ['pmix'],
      },
      gaps: [],
    });
    expect(image.packages).toContainEqual({
      manager: 'dpkg',
      name: 'libopenmpi3',
      version: expect.stringMatching(/^4\.1\.4/),
    });
    expect(image.libraries.map((library) => library.soname)).toContain('libpmix.so.2');
  });

  test.each([
    ['openmpi5', 'openmpi', 'libmpi.so.40', '5.0.11', ['/opt/openmpi/lib'], ['pmix'], []],
    ['openmpi41', 'openmpi', 'libmpi.so.40', '4.1.8', ['/opt/openmpi/lib'], ['pmix'], ['orte']],
    ['mpich5', 'mpich', 'libmpi.so.12', '5.0.2', ['/opt/mpich/lib'], ['pmi2', 'pmi1'], ['sees-pmix']],
    ['mpich43', 'mpich', 'libmpi.so.12', '4.3.2', ['/opt/mpich/lib'], ['pmi2', 'pmi1'], ['sees-pmix']],
    ['mpich4', 'mpich', 'libmpich.so.12', '4.0.2', [], ['pmi1'], []],
    ['two-mpis', 'openmpi', 'libmpi.so.40', '5.0.11', ['/opt/openmpi/lib'], ['pmix'], []],
  ] as const)('%s', (name, family, abi, version, libraryPath, pmi, marks) => {
    expect(imageOf(name).mpi).toMatchObject({ family, abi, version, libraryPath, pmi, marks });
  });

  test('the symbol versions that its libraries define are those that its packages say', () => {
    for (const [name, newest] of [
      ['demo', 'GLIBC_2.36'],
      ['old-glibc', 'GLIBC_2.30'],
    ] as const) {
      const libc = imageOf(name).libraries.find(({ soname, found }) => soname === 'libc.so.6' && found);
      const numbers = (libc?.versions ?? []).filter((version) => /^GLIBC_2\.\d+$/.test(version));
      const [top] = numbers.map((version) => Number(version.slice(8))).sort((a, b) => b - a);
      expect(`GLIBC_2.${top}`).toBe(newest);
      expect(imageOf(name).needs.kernel?.version).toBe('3.2.0');
    }
  });

  test('mpich5 holds the MPI-5 ABI too, and says so', () => {
    const { mpi } = imageOf('mpich5');
    expect('evidence' in mpi && mpi.evidence.join('\n')).toContain('libmpi_abi.so.1');
  });

  test('musl and arm64: no MPI, with the reason', () => {
    expect(imageOf('musl')).toMatchObject({ libc: { family: 'musl' }, mpi: { unknown: expect.any(String) } });
    expect(imageOf('arm64')).toMatchObject({
      architecture: 'arm64',
      variant: 'v8',
      mpi: { unknown: expect.any(String) },
    });
  });

  test('a tree listed from disk says the same as the one noted while unpacking', async () => {
    const known = images.get('mpich4');
    const listed = await directoryTree(system.files, known?.root ?? '');
    expect(listed.entries).toEqual(known?.tree.entries);
  });
});
