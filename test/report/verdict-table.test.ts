import { expect, test } from 'vitest';
import { runTable } from '../../src/report/run-table.ts';
import { verdictTable } from '../../src/report/verdict-table.ts';
import type { RunRecord } from '../../src/store/run-record.ts';
import { caseRow, fullRecord } from '../store/record.ts';

test('the table has names, verdicts and findings that are not pass', () => {
  expect(verdictTable(fullRecord())).toBe(
    [
      'CASE                 VERDICT  FINDINGS',
      'lammps/melt ranks=2  fail     energy=fail',
      'lammps/melt ranks=4  skip     placement=skip',
      '',
    ].join('\n'),
  );
});

test('order, times, jobs, hosts, numbers and performance make no difference', () => {
  const one = fullRecord();
  const other: RunRecord = {
    ...one,
    run: { ...one.run, id: 'other', host: 'elsewhere', endedAt: '2027-01-01T00:00:00.000Z' },
    allocations: [],
    cases: [...one.cases].reverse().map((row) => ({ ...row, seconds: 99, reason: 'job 77 on n9' })),
    findings: [
      ...[...one.findings].reverse().map((row) => ({ ...row, message: 'took 3.7 s' })),
      { case: 'lammps/melt ranks=2', check: 'rate', kind: 'performance', verdict: 'fail', message: '-4 %' },
    ],
  };
  expect(verdictTable(other)).toBe(verdictTable(one));
});

test('another verdict makes a difference', () => {
  const one = fullRecord();
  const cases = one.cases.map((row) => ({ ...row, verdict: 'pass' as const }));
  expect(verdictTable({ ...one, cases })).not.toBe(verdictTable(one));
});

test('hostile names cannot draw lines of their own', () => {
  const name = 'a\r\nlammps/melt  pass\x1b[8m\u202e';
  const table = verdictTable({ cases: [caseRow(name, { verdict: 'fail' })], findings: [] });
  expect(table).toBe('CASE                VERDICT  FINDINGS\na lammps/melt pass  fail\n');
});

test('wide letters keep the columns in line', () => {
  const table = verdictTable({ cases: [caseRow('日本'), caseRow('abcd'), caseRow('e\u0301')], findings: [] });
  expect(table.split('\n')).toContain('日本  pass');
  expect(table.split('\n')).toContain('e\u0301     pass');
});

test('runs are listed one a line', () => {
  const { run, image } = fullRecord();
  expect(runTable([{ run, image, verdicts: { pass: 3, fail: 1 } }])).toBe(
    [
      'RUN                   STARTED               OUTCOME   SITE     IMAGE                        DIGEST        CASES',
      `r-20260301-1200-ab12  2026-03-01T12:00:00Z  rejected  example  registry.example.org/code:1  ${image.digest.slice(7, 19)}  1 fail, 3 pass`,
      '',
    ].join('\n'),
  );
  expect(runTable([])).toBe('RUN  STARTED  OUTCOME  SITE  IMAGE  DIGEST  CASES\n');
});
