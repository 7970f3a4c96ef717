import { describe, expect, test } from 'vitest';
import { findBinaries } from '../../src/image/binaries.ts';
import type { ImageMpi, ImagePackage } from '../../src/image/image.ts';
import { findMpi } from '../../src/image/mpi.ts';
import { makeElf } from '../base/elf-file.ts';
import { type Content, imageTree, library, mpich, openMpi, program } from './image-tree.ts';

async function mpiOf(
  files: Readonly<Record<string, Content>>,
  environment: Readonly<Record<string, string>> = {},
  packages: readonly ImagePackage[] = [],
): Promise<ImageMpi> {
  const mpi = await answerOf(files, environment, packages);
  if ('unknown' in mpi) throw new Error(mpi.unknown);
  return mpi;
}

async function answerOf(
  files: Readonly<Record<string, Content>>,
  environment: Readonly<Record<string, string>> = {},
  packages: readonly ImagePackage[] = [],
): ReturnType<typeof findMpi> {
  const tree = imageTree(files);
  return findMpi(tree, await findBinaries(tree, environment), environment, packages);
}

const lib = '/usr/lib/x86_64-linux-gnu';
const mpichText = '%s\0Thu Apr  7 12:34:45 CDT 2022\0\0\x004.0.2\0PMI_FD\0cmd=init pmi_version=%d\0';
const intelText = 'Intel(R) MPI Library %s for Linux* OS\n\x002021.18.1\0PMI_FD\0PMI2_Init\0PMIx_Init\0';
const mpiSymbols = { MPI_Init: '', MPI_Comm_size: '', PMPI_Init: '' };

describe('family, version and interfaces', () => {
  test('Open MPI 4 speaks what its plugins speak', async () => {
    const files = {
      '/usr/bin/app': program(['libmpi.so.40']),
      [`${lib}/libmpi.so.40`]: { link: 'libmpi.so.40.30.4' },
      [`${lib}/libmpi.so.40.30.4`]: openMpi('4.1.4'),
    };
    const plugin = `${lib}/openmpi/lib/openmpi3/mca_pmix_ext3x.so`;
    expect(await mpiOf({ ...files, [plugin]: library('mca_pmix_ext3x.so') })).toMatchObject({
      family: 'openmpi',
      abi: 'libmpi.so.40',
      path: `${lib}/libmpi.so.40.30.4`,
      version: '4.1.4',
      libraryPath: [],
      pmi: ['pmix'],
    });
    const slurms = {
      [`${lib}/openmpi/mca_pmix_s2.so`]: library('s2'),
      [`${lib}/openmpi/mca_pmix_s1.so`]: library('s1'),
    };
    expect((await mpiOf({ ...files, ...slurms })).pmi).toEqual(['pmi2', 'pmi1']);
    expect((await mpiOf({ ...files, [`${lib}/openmpi/mca_pmix_isolated.so`]: library('x') })).pmi).toEqual([]);
  });

  test('Open MPI 4 with its plugins compiled in', async () => {
    const mpi = await mpiOf({
      '/usr/bin/app': program(['libmpi.so.40']),
      [`${lib}/libmpi.so.40`]: openMpi('4.1.6', { needed: ['libopen-pal.so.40'] }),
      [`${lib}/libopen-pal.so.40`]: library('libopen-pal.so.40', { defines: { mca_pmix_pmix3x_component: '' } }),
    });
    expect(mpi.pmi).toEqual(['pmix']);
    expect(mpi.evidence.join('\n')).toContain('mca_pmix_pmix3x_component');
  });

  test('Open MPI 5 speaks PMIx alone', async () => {
    const mpi = await mpiOf({
      '/usr/bin/app': program(['libmpi.so.40']),
      [`${lib}/libmpi.so.40`]: openMpi('5.0.11', { needed: ['libpmix.so.2'] }),
      [`${lib}/libpmix.so.2`]: library('libpmix.so.2'),
    });
    expect(mpi).toMatchObject({ version: '5.0.11', pmi: ['pmix'] });
  });

  test('MPICH by its symbols, under whatever name', async () => {
    const mpi = await mpiOf({
      '/usr/bin/app': program(['libmpich.so.12']),
      [`${lib}/libmpich.so.12`]: mpich('4.0.2', mpichText, { soname: 'libmpich.so.12' }),
    });
    expect(mpi).toMatchObject({ family: 'mpich', abi: 'libmpich.so.12', version: '4.0.2', pmi: ['pmi1'] });
  });

  test('MPICH with hidden version symbols: the text beside its release date', async () => {
    const text = 'Fri Sep 25 20:45:26 UTC 2026\x005.0.2\0PMI_FD\0PMI2_Init\0';
    const hidden = library('libmpi.so.12', { defines: { ...mpiSymbols, MPIR_Err_create_code: '' }, text });
    const mpi = await mpiOf({ '/usr/bin/app': program(['libmpi.so.12']), [`${lib}/libmpi.so.12`]: hidden });
    expect(mpi).toMatchObject({ version: '5.0.2', pmi: ['pmi2', 'pmi1'] });
  });

  test('MPICH that names PMIx in its error texts does not speak it; one that imports it does', async () => {
    const app = { '/usr/bin/app': program(['libmpi.so.12']) };
    const named = mpich('5.0.2', 'PMIx_Init failed %s\0PMI_FD\0PMI2_Init\0');
    expect((await mpiOf({ ...app, [`${lib}/libmpi.so.12`]: named })).pmi).toEqual(['pmi2', 'pmi1']);
    const built = mpich('5.0.2', 'PMIx_Init failed %s\0', { imports: ['PMIx_Init'] });
    expect((await mpiOf({ ...app, [`${lib}/libmpi.so.12`]: built })).pmi).toEqual(['pmix']);
  });

  test('Intel MPI is told from the MPICH inside it', async () => {
    const intel = library('libmpi.so.12', {
      defines: { ...mpiSymbols, MPIR_Err_create_code: '', I_MPI_Check_image_status: '' },
      text: intelText,
    });
    const files = { '/usr/bin/app': program(['libmpi.so.12']), [`${lib}/libmpi.so.12`]: intel };
    const mpi = await mpiOf(files);
    expect(mpi).toMatchObject({ family: 'intel', version: '2021.18.1', pmi: ['pmi2', 'pmi1'] });
    expect(mpi.evidence.join('\n')).toContain('libpmix.so');
    const pmix = { [`${lib}/libpmix.so`]: { link: 'libpmix.so.2' }, [`${lib}/libpmix.so.2`]: library('libpmix.so.2') };
    expect((await mpiOf({ ...files, ...pmix })).pmi).toEqual(['pmi2', 'pmi1', 'pmix']);
    const half = { ...pmix, [`${lib}/libpmix.so.2`]: library('libpmix.so.2', { needed: ['libevent.so.7'] }) };
    expect((await mpiOf({ ...files, ...half })).pmi).toEqual(['pmi2', 'pmi1']);
  });

  test('an MPI without any sign is unknown, with the version of no package', async () => {
    const bare = library('libmpi.so.12', { defines: mpiSymbols });
    const mpi = await mpiOf({ '/usr/bin/app': program(['libmpi.so.12']), [`${lib}/libmpi.so.12`]: bare });
    expect(mpi).toMatchObject({ family: 'unknown', pmi: [] });
    expect(mpi.version).toBeUndefined();
  });

  test('a stripped version comes from the package', async () => {
    const stripped = library('libmpi.so.12', { defines: { ...mpiSymbols, MPIR_Err_create_code: '' } });
    const files = { '/usr/bin/app': program(['libmpi.so.12']), [`${lib}/libmpi.so.12`]: stripped };
    const packages = [{ manager: 'dpkg', name: 'libmpich12', version: '4.0.2-3' }] as const;
    expect((await mpiOf(files, {}, packages)).version).toBe('4.0.2-3');
  });
});

describe('which MPI', () => {
  const two = {
    '/opt/mpich/lib/libmpi.so.12': mpich('5.0.2', mpichText),
    '/opt/openmpi/lib/libmpi.so.40': openMpi('5.0.11'),
    '/opt/mpich/bin/mpichversion': program(['libmpi.so.12'], { runpath: '$ORIGIN/../lib' }),
    '/opt/mpich/bin/mpivars': program(['libmpi.so.12'], { runpath: '$ORIGIN/../lib' }),
  };

  test('the one that most applications use; its own tools count only between equals; the other is told', async () => {
    const mpi = await mpiOf({ ...two, '/opt/app/bin/app': program(['libmpi.so.40'], { runpath: '/opt/openmpi/lib' }) });
    expect(mpi.family).toBe('openmpi');
    expect(mpi.evidence[0]).toBe('used by 1 application, such as /opt/app/bin/app');
    expect(mpi.evidence.at(-1)).toContain('/opt/mpich/lib/libmpi.so.12');
    expect((await mpiOf(two)).family).toBe('mpich');
  });

  test('an application that needs it through a library of its own', async () => {
    const mpi = await mpiOf({
      ...two,
      '/usr/bin/lmp': program(['liblammps.so.0']),
      [`${lib}/liblammps.so.0`]: library('liblammps.so.0', { needed: ['libmpi.so.40'], runpath: '/opt/openmpi/lib' }),
    });
    expect(mpi.path).toBe('/opt/openmpi/lib/libmpi.so.40');
  });

  test("a Python extension is an application, and LD_LIBRARY_PATH of the image's environment leads it", async () => {
    const mpi = await mpiOf(
      { ...two, '/usr/lib/python3/dist-packages/mpi4py/MPI.cpython-311.so': { elf: { needed: ['libmpi.so.40'] } } },
      { LD_LIBRARY_PATH: '/opt/openmpi/lib' },
    );
    expect(mpi).toMatchObject({ family: 'openmpi', libraryPath: ['/opt/openmpi/lib'] });
  });

  test('a tool that listens in on MPI is not the MPI', async () => {
    const mpi = await mpiOf({
      '/usr/bin/app': program(['libscorep_mpi.so.1', 'libmpi.so.40']),
      [`${lib}/libscorep_mpi.so.1`]: library('libscorep_mpi.so.1', {
        defines: { MPI_Init: '', MPI_Comm_size: '' },
        imports: ['PMPI_Init'],
        needed: ['libmpi.so.40'],
      }),
      [`${lib}/libmpi.so.40`]: openMpi('4.1.4'),
    });
    expect(mpi.path).toBe(`${lib}/libmpi.so.40`);
  });

  test('programs that find it only with an LD_LIBRARY_PATH from elsewhere still use it', async () => {
    const mpi = await mpiOf({
      '/opt/openmpi/lib/libmpi.so.40': openMpi('5.0.11'),
      '/usr/bin/app': program(['libmpi.so.40']),
    });
    expect(mpi.libraryPath).toEqual(['/opt/openmpi/lib']);
    expect(mpi.evidence[0]).toContain('only with an LD_LIBRARY_PATH');
  });

  test('an MPI that nothing is linked with', async () => {
    const mpi = await mpiOf({ [`${lib}/libmpi.so.40`]: openMpi('5.0.11') });
    expect(mpi).toMatchObject({ family: 'openmpi', abi: 'libmpi.so.40', libraryPath: [] });
    expect(mpi.evidence[0]).toContain('no program');
  });

  test('none: with what programs ask for in vain', async () => {
    expect(await answerOf({ '/usr/bin/app': program(['libc.so.6']) })).toEqual({
      unknown: expect.stringContaining('no program of the image needs an MPI'),
    });
    expect(await answerOf({ '/usr/bin/app': program(['libmpi.so.12']) })).toEqual({
      unknown: expect.stringContaining('/usr/bin/app needs libmpi.so.12'),
    });
  });
});

describe('libraryPath, for a program from outside', () => {
  test('holds what the own rpath of the MPI does not give', async () => {
    const mpi = await mpiOf({
      '/opt/app/app': program(['libmpi.so.40'], { rpath: '/opt/mpi/lib:/opt/deps/lib' }),
      '/opt/mpi/lib/libmpi.so.40': openMpi('4.1.4', { needed: ['libhwloc.so.15', 'libevent.so.7'] }),
      '/opt/deps/lib/libhwloc.so.15': library('libhwloc.so.15'),
      [`${lib}/libevent.so.7`]: library('libevent.so.7'),
    });
    expect(mpi.libraryPath).toEqual(['/opt/mpi/lib', '/opt/deps/lib']);
  });

  test('leaves out what the rpath of the MPI gives', async () => {
    const mpi = await mpiOf({
      '/opt/app/app': program(['libmpi.so.40'], { runpath: '/opt/mpi/lib' }),
      '/opt/mpi/lib/libmpi.so.40': openMpi('5.0.11', { needed: ['libpmix.so.2'], runpath: '$ORIGIN/private' }),
      '/opt/mpi/lib/private/libpmix.so.2': library('libpmix.so.2'),
    });
    expect(mpi.libraryPath).toEqual(['/opt/mpi/lib']);
  });

  test('prefers the MPI of the applications to another of the same name in a default directory', async () => {
    const mpi = await mpiOf({
      '/opt/app/app': program(['libmpi.so.12'], { runpath: '/opt/mpich/lib' }),
      '/opt/mpich/lib/libmpi.so.12': mpich('5.0.2', mpichText),
      [`${lib}/libmpi.so.12`]: mpich('4.0.2', mpichText),
    });
    expect(mpi).toMatchObject({ path: '/opt/mpich/lib/libmpi.so.12', libraryPath: ['/opt/mpich/lib'] });
  });

  test('puts the right one of two equal names first, and ends where no order serves', async () => {
    const libraries = {
      '/a/libmpi.so.40': openMpi('4.1.4', { needed: ['libhwloc.so.15'] }),
      '/a/libhwloc.so.15': library('libhwloc.so.15'),
      '/b/libhwloc.so.15': library('libhwloc.so.15'),
    };
    const app = { '/opt/app/app': program(['libmpi.so.40'], { rpath: '/b:/a' }) };
    expect((await mpiOf({ ...app, ...libraries })).libraryPath).toEqual(['/b', '/a']);
    const crossed = {
      '/a/libmpi.so.40': openMpi('4.1.4', { needed: ['liba.so.1', 'libb.so.1'] }),
      ...Object.fromEntries(
        ['/a/', '/b/'].flatMap((d) => ['a', 'b'].map((n) => [`${d}lib${n}.so.1`, library(`lib${n}.so.1`)])),
      ),
    };
    const twisted = { '/opt/app/app': program(['/a/libmpi.so.40', '/a/liba.so.1', '/b/libb.so.1'], {}) };
    expect((await mpiOf({ ...twisted, ...crossed })).libraryPath).toEqual(['/b', '/a']);
  });
});

describe('what its structure tells, whatever its version', () => {
  const marksOf = async (files: Readonly<Record<string, Content>>) => (await mpiOf(files)).marks;

  test('Open MPI with ORTE or without, also where its version was stripped', async () => {
    const stripped = { MPI_Init: '', MPI_Comm_size: '', PMPI_Init: '', ompi_mpi_comm_world: '' };
    const mpi = (needed: readonly string[]) => library('libmpi.so.40', { defines: stripped, needed });
    const rte = { [`${lib}/libopen-rte.so.40`]: library('libopen-rte.so.40') };
    const app = { '/usr/bin/app': program(['libmpi.so.40']) };
    expect(await marksOf({ ...app, ...rte, [`${lib}/libmpi.so.40`]: mpi(['libopen-rte.so.40']) })).toEqual(['orte']);
    const later = await mpiOf({ ...app, [`${lib}/libmpi.so.40`]: mpi([]) });
    expect(later).toMatchObject({ marks: [], pmi: ['pmix'] });
    expect(later.version).toBeUndefined();
    expect(await marksOf({ ...app, [`${lib}/libmpi.so.40`]: openMpi('4.1.4') })).toEqual(['orte']);
  });

  test('MPICH that looks for the variables of PMIx', async () => {
    const app = { '/usr/bin/app': program(['libmpi.so.12']) };
    expect(await marksOf({ ...app, [`${lib}/libmpi.so.12`]: mpich('4.2.3', mpichText) })).toEqual([]);
    const newer = mpich('4.3.2', `${mpichText}PMIX_RANK\0`);
    expect(await marksOf({ ...app, [`${lib}/libmpi.so.12`]: newer })).toEqual(['sees-pmix']);
  });

  test('Intel MPI without the libfabric that it loads', async () => {
    const text = `${intelText}libfabric.so.1\0`;
    const intel = library('libmpi.so.12', { defines: { ...mpiSymbols, I_MPI_x: '' }, text });
    const files = { '/usr/bin/app': program(['libmpi.so.12']), [`${lib}/libmpi.so.12`]: intel };
    expect(await marksOf(files)).toContain('no-fabric');
    const fabric = library('libfabric.so.1');
    expect(await marksOf({ ...files, [`${lib}/libfabric.so.1`]: fabric })).not.toContain('no-fabric');
    // Where no loader looks it is told, and counts only by the LD_LIBRARY_PATH of the image.
    const astray = { ...files, '/opt/libfabric/lib/libfabric.so.1': fabric };
    expect(await mpiOf(astray)).toMatchObject({
      marks: ['no-fabric'],
      evidence: expect.arrayContaining([expect.stringContaining('/opt/libfabric/lib/libfabric.so.1')]),
    });
    expect((await mpiOf(astray, { LD_LIBRARY_PATH: '/opt/libfabric/lib' })).marks).toEqual([]);
    const below = library('libmpi.so.12', {
      defines: { ...mpiSymbols, I_MPI_x: '' },
      text,
      runpath: '$ORIGIN/libfabric',
    });
    expect(
      (await mpiOf({ ...astray, [`${lib}/libmpi.so.12`]: below, [`${lib}/libfabric/libfabric.so.1`]: fabric })).marks,
    ).toEqual([]);
  });

  test('Open MPI 4 whose plugin misses a library speaks nothing, nor does one without the plugin', async () => {
    const pal = library('libopen-pal.so.40', { runpath: '/opt/pal' });
    const plugins = `${lib}/openmpi/lib/openmpi3`;
    const files = {
      '/usr/bin/app': program(['libmpi.so.40']),
      [`${lib}/libmpi.so.40`]: openMpi('4.1.4', { needed: ['libopen-pal.so.40'] }),
      [`${lib}/libopen-pal.so.40`]: pal,
      [`${plugins}/mca_btl_tcp.so`]: library('mca_btl_tcp.so'),
    };
    const plugin = (more = {}) => ({
      [`${plugins}/mca_pmix_ext3x.so`]: library('x', { needed: ['libpmix.so.2', 'libopen-pal.so.40'], ...more }),
    });
    const pmix = library('libpmix.so.2');
    const without = await mpiOf({ ...files, ...plugin() });
    expect(without).toMatchObject({ pmi: [], marks: ['mute', 'orte'] });
    expect(without.evidence.join('\n')).toContain('mca_pmix_ext3x.so would speak pmix, but needs libpmix.so.2');
    expect(await mpiOf({ ...files, ...plugin(), [`${lib}/libpmix.so.2`]: pmix })).toMatchObject({
      pmi: ['pmix'],
      marks: ['orte'],
    });
    const own = { ...plugin({ runpath: '$ORIGIN/deps' }), [`${plugins}/deps/libpmix.so.2`]: pmix };
    expect((await mpiOf({ ...files, ...own })).pmi).toEqual(['pmix']);
    expect(await mpiOf(files)).toMatchObject({ pmi: [], marks: ['mute', 'orte'] });
    expect((await mpiOf({ ...files, [`${plugins}/mca_pmix_ext3x.so`]: 'cut' })).marks).toContain('mute');
    // Compiled in under a hidden symbol, or of a build whose plugins lie elsewhere: not certain.
    const inside = library('libopen-pal.so.40', { text: 'x\0pmix3x\0' });
    expect((await mpiOf({ ...files, [`${lib}/libopen-pal.so.40`]: inside })).marks).toEqual(['orte']);
    const { [`${plugins}/mca_btl_tcp.so`]: _, ...bare } = files;
    expect((await mpiOf(bare)).marks).toEqual(['orte']);
  });

  test('libraries that it needs and the image does not hold', async () => {
    const files = (needed: readonly string[]) => ({
      '/usr/bin/app': program(['libmpi.so.40']),
      [`${lib}/libmpi.so.40`]: openMpi('5.0.11', { needed }),
    });
    expect((await mpiOf(files(['libucp.so.0']))).missing).toEqual(['libucp.so.0']);
    expect((await mpiOf(files([]))).missing).toBeUndefined();
  });
});

test('an MPI that is there and of no use is told with what is wrong with it', async () => {
  const why = async (content: Content) => {
    const answer = await answerOf({ '/usr/bin/app': program(['libmpi.so.40']), [`${lib}/libmpi.so.40`]: content });
    return 'unknown' in answer ? answer.unknown : '';
  };
  const file = `/usr/bin/app needs libmpi.so.40, and ${lib}/libmpi.so.40`;
  expect(await why({ link: 'libmpi.so.40.30.4' })).toBe(`${file} is a link to libmpi.so.40.30.4, which is not there`);
  expect(await why('GROUP ( libmpi.so )')).toBe(`${file} is no ELF file`);
  expect(await why('')).toBe(`${file} is empty`);
  expect(await why(makeElf({ soname: 'libmpi.so.40' }).subarray(0, 100))).toContain(`${file} is no sound ELF file`);
  expect(await why(library('libmpi.so.40'))).toBe(`${file} defines no MPI`);
  expect(await why(openMpi('5.0.11', { machine: 183 }))).toContain('another processor');
  expect(await answerOf({ '/usr/bin/app': program(['libmpi.so.40']) })).toEqual({
    unknown: "/usr/bin/app needs libmpi.so.40, which the image does not hold: it expects the host's MPI",
  });
});
