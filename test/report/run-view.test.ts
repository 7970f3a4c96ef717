import { expect, test } from 'vitest';
import { runText } from '../../src/report/run-view.ts';
import { fullRecord } from '../store/record.ts';

test('a run is shown with why cases did not pass, nodes, kernel and metrics', () => {
  expect(runText(fullRecord())).toMatchInlineSnapshot(`
    "run r-20260301-1200-ab12: rejected, a case failed, or left evidence that proves nothing (1 fail, 1 skip)

      image    registry.example.org/code:1
      digest   sha256:05b3abf2579a5eb66403cd78be557fd860633a1fe2103c7642030defe32c657f
      mpi      openmpi (libmpi.so.40)
      site     example
      nodes    2: n1, n2
      kernel   6.1.0
      jobs     a1: job 1201 on batch, COMPLETED; a2: job 1202 on batch, PENDING
      suites   lammps
      started  2026-03-01T12:00:00.250Z
      took     5 min 0 s
      commit   c0ffee (main)

    why:
      fail    lammps/melt ranks=2: energy: off by 1e-3
              fail energy: -2.280 is not -2.281 within 1e-6
      skip    lammps/melt ranks=4: the site has no such partition
              skip placement: none

    CASE                 NODES / RANKS  TIME    MPI   VERDICT
    lammps/melt ranks=2  2 / 2          12.3 s  pmix  fail
    lammps/melt ranks=4  2 / 2          –       pmix  skip

    how they ran:
      lammps/melt ranks=2
        MPI               libmpi.so.40 (image)
        PMI client        none seen
        fabric / GPU      none seen / none seen
        processors        0-3,8, unknown; limits: time 1.5, none, unknown, memory 2.0 GB, none, unknown
        looked at last    while they may still have been starting or ending: 1-3
        ranks differ      processors they may use: 1 for rank 1 on n2, 5 for rank 0 on n1
        transport in use  unknown: nothing measured it

    METRIC  CASE                 VALUE     BETTER
    tiny    lammps/melt ranks=2  5e-324 s  lower

    everything else of it is in /scratch/runs/r-20260301-1200-ab12
    "
  `);
});

test('hostile text stays on its line', () => {
  const record = fullRecord();
  const evil = 'x\r\n\x1b[2Krun r: accepted\u202e';
  const text = runText({
    ...record,
    cases: record.cases.map((one) => ({ ...one, reason: evil })),
    findings: record.findings.map((one) => ({ ...one, message: evil })),
  });
  expect(text).not.toMatch(/[\x1b\r\u202e]/);
  expect(text.match(/^run /gm)).toHaveLength(1);
});
