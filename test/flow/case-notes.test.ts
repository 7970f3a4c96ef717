import { expect, test } from 'vitest';
import { caseNotes } from '../../src/flow/case-notes.ts';
import type { DerivedCase } from '../../src/flow/derive-run.ts';
import type { Image } from '../../src/image/image.ts';
import type { SeenRank } from '../../src/inspect/read-ranks.ts';
import { library, seenRank } from '../inspect/ranks/seen-rank.ts';

const path = '/usr/lib/libmpi.so.40.30.4';
const image = {
  mpi: { family: 'openmpi', abi: 'libmpi.so.40', path, libraryPath: [], pmi: ['pmix'], evidence: [] },
  libraries: [],
} as unknown as Image;

/** A case of `wanted` ranks that took some seconds, of which these ranks were seen. */
function ran(
  wanted: number,
  ranks: readonly SeenRank[],
  more: { seconds?: number; companion?: readonly string[]; transport?: string; said?: readonly string[] } = {},
): DerivedCase {
  const { seconds = 5, companion = ['a1/facts/n1.ranks'], transport, said = [] } = more;
  return {
    case: { name: 'suite/test', geometry: { nodes: 2, ranks: wanted, threads: 1 } },
    evidence: { observed: { observations: transport ? [{ name: 'transport', value: transport }] : [], series: [] } },
    step: { began: 100, ended: 100 + seconds },
    allocation: {
      companion: companion.map((file) => ({ path: file })),
      plan: { steps: [{ launch: { case: 'suite/test', mpi: 'pmix' } }] },
    },
    ranks,
    saidTransport: said,
  } as unknown as DerivedCase;
}

const told = (item: DerivedCase) => caseNotes(item, image).map(({ about, text }) => `${about}: ${text}`);
const mpiRank = (rank: number) =>
  seenRank(rank, [path, '/usr/lib/libpmix.so.2', '/m/mca_pml_ob1.so', '/m/mca_btl_tcp.so']);

test('a step too short to be seen is unknown, in every respect', () => {
  expect(told(ran(2, [], { seconds: 0.13 }))).toEqual([
    'seen: unknown: no rank was seen, so its program, libraries, processors and limits are not known: the step took 130 ms, and processes are looked at three times a second',
    'transport-loaded: unknown: no rank was seen',
    'transport-in-use: unknown: the case does not measure it, its library was not made to say it, and what was loaded need not be used',
  ]);
});

test('a companion that brought nothing back is told apart from it', () => {
  expect(told(ran(1, [], { companion: ['a1/facts/n1.facts'] }))).toEqual([
    expect.stringContaining('no node brought back what it had seen of processes'),
  ]);
});

test('ranks that are missing are named', () => {
  expect(told(ran(4, [mpiRank(0), mpiRank(2)]))[0]).toMatch(
    /^seen: unknown: 2 of 4 ranks were seen; of 1,3 nothing is known/,
  );
});

test('of ranks that did as foretold the transport alone is told: as measured, as said, or as alone was left', () => {
  expect(told(ran(2, [mpiRank(0), mpiRank(1)], { transport: 'verbs' }))).toEqual([
    'transport-loaded: Open MPI btl: tcp; Open MPI pml: ob1',
    'transport-in-use: verbs; the case measured it',
  ]);
  expect(told(ran(2, [mpiRank(0), mpiRank(1)], { said: ['UCX between nodes: tcp/eth0'] }))[1]).toBe(
    'transport-in-use: UCX between nodes: tcp/eth0; as the library said',
  );
  expect(told(ran(2, [mpiRank(0), mpiRank(1)]))[1]).toMatch(/^transport-in-use: tcp between nodes: no other way/);
});

test('an MPI without plug-ins leaves no trace; a program without MPI has none', () => {
  const bare = (rank: number) => seenRank(rank, [path, '/usr/lib/libpmix.so.2']);
  expect(told(ran(2, [bare(0), bare(1)]))[0]).toMatch(/^transport-loaded: unknown: no plug-in and no device was seen/);
  const perl = (rank: number) => seenRank(rank, ['/lib/libc.so.6']);
  expect(told(ran(2, [perl(0), perl(1)]))).toEqual([
    expect.stringMatching(/^preflight: no MPI was loaded in ranks 0-1/),
    'transport-loaded: none: no rank had loaded an MPI',
    expect.stringMatching(/^transport-in-use: unknown/),
  ]);
});

test('what differs is told; a single rank has no transport; a case that did not run has no notes', () => {
  const other = seenRank(1, [path, '/usr/lib/libpmix.so.2', library('/opt/x.so')]);
  expect(told(ran(2, [mpiRank(0), other]))).toContainEqual(
    expect.stringMatching(/^difference: rank 1 on node2 had \/opt\/x\.so/),
  );
  expect(told(ran(1, [mpiRank(0)]))).toEqual([]);
  const { step: _, ...skipped } = ran(2, []);
  expect(told(skipped as DerivedCase)).toEqual([]);
});
