import { describe, expect, test } from 'vitest';
import type { Image } from '../../src/image/image.ts';
import type { InjectedLibrary } from '../../src/preflight/finding.ts';
import { checkInjected, checkLibraries } from '../../src/preflight/libraries.ts';
import { image, input } from './example.ts';

const lib = '/usr/lib/x86_64-linux-gnu';
const old: Image = {
  ...image,
  libraries: [
    {
      path: `${lib}/libc.so.6`,
      soname: 'libc.so.6',
      found: true,
      versions: ['GLIBC_2.2.5', 'GLIBC_2.9', 'GLIBC_2.17'],
    },
    { path: `${lib}/libstdc++.so.6`, soname: 'libstdc++.so.6', found: true, versions: ['GLIBCXX_3.4.9', 'CXXABI_1.3'] },
    { path: `${lib}/libz.so.1`, soname: 'libz.so.1', found: true },
    { path: '/opt/conda/lib/libnuma.so.1', soname: 'libnuma.so.1' },
  ],
};

const driver: InjectedLibrary = {
  path: '/usr/lib64/libcuda.so.550.54.15',
  soname: 'libcuda.so.1',
  architecture: 'amd64',
  needed: ['libc.so.6'],
  versionsNeeded: { 'libc.so.6': ['GLIBC_2.2.5', 'GLIBC_2.17'] },
  versionsDefined: [],
};

const check = (...injected: readonly Partial<InjectedLibrary>[]) =>
  checkInjected({ ...input, image: old, injected: injected.map((change) => ({ ...driver, ...change })) });

describe('checkInjected', () => {
  test('nothing injected, and a library that finds all it needs', () => {
    expect(checkInjected({ ...input, image: old }).outcome).toBe('ok');
    expect(check({})).toMatchObject({ outcome: 'ok', evidence: [expect.stringContaining('GLIBC_2.17 of libc.so.6')] });
  });

  test('a newer version of the C library or libstdc++: the newest that is lacking, and the newest that is there', () => {
    expect(
      check({ versionsNeeded: { 'libc.so.6': ['GLIBC_2.2.5', 'GLIBC_2.9', 'GLIBC_2.33', 'GLIBC_2.34'] } }),
    ).toMatchObject({
      outcome: 'will-fail',
      message: `${driver.path} needs GLIBC_2.34 of libc.so.6, and the image has GLIBC_2.17 at most`,
      hint: expect.stringContaining('GLIBC_2.34'),
    });
    const cxx = { needed: ['libstdc++.so.6'], versionsNeeded: { 'libstdc++.so.6': ['GLIBCXX_3.4.29', 'CXXABI_1.3'] } };
    expect(check(cxx).message).toContain(
      'needs GLIBCXX_3.4.29 of libstdc++.so.6, and the image has GLIBCXX_3.4.9 at most',
    );
    // glibc marks libraries with relative relocations packed by a version that is no number.
    expect(check({ versionsNeeded: { 'libc.so.6': ['GLIBC_ABI_DT_RELR'] } }).outcome).toBe('will-fail');
  });

  test('a library that is not there, or only where no loader looks', () => {
    expect(check({ needed: ['libibverbs.so.1'] })).toMatchObject({
      outcome: 'will-fail',
      message: `${driver.path} needs libibverbs.so.1, which is neither in the image nor injected`,
      hint: "inject the host's libibverbs.so.1 too",
    });
    expect(check({ needed: ['libnuma.so.1'] }).outcome).toBe('will-fail');
    expect(check({ needed: ['libz.so.1'], versionsNeeded: { 'libz.so.1': ['ZLIB_1.2.9'] } }).outcome).toBe('ok');
  });

  test('those that are injected together serve each other, with their versions', () => {
    const verbs = { path: '/usr/lib64/libibverbs.so.1', soname: 'libibverbs.so.1', versionsDefined: ['IBVERBS_1.1'] };
    const needing = (version: string) => ({
      needed: ['libibverbs.so.1'],
      versionsNeeded: { 'libibverbs.so.1': [version] },
    });
    expect(check(verbs, needing('IBVERBS_1.1')).outcome).toBe('ok');
    expect(check(verbs, needing('IBVERBS_1.14')).message).toContain('IBVERBS_1.1 at most');
  });

  test('another processor', () => {
    expect(check({ architecture: 'arm64' }).message).toContain('is for arm64, and the image for amd64');
  });

  test('several lacks: the first is told, the others are evidence', () => {
    const finding = check({ needed: ['liba.so.1', 'libb.so.1', 'libc.so.6'] });
    expect(finding.message).toMatch(/liba\.so\.1.*; and 1 more$/);
    expect(finding.evidence[0]).toContain('libb.so.1');
  });
});

describe('checkLibraries', () => {
  const lacking = {
    ...old,
    needs: { ...old.needs, missing: [{ name: 'libfftw3.so.3', program: '/opt/app/bin/solver' }] },
  };
  const asked = (command: string) =>
    checkLibraries({ ...input, image: lacking, wish: { ...input.wish, commands: [command] } }).outcome;

  test('only what is asked for counts', () => {
    expect(asked('solver')).toBe('will-fail');
    expect(asked('/opt/app/bin/solver')).toBe('will-fail');
    expect(asked('/usr/bin/solver')).toBe('ok');
    expect(checkLibraries({ ...input, image: lacking }).message).toContain('1 programs of the image miss libraries');
    expect(checkLibraries(input).message).toContain('every program');
  });

  test('a path that the case sets may lead to it', () => {
    const wish = { ...input.wish, commands: ['solver'], ownLibraryPath: true };
    expect(checkLibraries({ ...input, image: lacking, wish }).outcome).toBe('cannot-tell');
  });

  test('what the MPI itself misses stops every program that uses it', () => {
    const mpi = { ...image.mpi, missing: ['libucp.so.0'] } as Image['mpi'];
    expect(checkLibraries({ ...input, image: { ...old, mpi } })).toMatchObject({
      outcome: 'will-fail',
      message: expect.stringContaining('needs libucp.so.0'),
    });
    const injected = [{ ...driver, soname: 'libucp.so.0' }];
    expect(checkLibraries({ ...input, image: { ...old, mpi }, injected }).outcome).toBe('ok');
  });

  test('what is injected is not missing', () => {
    const injected = [{ ...driver, soname: 'libfftw3.so.3' }];
    const wish = { ...input.wish, commands: ['solver'] };
    expect(checkLibraries({ ...input, image: lacking, wish, injected }).outcome).toBe('ok');
  });
});

test('a library that comes in the place of a newer one of the image leaves it open', () => {
  const stdcxx: InjectedLibrary = {
    ...driver,
    path: '/usr/lib64/libstdc++.so.6.0.19',
    soname: 'libstdc++.so.6',
    versionsDefined: ['GLIBCXX_3.4', 'CXXABI_1.3'],
  };
  expect(checkInjected({ ...input, image: old, injected: [stdcxx] })).toMatchObject({
    outcome: 'cannot-tell',
    message: `${stdcxx.path} takes the place of ${lib}/libstdc++.so.6 and defines no GLIBCXX_3.4.9, which programs of the image may need`,
  });
  const newer = { ...stdcxx, versionsDefined: ['GLIBCXX_3.4.9', 'GLIBCXX_3.4.30', 'CXXABI_1.3'] };
  expect(checkInjected({ ...input, image: old, injected: [newer] }).outcome).toBe('ok');
});
