/** What an image needs of a node and brings to it. */
import { describe, expect, test } from 'vitest';
import { findBinaries } from '../../../src/image/binaries.ts';
import type { ImagePackage } from '../../../src/image/image.ts';
import { findHoldings } from '../../../src/image/start/holdings.ts';
import { findLibraries, ownLoader } from '../../../src/image/start/libraries.ts';
import { findNeeds } from '../../../src/image/start/needs.ts';
import { type Content, imageTree, ldCache, library, program } from '../image-tree.ts';

type Given = Readonly<Record<string, Content>>;
type Variables = Readonly<Record<string, string>>;
const lib = '/usr/lib/x86_64-linux-gnu';
const libc = library('libc.so.6', { versionsDefined: ['GLIBC_2.2.5', 'GLIBC_2.36'] });

async function librariesOf(files: Given, environment: Variables = {}) {
  const tree = imageTree(files);
  const binaries = await findBinaries(tree, environment);
  const loader = await ownLoader(tree, binaries, 'amd64', 'glibc');
  const libraries = await findLibraries(tree, binaries, loader, environment);
  return { tree, binaries, loader, libraries };
}

async function needsOf(files: Given, environment: Variables = {}) {
  const { tree, binaries, loader, libraries } = await librariesOf(files, environment);
  return findNeeds(tree, binaries, libraries, loader, 'amd64', environment);
}

async function holdsOf(
  files: Given,
  environment: Variables = {},
  packages: readonly ImagePackage[] = [],
  labels: Variables = {},
) {
  const tree = imageTree(files);
  const binaries = await findBinaries(tree, environment);
  return findHoldings(tree, binaries, environment, labels, packages, { added: ['/mnt/work'], dropped: [] });
}

/** A property note for a level of x86-64, behind a note of the oldest kernel when one is given. */
function notes(level: number, kernel?: readonly number[]): Uint8Array {
  const words = (...values: readonly number[]): Buffer => {
    const bytes = Buffer.alloc(values.length * 4);
    for (const [i, value] of values.entries()) bytes.writeUInt32LE(value, i * 4);
    return bytes;
  };
  const gnu = Buffer.from('GNU\0');
  const tag = kernel ? [words(4, 16, 1), gnu, words(0, ...kernel)] : [];
  return Buffer.concat([...tag, words(4, 16, 5), gnu, words(0xc0008002, 4, 2 ** level - 1, 0)]);
}

describe('findLibraries', () => {
  test('found is what any program gets by that name: the cache and default folders, links, LD_LIBRARY_PATH', async () => {
    const files = {
      [`${lib}/libc.so.6`]: libc,
      [`${lib}/libz.so.1`]: { link: 'libz.so.1.2.13' },
      [`${lib}/libz.so.1.2.13`]: library('libz.so.1'),
      '/opt/a/libfabric.so.1': library('libfabric.so.1', { versionsDefined: ['FABRIC_1.0'] }),
      '/opt/b/libucp.so.0': library('libucp.so.0'),
      '/opt/c/libnowhere.so.1': library('libnowhere.so.1', { versionsDefined: ['NOWHERE_1'] }),
      '/etc/ld.so.cache': ldCache({ 'libfabric.so.1': '/opt/a/libfabric.so.1' }),
    };
    const { libraries } = await librariesOf(files, { LD_LIBRARY_PATH: '/opt/b' });
    expect(libraries).toEqual([
      { path: '/opt/a/libfabric.so.1', soname: 'libfabric.so.1', found: true, versions: ['FABRIC_1.0'] },
      { path: '/opt/b/libucp.so.0', soname: 'libucp.so.0', found: true },
      { path: '/opt/c/libnowhere.so.1', soname: 'libnowhere.so.1' },
      { path: `${lib}/libc.so.6`, soname: 'libc.so.6', found: true, versions: ['GLIBC_2.2.5', 'GLIBC_2.36'] },
      { path: `${lib}/libz.so.1.2.13`, soname: 'libz.so.1', found: true },
    ]);
  });

  test('of two by one name, the one that the loader takes; of another machine, none', async () => {
    const { libraries } = await librariesOf({
      [`${lib}/libm.so.6`]: library('libm.so.6'),
      '/usr/lib/libm.so.6': library('libm.so.6'),
      '/usr/lib/libx.so.1': library('libx.so.1', { machine: 183 }),
    });
    expect(libraries.filter(({ found }) => found).map(({ path }) => path)).toEqual([`${lib}/libm.so.6`]);
  });
});

describe('findNeeds', () => {
  test('the oldest kernel and the level of the C library, and the highest of all else', async () => {
    const needs = await needsOf({
      '/usr/bin/app': program(['libc.so.6', 'libfast.so.1']),
      [`${lib}/libc.so.6`]: library('libc.so.6', { notes: notes(2, [3, 2, 0]) }),
      [`${lib}/libfast.so.1`]: library('libfast.so.1', { notes: notes(4) }),
      // Loaded on processors that have it, and so not found by its name alone.
      [`${lib}/glibc-hwcaps/x86-64-v4/libfast.so.1`]: library('libfast.so.1', { notes: notes(4) }),
    });
    expect(needs).toMatchObject({
      kernel: { version: '3.2.0', path: `${lib}/libc.so.6` },
      levels: [
        { level: 2, path: `${lib}/libc.so.6`, all: true },
        { level: 4, path: `${lib}/libfast.so.1`, all: false },
      ],
      missing: [],
    });
  });

  test('the loader of every program that is not static, where none has one', async () => {
    const loader = '/lib64/ld-linux-x86-64.so.2';
    const files = { '/usr/bin/app': program(['libc.so.6']), '/sbin/ldconfig': { elf: { type: 2 } } } as const;
    expect((await needsOf(files)).noLoader).toEqual({ path: loader, program: '/usr/bin/app' });
    expect(await needsOf({ ...files, [loader]: { link: 'ld.so' } })).toHaveProperty('noLoader');
    expect(await needsOf({ ...files, [loader]: library('ld-linux-x86-64.so.2') })).not.toHaveProperty('noLoader');
    expect(await needsOf({ '/sbin/ldconfig': { elf: { type: 2 } } })).not.toHaveProperty('noLoader');
  });

  test('libraries only for newer processors are no need', async () => {
    const needs = await needsOf({
      '/usr/bin/app': program(['libc.so.6']),
      [`${lib}/libc.so.6`]: libc,
      [`${lib}/glibc-hwcaps/x86-64-v3/libc.so.6`]: library('libc.so.6', { notes: notes(3) }),
    });
    expect(needs.levels).toEqual([]);
  });

  test('programs by machine, and what they miss', async () => {
    const needs = await needsOf({
      '/usr/bin/a': program(['libgone.so.1']),
      '/usr/bin/b': program([]),
      '/usr/bin/c': program([], { machine: 183 }),
    });
    expect(needs.programs).toEqual([
      { architecture: 'amd64', count: 2, path: '/usr/bin/a' },
      { architecture: 'arm64', count: 1, path: '/usr/bin/c' },
    ]);
    expect(needs.missing).toEqual([{ name: 'libgone.so.1', program: '/usr/bin/a' }]);
  });
});

describe('findHoldings', () => {
  test('a shell, and what unpacking did', async () => {
    const holds = await holdsOf({ '/bin/sh': { link: '/usr/bin/dash' }, '/usr/bin/dash': program([]) });
    expect(holds).toMatchObject({ binSh: '/usr/bin/dash', added: ['/mnt/work'], toolkits: [], fabrics: [] });
    expect((await holdsOf({ '/bin/sh': { link: '/usr/bin/gone' } })).binSh).toBeUndefined();
  });

  test('CUDA: its own note, then the file of the runtime, then what the configuration says', async () => {
    const runtime = { '/usr/local/cuda/lib64/libcudart.so.12.4.127': library('libcudart.so.12') };
    const note = { '/usr/local/cuda/version.json': '{"cuda": {"name": "CUDA SDK", "version": "12.4.1"}}' };
    const version = async (files: Given, environment: Variables = {}, packages: readonly ImagePackage[] = []) =>
      (await holdsOf(files, environment, packages)).toolkits[0];
    expect(await version({ ...runtime, ...note })).toMatchObject({ name: 'cuda', version: '12.4.1' });
    expect(await version({ ...runtime, '/usr/local/cuda/version.json': '[' })).toMatchObject({ version: '12.4.127' });
    const wheel = { '/opt/venv/nvidia/cuda_runtime/lib/libcudart.so.12': library('libcudart.so.12') };
    expect(await version(wheel)).toMatchObject({ version: '12' });
    expect(await version({}, { CUDA_VERSION: '11.8.0', NVIDIA_REQUIRE_CUDA: 'cuda>=11.8' })).toMatchObject({
      version: '11.8.0',
      evidence: ['CUDA_VERSION=11.8.0', 'NVIDIA_REQUIRE_CUDA=cuda>=11.8'],
    });
    expect(await version({})).toBeUndefined();
    const compat = { '/usr/local/cuda-12.4/compat/libcuda.so.550.54.15': library('libcuda.so.1') };
    expect((await holdsOf(compat)).cudaCompat).toBe('/usr/local/cuda-12.4/compat');
  });

  test('ROCm, libfabric and UCX', async () => {
    const { toolkits } = await holdsOf(
      {
        '/opt/rocm-6.1.2/lib/libamdhip64.so.6': library('libamdhip64.so.6'),
        '/opt/rocm-6.1.2/.info/version': '6.1.2-119\n',
        [`${lib}/libfabric.so.1`]: library('libfabric.so.1', { text: 'a\x001.17.0\0b' }),
        [`${lib}/libucp.so.0`]: library('libucp.so.0'),
      },
      {},
      [{ manager: 'dpkg', name: 'libucx0', version: '1.13.1-1' }],
    );
    expect(toolkits.map(({ name, version }) => [name, version])).toEqual([
      ['rocm', '6.1.2'],
      ['libfabric', '1.17.0'],
      ['ucx', '1.13.1'],
    ]);
  });

  test('ways to fabrics go by what messaging libraries are linked with', async () => {
    const { fabrics } = await holdsOf({
      [`${lib}/libfabric.so.1`]: library('libfabric.so.1', { needed: ['libibverbs.so.1', 'libpsm2.so.2'] }),
      [`${lib}/libfabric/libcxi-fi.so`]: library('libcxi-fi.so', { needed: ['libcxi.so.1'] }),
      [`${lib}/libpcap.so.0.8`]: library('libpcap.so.0.8', { needed: ['libefa.so.1'] }),
    });
    expect(fabrics.map(({ fabric }) => fabric)).toEqual(['verbs', 'psm2', 'cxi']);
  });
});
