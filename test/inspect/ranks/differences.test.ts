import { describe, expect, test } from 'vitest';
import { rankDifferences } from '../../../src/inspect/ranks/differences.ts';
import { library, seenRank } from './seen-rank.ts';

const mpi = '/usr/lib/libmpi.so.40';
const texts = (ranks: Parameters<typeof rankDifferences>[0]) => rankDifferences(ranks).map(({ text }) => text);

describe('ranks of one case', () => {
  test('that are alike differ in nothing; their processors have other numbers', () => {
    expect(texts([seenRank(0, [mpi]), seenRank(1, [mpi], { processors: '2-3' })])).toEqual([]);
    expect(texts([])).toEqual([]);
  });

  test('a library that one alone holds is named, with origin and digest', () => {
    const ranks = [0, 1, 2, 3].map((rank) =>
      seenRank(rank, rank === 1 ? [mpi, library('/opt/x.so', { origin: 'host' })] : [mpi]),
    );
    expect(texts(ranks)).toEqual([
      'rank 1 on node2 had /opt/x.so (of the host, sha256:aaaaaaaaaaaa), which ranks 0,2-3 had not',
    ]);
  });

  test('one that it let go, or that another was still to load, is none', () => {
    expect(texts([seenRank(0, [mpi]), seenRank(1, [mpi, library('/opt/x.so', { released: true })])])).toEqual([]);
    expect(texts([seenRank(0, [mpi], { quiet: 1 }), seenRank(1, [mpi, '/opt/x.so'])])).toEqual([]);
    const { quiet: _, ...cut } = seenRank(0, [mpi]);
    expect(texts([cut, seenRank(1, [mpi, '/opt/x.so'])])).toEqual([]);
  });

  test('one path with two contents differs, however short the look', () => {
    const other = library(mpi, { origin: 'host', digest: `sha256:${'b'.repeat(64)}` });
    const ranks = [
      seenRank(0, [mpi], { quiet: 0 }),
      seenRank(1, [mpi], { quiet: 0 }),
      seenRank(2, [other], { quiet: 0 }),
    ];
    expect(texts(ranks)).toEqual([
      `${mpi}: that of the image (sha256:aaaaaaaaaaaa) for ranks 0-1, that of the host (sha256:bbbbbbbbbbbb) for rank 2 on node3`,
    ]);
  });

  test('programs, widths of affinity and limits are compared', () => {
    const odd = seenRank(2, [mpi], {
      executable: '/bin/other',
      processors: '0',
      memoryNodes: '0-1',
      limits: { memory: 1000, time: 0.5 },
    });
    expect(texts([seenRank(0, [mpi]), seenRank(1, [mpi]), odd])).toEqual([
      'program: /usr/bin/app for ranks 0-1, /bin/other for rank 2 on node3',
      'processors they may use: 2 for ranks 0-1, 1 for rank 2 on node3',
      "limit of processors' time: none for ranks 0-1, 0.5 for rank 2 on node3",
      'number of memory nodes: 1 for ranks 0-1, 2 for rank 2 on node3',
      'limit of memory in bytes: none for ranks 0-1, 1000 for rank 2 on node3',
    ]);
  });

  test('what is not known of one says nothing', () => {
    const { processors: _, ...unknown } = seenRank(1, [mpi], { limits: {} });
    expect(texts([seenRank(0, [mpi]), unknown])).toEqual([]);
  });

  test('a wrapper and its program are one rank', () => {
    const wrapper = seenRank(1, ['/lib/libc.so.6'], { executable: '/bin/sh', pid: 50 });
    expect(texts([seenRank(0, ['/lib/libc.so.6', mpi]), wrapper, seenRank(1, ['/lib/libc.so.6', mpi])])).toEqual([]);
  });

  test('4,096 ranks with 80 libraries each take no time to speak of', () => {
    const paths = Array.from({ length: 80 }, (_, index) => `/usr/lib/lib${index}.so.1`);
    const ranks = Array.from({ length: 4096 }, (_, rank) =>
      seenRank(rank, rank === 77 ? [...paths, '/opt/x.so'] : paths),
    );
    const start = performance.now();
    expect(texts(ranks)).toHaveLength(1);
    expect(performance.now() - start).toBeLessThan(5000);
  });

  test('many differences are counted', () => {
    const many = Array.from({ length: 50 }, (_, index) => `/opt/${index}.so`);
    const found = texts([seenRank(0, [mpi]), seenRank(1, [mpi, ...many])]);
    expect(found).toHaveLength(21);
    expect(found.at(-1)).toBe('… and 30 more differences between ranks');
  });
});
