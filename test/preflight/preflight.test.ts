import { describe, expect, test } from 'vitest';
import type { Image } from '../../src/image/image.ts';
import type { Facts } from '../../src/inspect/facts.ts';
import type { PreflightInput } from '../../src/preflight/finding.ts';
import { type Preflight, preflight } from '../../src/preflight/preflight.ts';
import { image, node, partition, wish } from './example.ts';

const mpich = { ...image.mpi, family: 'mpich', abi: 'libmpi.so.12', version: '4.0.2', pmi: ['pmi1'] } as Image['mpi'];

function ask(change: Partial<PreflightInput> = {}): Preflight {
  return preflight({ image, facts: [node('n1'), node('n2')], partition, wish, ...change });
}

function finding(answer: Preflight, check: string) {
  const found = answer.findings.find((item) => item.check === check);
  if (!found) throw new Error(`no finding ${check}`);
  return found;
}

test('all is well, and the plugin is chosen', () => {
  const answer = ask();
  expect(answer).toMatchObject({ outcome: 'ok', mpi: 'pmix' });
  expect(new Set(answer.findings.map((item) => item.outcome))).toEqual(new Set(['ok']));
  expect(answer.start).toBe('starts');
  expect(ask({ image: { ...image, mpi: mpich } }).mpi).toBe('pmi2');
});

describe('architecture and os', () => {
  test('an image for another processor will fail, and one odd node is enough', () => {
    const answer = ask({ facts: [node('n1'), node('n2', 'pmix', 'aarch64')] });
    expect(answer.outcome).toBe('will-fail');
    expect(finding(answer, 'architecture')).toMatchObject({
      message: expect.stringContaining('n2 is aarch64'),
      hint: expect.stringContaining('arm64'),
    });
  });

  test('unknown nodes are not taken for the same', () => {
    const denied: Facts = {
      node: 'n1',
      groups: { kernel: { machine: { unknown: 'timeout', why: 'took 5 s', source: '' } } },
    };
    for (const facts of [[], [denied]]) expect(finding(ask({ facts }), 'architecture').outcome).toBe('cannot-tell');
    expect(finding(ask({ facts: [denied] }), 'architecture').evidence.join()).toContain('took 5 s');
  });

  test('what its files are for counts more than what the image says', () => {
    const programs = [{ architecture: 'arm64', count: 3, path: '/bin/sh' }];
    const answer = ask({ image: { ...image, needs: { ...image.needs, programs } } });
    expect(finding(answer, 'architecture')).toMatchObject({
      outcome: 'will-fail',
      message: 'the image says it is for amd64, and its programs are for arm64',
    });
  });

  test('only Linux', () => {
    expect(finding(ask({ image: { ...image, os: 'windows' } }), 'os').outcome).toBe('will-fail');
  });
});

describe('a program from outside', () => {
  const musl: Image = { ...image, libc: { family: 'musl', version: '1.2.3' } };

  test('does not start in an image of musl, nor without a C library; a program of the image does not care', () => {
    expect(finding(ask({ image: musl }), 'libc')).toMatchObject({
      outcome: 'will-fail',
      message: expect.stringContaining('musl'),
    });
    expect(finding(ask({ image: { ...image, libc: { unknown: 'none there' } } }), 'libc').outcome).toBe('will-fail');
    expect(ask({ image: musl, wish: { ...wish, program: 'image' } }).outcome).toBe('ok');
  });

  test('must be built for the MPI of the image', () => {
    const other = { ...wish, program: { builds: ['libmpi.so.12'] } };
    expect(finding(ask({ wish: other }), 'abi')).toMatchObject({
      outcome: 'will-fail',
      message: 'the MPI of the image is libmpi.so.40, and the suite has builds for libmpi.so.12',
      hint: expect.stringContaining('libmpi.so.40'),
    });
    const none = ask({ image: { ...image, mpi: { unknown: 'it holds none' } } });
    expect(finding(none, 'abi')).toMatchObject({
      outcome: 'will-fail',
      message: expect.stringContaining('it holds none'),
    });
  });
});

describe('process management', () => {
  test('a plugin must be on every node', () => {
    const answer = ask({ facts: [node('n1'), node('n2', 'none pmi2 pmix_v4')] });
    expect(answer.mpi).toBe('pmix_v4');
  });

  test('an explicit choice that cannot work says how it fails, in numbers, and what to use', () => {
    const singletons = ask({ wish: { ...wish, mpi: 'pmi2' } });
    expect(singletons).toMatchObject({ outcome: 'will-fail', mpi: 'pmi2' });
    expect(finding(singletons, 'pmi')).toMatchObject({
      message: expect.stringContaining('will start 4 singletons'),
      hint: 'use --mpi=pmix, or leave the choice to Assay',
    });
    const old = { ...image, mpi: { ...image.mpi, version: '4.1.4' } as Image['mpi'] };
    expect(finding(ask({ image: old, wish: { ...wish, mpi: 'pmi2' } }), 'pmi').message).toContain('will abort');
    expect(finding(ask({ wish: { ...wish, mpi: 'pmix_v5' } }), 'pmi').message).toContain(
      'does not offer --mpi=pmix_v5',
    );
  });

  test('what the ranks will do is told in one word', () => {
    const start = (change: Partial<PreflightInput>) => ask(change).start;
    expect(start({ wish: { ...wish, mpi: 'pmi2' } })).toBe('singletons');
    expect(start({ wish: { ...wish, mpi: 'pmi2', ranks: 1 } })).toBe('starts');
    expect(start({ wish: { ...wish, mpi: 'pmix_v5' } })).toBe('aborts');
    expect(
      start({
        image: { ...image, mpi: { ...image.mpi, marks: ['orte'] } as Image['mpi'] },
        wish: { ...wish, mpi: 'none' },
      }),
    ).toBe('aborts');
    expect(start({ facts: [] })).toBe('unknown');
    // The wrong architecture goes before all that MPI would do.
    expect(start({ facts: [node('n1', 'pmix', 'aarch64')], wish: { ...wish, mpi: 'pmi2' } })).toBe('aborts');
  });

  test('Intel MPI goes by I_MPI_PMI_LIBRARY of image and site', () => {
    const intel = { ...image.mpi, family: 'intel', version: '2021.18.1', pmi: ['pmi2', 'pmix'] } as Image['mpi'];
    const under = (mpi: string, environment?: Readonly<Record<string, string>>) =>
      ask({ image: { ...image, mpi: intel }, wish: { ...wish, mpi }, ...(environment && { environment }) }).start;
    expect(under('pmix')).toBe('starts');
    expect(under('none')).toBe('singletons');
    expect(under('pmix', { I_MPI_PMI_LIBRARY: '/usr/lib/libpmi2.so.0' })).toBe('aborts');
    expect(under('none', { I_MPI_PMI_LIBRARY: '/usr/lib/libpmi2.so.0' })).toBe('aborts');
  });

  test('Intel MPI that finds no libfabric aborts, the newest one only where ranks have company', () => {
    const intel = (version: string) =>
      ({ ...image.mpi, family: 'intel', version, pmi: ['pmi2'], marks: ['no-fabric'] }) as Image['mpi'];
    const start = (change: Partial<PreflightInput>, version = '2021.19.0') =>
      ask({ image: { ...image, mpi: intel(version) }, ...change }).start;
    const pmi2 = { ...wish, mpi: 'pmi2' };
    const none = { ...wish, mpi: 'none' };
    expect(start({ wish: pmi2 })).toBe('aborts');
    expect(start({ wish: { ...pmi2, ranks: 1 } })).toBe('starts');
    expect(start({ wish: none })).toBe('singletons');
    for (const version of ['2021.14.0', '2021.6.0', '2019.9'])
      for (const one of [pmi2, none, { ...pmi2, ranks: 1 }, { ...none, ranks: 1 }])
        expect(start({ wish: one }, version)).toBe('aborts');
    expect(start({ wish: { ...none, ranks: 1 } }, '2021.16.1')).toBe('unknown');
    const library = { path: '/usr/lib/libfabric.so.1', soname: 'libfabric.so.1', architecture: 'amd64' };
    expect(start({ wish: pmi2, injected: [{ ...library, needed: [], versionsNeeded: {}, versionsDefined: [] }] })).toBe(
      'starts',
    );
    // A file that no loader looks for: found by the site's LD_LIBRARY_PATH, or by one that cannot be known.
    const astray = {
      ...image,
      mpi: intel('2021.14.0'),
      libraries: [{ path: '/opt/mpi/lib/libfabric/libfabric.so.1', soname: 'libfabric.so.1' }],
    };
    expect(ask({ image: astray, wish: pmi2 }).start).toBe('aborts');
    expect(ask({ image: astray, wish: pmi2, environment: { LD_LIBRARY_PATH: '/opt/mpi/lib/libfabric' } }).start).toBe(
      'starts',
    );
    expect(ask({ image: astray, wish: { ...pmi2, ownLibraryPath: true } }).start).toBe('unknown');
    expect(ask({ image: { ...astray, environment: { I_MPI_ROOT: '/opt/mpi' } }, wish: pmi2 }).start).toBe('unknown');
  });

  test('Open MPI 4 that has no plugin to speak with aborts', () => {
    const mute = { ...image.mpi, version: '4.1.4', pmi: [], marks: ['mute', 'orte'] } as Image['mpi'];
    for (const mpi of ['pmix', 'pmi2', 'none'])
      expect(ask({ image: { ...image, mpi: mute }, wish: { ...wish, mpi } })).toMatchObject({
        outcome: 'will-fail',
        start: 'aborts',
      });
    expect(ask({ image: { ...image, mpi: mute } }).start).toBe('aborts');
  });

  test('an explicit choice that works is kept', () => {
    expect(ask({ wish: { ...wish, mpi: 'pmix_v4' } })).toMatchObject({ outcome: 'ok', mpi: 'pmix_v4' });
  });

  test('no plugin of the nodes fits: will fail, with the reason for each', () => {
    const answer = ask({ facts: [node('n1', 'none pmi2')] });
    expect(finding(answer, 'pmi')).toMatchObject({ outcome: 'will-fail', hint: expect.stringContaining('pmix') });
    expect(finding(answer, 'pmi').evidence.join('\n')).toContain('--mpi=none');
  });

  test('a single rank may be a singleton', () => {
    const alone = { ...wish, ranks: 1 };
    expect(ask({ facts: [node('n1', 'none')], wish: alone })).toMatchObject({ outcome: 'ok', mpi: 'none' });
    expect(ask({ wish: { ...alone, mpi: 'none' } })).toMatchObject({ outcome: 'ok', mpi: 'none' });
  });

  test('a library that tells nothing: cannot be told, yet something is chosen', () => {
    const silent = { ...image.mpi, family: 'unknown', pmi: [] } as Image['mpi'];
    const answer = ask({ image: { ...image, mpi: silent } });
    expect(answer.mpi).not.toBe('none');
    expect(finding(answer, 'pmi').outcome).toBe('cannot-tell');
  });

  test('without facts the usual value is assumed, never called right', () => {
    const answer = ask({ facts: [] });
    expect(answer).toMatchObject({ outcome: 'cannot-tell', mpi: 'pmix' });
    expect(ask({ facts: [], image: { ...image, mpi: mpich } }).mpi).toBe('pmi2');
    expect(finding(ask({ facts: [], wish: { ...wish, mpi: 'pmi2' } }), 'pmi').outcome).toBe('will-fail');
  });

  test('no MPI in the image: fine alone, doubtful together', () => {
    const bare = { ...image, mpi: { unknown: 'it holds none' } };
    const own = { ...wish, program: 'image' } as const;
    expect(ask({ image: bare, wish: { ...own, ranks: 1 } })).toMatchObject({ outcome: 'ok', mpi: 'none' });
    expect(finding(ask({ image: bare, wish: own }), 'pmi').outcome).toBe('cannot-tell');
    const cut = { ...image, mpi: { unknown: '/app needs libmpi.so.40, and it is empty', spoiled: true } as const };
    expect(finding(ask({ image: cut, wish: { ...own, ranks: 1 } }), 'pmi')).toMatchObject({
      outcome: 'cannot-tell',
      message: expect.stringContaining('it is empty'),
    });
  });

  test('launchers other than srun', () => {
    const by = (launcher: string, ranks: number, change: Partial<PreflightInput> = {}) =>
      finding(ask({ ...change, wish: { ...wish, launcher, ranks } }), 'pmi').outcome;
    expect(by('mpirun', 4)).toBe('ok');
    expect(by('mpirun', 4, { image: { ...image, mpi: { unknown: 'it holds none' } } })).toBe('cannot-tell');
    expect(by('plain', 1)).toBe('ok');
    expect(by('plain', 4)).toBe('cannot-tell');
  });
});

test('every finding that is not ok has a hint', () => {
  for (const change of [
    { facts: [] },
    { facts: [node('n1', 'none', 'ppc64le')] },
    { image: { ...image, os: 'windows', libc: { unknown: 'x' }, mpi: { unknown: 'y' } } },
    { wish: { ...wish, mpi: 'none' } },
    { wish: { ...wish, launcher: 'plain' } },
  ] satisfies Partial<PreflightInput>[])
    for (const item of ask(change).findings) expect(item.outcome === 'ok' || item.hint !== '').toBe(true);
});
