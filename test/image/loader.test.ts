import { describe, expect, test } from 'vitest';
import { findBinaries } from '../../src/image/binaries.ts';
import { type Loader, loaderOf } from '../../src/image/loader.ts';
import { type Content, imageTree, ldCache, library, program } from './image-tree.ts';

const amd64 = { machine: 62, bits: 64, byteOrder: 'little' } as const;

/** What /app loads, by name; missing ones as undefined. */
async function loadedBy(
  files: Readonly<Record<string, Content>>,
  before: readonly string[] = [],
  family: 'glibc' | 'musl' = 'glibc',
): Promise<{ paths: Record<string, string | undefined>; loader: Loader }> {
  const tree = imageTree(files);
  const binaries = await findBinaries(tree, {});
  const loader = await loaderOf(tree, binaries, family, amd64);
  const app = binaries.at('/app');
  if (!app) throw new Error('no /app');
  const plan = loader.plan(app, before);
  const loaded = [...plan.loaded].map(([name, { binary }]) => [name, binary.path] as const);
  return {
    paths: Object.fromEntries([...loaded, ...[...plan.missing.keys()].map((name) => [name, undefined])]),
    loader,
  };
}

describe('glibc', () => {
  test('RPATH goes before LD_LIBRARY_PATH, RUNPATH after it', async () => {
    const files = { '/r/liba.so.1': library('liba.so.1'), '/e/liba.so.1': library('liba.so.1') };
    const rpath = await loadedBy({ ...files, '/app': program(['liba.so.1'], { rpath: '/r' }) }, ['/e']);
    expect(rpath.paths).toEqual({ 'liba.so.1': '/r/liba.so.1' });
    const runpath = await loadedBy({ ...files, '/app': program(['liba.so.1'], { runpath: '/r' }) }, ['/e']);
    expect(runpath.paths).toEqual({ 'liba.so.1': '/e/liba.so.1' });
  });

  test('RPATH is inherited by libraries, RUNPATH is not, and a RUNPATH of the library shuts both out', async () => {
    const files = {
      '/r/liba.so.1': library('liba.so.1', { needed: ['libb.so.1'] }),
      '/r/libb.so.1': library('libb.so.1'),
    };
    const rpath = await loadedBy({ ...files, '/app': program(['liba.so.1'], { rpath: '/r' }) });
    expect(rpath.paths['libb.so.1']).toBe('/r/libb.so.1');
    const runpath = await loadedBy({ ...files, '/app': program(['liba.so.1'], { runpath: '/r' }) });
    expect(runpath.paths['libb.so.1']).toBeUndefined();
    const shut = { ...files, '/r/liba.so.1': library('liba.so.1', { needed: ['libb.so.1'], runpath: '/nowhere' }) };
    const both = await loadedBy({ ...shut, '/app': program(['liba.so.1'], { rpath: '/r' }) });
    expect(both.paths['libb.so.1']).toBeUndefined();
  });

  test('$ORIGIN is where the library was found, also behind a link', async () => {
    const braced = '$'.concat('{ORIGIN}/private');
    const { paths } = await loadedBy({
      '/app': program(['liba.so.1'], { runpath: '$ORIGIN/opt/lib' }),
      '/opt/lib/liba.so.1': { link: '../real/liba.so.1.2' },
      '/opt/real/liba.so.1.2': library('liba.so.1', { needed: ['libb.so.1'], runpath: braced }),
      '/opt/lib/private/libb.so.1': library('libb.so.1'),
    });
    expect(paths).toEqual({
      'liba.so.1': '/opt/real/liba.so.1.2',
      'libb.so.1': '/opt/lib/private/libb.so.1',
    });
  });

  test('the cache names what no path does; ld.so.conf without a cache is not searched', async () => {
    const files = {
      '/app': program(['liba.so.1']),
      '/opt/a/liba.so.1': library('liba.so.1'),
      '/etc/ld.so.conf': 'include ld.so.conf.d/*.conf\n',
      '/etc/ld.so.conf.d/a.conf': '# mine\n/opt/a # here\n',
      '/etc/ld.so.conf.d/README': '/opt/never\n',
    };
    const bare = await loadedBy(files);
    expect(bare.paths).toEqual({ 'liba.so.1': undefined });
    expect(bare.loader.unused).toEqual(['/opt/a']);
    const cached = await loadedBy({ ...files, '/etc/ld.so.cache': ldCache({ 'liba.so.1': '/opt/a/liba.so.1' }) });
    expect(cached.paths).toEqual({ 'liba.so.1': '/opt/a/liba.so.1' });
    expect(cached.loader.unused).toEqual([]);
  });

  test("Debian's directories are default ones, and a library for another machine is passed over", async () => {
    const { paths } = await loadedBy(
      {
        '/app': program(['liba.so.1']),
        '/e/liba.so.1': library('liba.so.1', { machine: 183 }),
        '/usr/lib/x86_64-linux-gnu/liba.so.1': library('liba.so.1'),
      },
      ['/e'],
    );
    expect(paths).toEqual({ 'liba.so.1': '/usr/lib/x86_64-linux-gnu/liba.so.1' });
  });

  test('what is loaded already serves by its soname', async () => {
    const { paths } = await loadedBy({
      '/app': program(['libdev.so', 'libuser.so.1'], { rpath: '/r' }),
      '/r/libdev.so': library('liba.so.1'),
      '/r/libuser.so.1': library('libuser.so.1', { needed: ['liba.so.1'], runpath: '/other' }),
      '/other/liba.so.1': library('liba.so.1'),
    });
    expect(paths['liba.so.1']).toBe('/r/libdev.so');
  });
});

test('musl: LD_LIBRARY_PATH first, every path is inherited, and its own default directories', async () => {
  const files = {
    '/app': program(['liba.so.1', 'libc2.so.1'], { runpath: '/r', interpreter: '/lib/ld-musl-x86_64.so.1' }),
    '/r/liba.so.1': library('liba.so.1', { needed: ['libb.so.1'] }),
    '/r/libb.so.1': library('libb.so.1'),
    '/usr/local/lib/libc2.so.1': library('libc2.so.1'),
    '/usr/lib/x86_64-linux-gnu/libd.so.1': library('libd.so.1'),
  };
  expect((await loadedBy(files, [], 'musl')).paths).toEqual({
    'liba.so.1': '/r/liba.so.1',
    'libb.so.1': '/r/libb.so.1',
    'libc2.so.1': '/usr/local/lib/libc2.so.1',
  });
  const configured = { ...files, '/etc/ld-musl-x86_64.path': '/only\n' };
  expect((await loadedBy(configured, [], 'musl')).paths['libc2.so.1']).toBeUndefined();
});

test('libraries that need each other come to an end', async () => {
  const { paths } = await loadedBy({
    '/app': program(['liba.so.1'], { rpath: '/r' }),
    '/r/liba.so.1': library('liba.so.1', { needed: ['libb.so.1'] }),
    '/r/libb.so.1': library('libb.so.1', { needed: ['liba.so.1'] }),
  });
  expect(Object.keys(paths)).toEqual(['liba.so.1', 'libb.so.1']);
});
