/** Images under mounts of a host: what is hidden, what is brought, and what preflight makes of both. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { imageUnderMounts } from '../../src/flow/mounted-image.ts';
import { plannedMounts, seeMounts } from '../../src/flow/site-mounts.ts';
import { inspectImage } from '../../src/image/inspect-image.ts';
import { directoryTree } from '../../src/image/tree.ts';
import type { PreflightInput } from '../../src/preflight/finding.ts';
import { preflight } from '../../src/preflight/preflight.ts';
import { realSystem } from '../../src/system/real-system.ts';
import { makeElf } from '../base/elf-file.ts';
import { type Content, library, mpich, openMpi, program } from '../image/image-tree.ts';
import { input } from '../preflight/example.ts';

const system = realSystem(true);
const base = mkdtempSync(join(tmpdir(), 'assay-mounted-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));
const digest = `sha256:${'1'.repeat(64)}` as const;
const libs = '/usr/lib/x86_64-linux-gnu';

function write(root: string, files: Readonly<Record<string, Content>>): string {
  for (const [path, content] of Object.entries(files)) {
    const at = join(base, root, path);
    mkdirSync(dirname(at), { recursive: true });
    if (typeof content === 'object' && 'link' in content) symlinkSync(content.link, at);
    else if (typeof content === 'object' && 'elf' in content)
      writeFileSync(at, makeElf(content.elf), { mode: content.elf.interpreter === undefined ? 0o644 : 0o755 });
    else writeFileSync(at, content as string);
  }
  return join(base, root);
}

const glibc = 'GNU C Library (Debian GLIBC 2.36-9) stable release version 2.36.\n';
const loader = { '/lib64/ld-linux-x86-64.so.2': library('ld-linux-x86-64.so.2') };
const whole = write('image', {
  '/opt/app/bin/app': program(['libmpi.so.40', 'libc.so.6'], { runpath: '/opt/mpi/lib' }),
  '/bin/hello': program(['libc.so.6']),
  '/opt/mpi/lib/libmpi.so.40': openMpi('5.0.11', { needed: ['libpmix.so.2', 'libc.so.6'], runpath: '$ORIGIN' }),
  '/opt/mpi/lib/libpmix.so.2': library('libpmix.so.2'),
  [`${libs}/libc.so.6`]: library('libc.so.6', { text: glibc }),
  ...loader,
});

async function under(source: string, target: string, change: Partial<PreflightInput> = {}, root = whole) {
  const { files } = system;
  const layout = { mediaType: 'm', digest, size: 1 };
  const named = { bytes: Buffer.from('{}'), digest, mediaType: 'm' };
  const config = {
    architecture: 'amd64',
    os: 'linux',
    config: { Env: ['PATH=/bin:/opt/app/bin'] },
    rootfs: { diff_ids: [digest] },
  };
  const image = await inspectImage(
    {
      name: 'registry.test/app:1',
      resolved: named,
      manifest: named,
      content: { schemaVersion: 2, config: layout, layers: [layout] },
      config: Buffer.from(JSON.stringify(config)),
    },
    await directoryTree(files, root),
  );
  const seen = await seeMounts(system, [{ source, target }]);
  const seenImage = await imageUnderMounts(system, image, root, seen, change.environment);
  const answer = preflight({
    ...input,
    image: seenImage.image,
    ...(seenImage.bare && { bare: seenImage.bare }),
    injected: seenImage.libraries,
    mounts: await plannedMounts(system, root, seen),
    wish: { ...input.wish, program: 'image' },
    ...change,
  });
  const message = (check: string) => answer.findings.find((finding) => finding.check === check)?.message;
  return { ...answer, message, mpiPath: 'path' in seenImage.image.mpi ? seenImage.image.mpi.path : undefined };
}

test('a mount beside what programs use changes nothing', async () => {
  mkdirSync(join(whole, 'opt/app/data'), { recursive: true });
  expect(await under(write('data', { '/x/notes': 'x' }), '/opt/app/data')).toMatchObject({
    outcome: 'ok',
    start: 'starts',
  });
});

test('a folder over that of the MPI hides it, unless it has one too', async () => {
  const empty = await under(write('empty', { '/notes': 'x' }), '/opt/mpi/lib');
  expect(empty).toMatchObject({ outcome: 'will-fail', start: 'aborts' });
  expect(empty.message('mounts')).toContain('the mounts hide the MPI of the image, /opt/mpi/lib/libmpi.so.40');
  const half = write('half', { '/libmpi.so.40': openMpi('5.0.11', { needed: ['libpmix.so.2'], runpath: '$ORIGIN' }) });
  expect(await under(half, '/opt/mpi/lib')).toMatchObject({ outcome: 'will-fail', start: 'aborts' });
  // A command that needs no MPI is not stopped by it.
  const hello = { wish: { ...input.wish, program: 'image' as const, commands: ['/bin/hello'] } };
  expect((await under(join(base, 'empty'), '/opt/mpi/lib', hello)).outcome).toBe('cannot-tell');
  const app = { wish: { ...hello.wish, commands: ['/opt/app/bin/app'] } };
  expect((await under(join(base, 'empty'), '/opt/mpi/lib', app)).message('mounts')).toBe(
    'the mounts hide libmpi.so.40, which /opt/app/bin/app needs',
  );
});

test('a folder over the system libraries hides the C library', async () => {
  const answer = await under(join(base, 'empty'), libs);
  expect(answer).toMatchObject({ outcome: 'will-fail', start: 'aborts' });
  expect(answer.message('mounts')).toMatch(/hide/);
});

test('a mounted MPI finds its libraries in subfolders by its own search path', async () => {
  const host = write('deep', {
    '/libmpi.so.40': openMpi('5.0.11', { needed: ['libpmix.so.2', 'libc.so.6'], runpath: '$ORIGIN/deps' }),
    '/deps/libpmix.so.2.1': library('libpmix.so.2'),
    '/deps/libpmix.so.2': { link: 'libpmix.so.2.1' },
  });
  const answer = await under(host, '/opt/mpi/lib');
  expect(answer.message('injected')).toContain('the image has all');
  expect(answer).toMatchObject({ outcome: 'ok', start: 'starts', mpiPath: '/opt/mpi/lib/libmpi.so.40' });
});

test('what ranks do goes by the mounted MPI, be it a folder or a file', async () => {
  const old = openMpi('4.1.4', { needed: ['libc.so.6'] });
  const file = join(write('old', { '/libmpi.so.40': old }), 'libmpi.so.40');
  for (const [source, target] of [
    [file, '/opt/mpi/lib/libmpi.so.40'],
    [join(base, 'old'), '/opt/mpi/lib'],
  ] as const) {
    const answer = await under(source, target, { wish: { ...input.wish, program: 'image', mpi: 'pmi2' } });
    expect(answer.message('pmi')).toContain('Open MPI 4.1.4');
    expect(answer.start).toBe('aborts');
  }
  const text = '%s\0Thu Apr  7 12:34:45 CDT 2022\0\0\x004.0.2\0PMI_FD\0';
  const other = join(
    write('mpich', { '/libmpi.so.12': mpich('4.0.2', text, { soname: 'libmpi.so.40' }) }),
    'libmpi.so.12',
  );
  expect((await under(other, '/opt/mpi/lib/libmpi.so.40')).mpi).toBe('pmi2');
});

test('a mounted MPI that only a search path finds cannot be told', async () => {
  const bare = write('bare', {
    '/bin/app': program(['libmpi.so.40', 'libc.so.6']),
    [`${libs}/libc.so.6`]: library('libc.so.6', { text: glibc }),
    ...loader,
    '/opt/host/readme': '',
  });
  const host = write('elsewhere', { '/lib/libmpi.so.40': openMpi('5.0.11', { needed: ['libc.so.6'] }) });
  const answer = await under(host, '/opt/host', {}, bare);
  expect(answer.start).toBe('unknown');
  expect(answer.message('mounts')).toContain('only with /opt/host/lib in LD_LIBRARY_PATH');
  expect((await under(host, '/opt/host', { environment: { LD_LIBRARY_PATH: '/opt/host/lib' } }, bare)).start).toBe(
    'starts',
  );
});

test('a mounted library that no loader looks for is as good as none', async () => {
  const bare = write('wanting', {
    '/bin/app': program(['libmpi.so.40', 'libc.so.6']),
    [`${libs}/libmpi.so.40`]: openMpi('5.0.11', { needed: ['libpmix.so.2', 'libc.so.6'] }),
    [`${libs}/libc.so.6`]: library('libc.so.6', { text: glibc }),
    ...loader,
    [`${libs}/libpmix.so.2`]: { link: 'host' },
    '/opt/host/readme': '',
  });
  const host = write('pmix', { '/libpmix.so.2': library('libpmix.so.2') });
  expect((await under(host, '/opt/host', {}, bare)).start).toBe('aborts');
  const set = { environment: { LD_LIBRARY_PATH: '/opt/host' } };
  expect((await under(host, '/opt/host', set, bare)).start).toBe('starts');
});

test('a mounted library that defines less than the one below it is still told', async () => {
  const bare = write('newer', {
    '/bin/app': program(['libz.so.1', 'libc.so.6']),
    [`${libs}/libc.so.6`]: library('libc.so.6', { text: glibc }),
    ...loader,
    [`${libs}/libz.so.1`]: library('libz.so.1', { versionsDefined: ['ZLIB_1.2', 'ZLIB_1.3'] }),
  });
  const host = write('older', { '/libz.so.1': library('libz.so.1', { versionsDefined: ['ZLIB_1.2'] }) });
  const answer = await under(join(host, 'libz.so.1'), `${libs}/libz.so.1`, {}, bare);
  expect(answer.message('injected')).toContain('defines no ZLIB_1.3');
});
