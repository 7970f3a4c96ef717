import { describe, expect, test } from 'vitest';
import type { ImageMpi } from '../../src/image/image.ts';
import { type Foretold, otherThanForetold, rolesIn } from '../../src/preflight/what-loaded.ts';
import { library, seenRank } from '../inspect/ranks/seen-rank.ts';

const path = '/usr/lib/libmpi.so.40.30.4';
const mpi: ImageMpi = { family: 'openmpi', abi: 'libmpi.so.40', path, libraryPath: [], pmi: ['pmix'], evidence: [] };
const image: Foretold['image'] = { mpi, libraries: [{ path: '/opt/lib/comm.so', soname: 'libpmix.so.2' }] };
const foretold: Foretold = { image, mpi: 'pmix' };
const pmix = '/usr/lib/libpmix.so.2';

describe('what ranks had loaded', () => {
  test('as foretold, nothing is said; of ranks that nobody saw neither', () => {
    expect(otherThanForetold(foretold, [seenRank(0, [path, pmix]), seenRank(1, [path, pmix])])).toEqual([]);
    expect(otherThanForetold(foretold, [seenRank(0, [])])).toEqual([]);
    expect(otherThanForetold(foretold, [])).toEqual([]);
  });

  test('the MPI of the host, at its own path or over that of the image', () => {
    const over = library(path, { origin: 'host' });
    const own = library('/opt/host/libmpi.so.40', { origin: 'host' });
    expect(
      otherThanForetold(foretold, [seenRank(0, [over, pmix]), seenRank(1, [own, pmix]), seenRank(2, [path, pmix])]),
    ).toEqual([
      `rank 0 had loaded ${path} of the host (sha256:aaaaaaaaaaaa); preflight foretold ${path} of the image`,
      `rank 1 had loaded /opt/host/libmpi.so.40 of the host (sha256:aaaaaaaaaaaa); preflight foretold ${path} of the image`,
    ]);
  });

  test('no MPI at all', () => {
    expect(otherThanForetold(foretold, [seenRank(0, ['/lib/libc.so.6']), seenRank(1, ['/lib/libc.so.6'])])).toEqual([
      expect.stringContaining('no MPI was loaded in ranks 0-1, where preflight foretold libmpi.so.40'),
    ]);
  });

  test('no client of PMIx, where one was needed and the rank had loaded what it loads', () => {
    expect(otherThanForetold(foretold, [seenRank(0, [path])])).toEqual([
      'no client of PMIx was loaded in rank 0, though preflight chose --mpi=pmix',
    ]);
    expect(otherThanForetold(foretold, [seenRank(0, [path], { quiet: 0 })])).toEqual([]);
    // A client of PMI-2 is compiled into MPICH.
    const mpich = { image: { ...image, mpi: { ...mpi, family: 'mpich' as const } }, mpi: 'pmi2' };
    expect(otherThanForetold(mpich, [seenRank(0, [path])])).toEqual([]);
  });

  test('a client of the host', () => {
    expect(otherThanForetold(foretold, [seenRank(0, [path, library(pmix, { origin: 'host' })])])).toEqual([
      expect.stringContaining(`${pmix} of the host`),
    ]);
  });

  test('an MPI where preflight could not tell one', () => {
    const blind = { image: { ...image, mpi: { unknown: 'none found' } }, mpi: 'pmix' };
    expect(otherThanForetold(blind, [seenRank(0, [path])])).toEqual([
      expect.stringContaining('preflight could not tell the MPI of the image'),
    ]);
    expect(otherThanForetold(blind, [seenRank(0, ['/lib/libc.so.6'])])).toEqual([]);
  });
});

test('roles go by what the ELF headers of the image say', () => {
  const roleOf = rolesIn({ ...image, mpi: { ...mpi, path: '/opt/vendor/comm-core.so' } });
  expect(roleOf(library('/opt/vendor/comm-core.so'))).toBe('mpi');
  expect(roleOf(library('/opt/lib/comm.so'))).toBe('pmi');
  expect(roleOf(library('/opt/lib/comm.so', { origin: 'host' }))).toBeUndefined();
});
