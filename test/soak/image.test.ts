/**
 * Real images, unpacked as Assay does it: what is found in them, and whether srun really does with their programs what
 * the matrix of MPI and PMI foretells.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Image } from '../../src/image/image.ts';
import { inspectImage } from '../../src/image/inspect-image.ts';
import { directoryTree, type ImageTree, unpackedTree } from '../../src/image/tree.ts';
import { forecastPmi } from '../../src/launch/pmi.ts';
import { layoutRepository } from '../../src/oci/layout.ts';
import { resolveImage } from '../../src/oci/resolve.ts';
import { unpackLayers } from '../../src/oci/unpack.ts';
import { realSystem } from '../../src/system/real-system.ts';

const names = ['demo', 'openmpi5', 'mpich5', 'mpich4', 'musl', 'arm64'] as const;
const cluster = 'cluster/cluster';
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
    ['openmpi5', 'openmpi', 'libmpi.so.40', '5.0.11', ['/opt/openmpi/lib'], ['pmix']],
    ['mpich5', 'mpich', 'libmpi.so.12', '5.0.2', ['/opt/mpich/lib'], ['pmi2', 'pmi1']],
    ['mpich4', 'mpich', 'libmpich.so.12', '4.0.2', [], ['pmi1']],
  ] as const)('%s', (name, family, abi, version, libraryPath, pmi) => {
    expect(imageOf(name).mpi).toMatchObject({ family, abi, version, libraryPath, pmi });
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

/** What really happens to four ranks of the image's own program, and what they said. */
function started(name: string, plugin: string): { readonly outcome: string; readonly said: string } {
  const root = images.get(name)?.root ?? '';
  const step = ['srun', '-N2', '-n4', '-t3', `--mpi=${plugin}`, '--export=ALL,PMIX_MCA_gds=hash'];
  // Ranks of a node share one container: in one each, MPICH 4 over UCX may not open its neighbour's memory and aborts.
  const words = ['exec', '--', 'timeout', '150', ...step, 'ch-run', '--join', root, '--', '/opt/app/bin/hello'];
  const answer = spawnSync(cluster, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const said = `status ${answer.status}\n${answer.stdout}${answer.stderr}`;
  if (answer.status !== 0) return { outcome: 'aborts', said };
  const worlds = [...answer.stdout.matchAll(/^ranks (\d+) pi 3\.14159/gm)].map((match) => match[1]);
  return { outcome: worlds.join() === '4' ? 'starts' : worlds.join() === '1,1,1,1' ? 'singletons' : 'neither', said };
}

describe('the matrix foretells what srun does', () => {
  const points = ['openmpi5', 'mpich5', 'mpich4'].flatMap((name) =>
    ['pmix', 'pmi2', 'none'].map((plugin) => [name, plugin] as const),
  );

  test.each(points)('%s under --mpi=%s', (name, plugin) => {
    const { mpi } = imageOf(name);
    if ('unknown' in mpi) throw new Error(mpi.unknown);
    const forecast = forecastPmi(mpi, plugin);
    const { outcome, said } = started(name, plugin);
    expect(outcome, `${said}\n${forecast.why}`).toBe(forecast.outcome);
  });
});
