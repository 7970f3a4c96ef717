/** One run for terminals: what it was, why cases did not pass, every case, and what was measured. */

import { cutText, plainLine } from '../base/plain-text.ts';
import { showDuration } from '../base/quantity.ts';
import type { RunRecord } from '../store/run-record.ts';
import { showNumber } from './number-text.ts';
import { ranksText } from './ranks-view.ts';
import { compareText, countVerdicts, outcomeMeaning, showCounts, worstFirst } from './report.ts';
import { textTable } from './text-table.ts';

const shownCases = 100;
const shownFindings = 5;

/** The run as text for a terminal. Names and messages are made harmless and cut. */
export function runText(record: RunRecord): string {
  const { run, cases, observations } = record;
  const sorted = [...cases].sort(
    (a, b) => worstFirst.indexOf(a.verdict) - worstFirst.indexOf(b.verdict) || compareText(a.name, b.name),
  );
  const failed = sorted.filter(({ verdict }) => verdict !== 'pass');
  const parts = [
    `run ${line(run.id)}: ${run.outcome}, ${outcomeMeaning[run.outcome]} (${showCounts(countVerdicts(cases))})\n`,
    detailsOf(record),
  ];
  if (failed.length > 0)
    parts.push(
      `why:\n${failed
        .slice(0, shownCases)
        .flatMap((one) => reasons(record, one))
        .join('\n')}\n`,
    );
  const rows = sorted
    .slice(0, shownCases)
    .map((one) => [
      one.name,
      `${one.nodes} / ${one.ranks}`,
      one.seconds === undefined ? '–' : showDuration(one.seconds),
      one.mpi,
      one.verdict,
    ]);
  parts.push(`${textTable(['CASE', 'NODES / RANKS', 'TIME', 'MPI', 'VERDICT'], rows)}${more(sorted.length)}`);
  const ran = ranksText(record);
  if (ran !== '') parts.push(ran);
  const metrics = observations.filter((one) => one.better !== undefined && one.number !== undefined);
  if (metrics.length > 0)
    parts.push(
      textTable(
        ['METRIC', 'CASE', 'VALUE', 'BETTER'],
        metrics
          .slice(0, shownCases)
          .map((one) => [one.name, one.case, `${showNumber(one.number ?? 0)} ${one.unit}`, one.better ?? '']),
      ) + more(metrics.length),
    );
  parts.push(`everything else of it is in ${line(run.directory)}\n`);
  return parts.join('\n');
}

function more(count: number): string {
  return count > shownCases ? `… and ${count - shownCases} more (--json has all)\n` : '';
}

function reasons({ findings }: RunRecord, one: RunRecord['cases'][number]): readonly string[] {
  const own = findings.filter((finding) => finding.case === one.name && finding.verdict !== 'pass');
  const left = own.length - shownFindings;
  return [
    `  ${one.verdict.padEnd(7)} ${line(one.name)}: ${line(one.reason)}`,
    ...own
      .slice(0, shownFindings)
      .map((finding) => `          ${finding.verdict} ${line(finding.check)}: ${line(finding.message)}`),
    ...(left > 0 ? [`          … and ${left} more findings`] : []),
  ];
}

function detailsOf({ run, image, suites, allocations, facts }: RunRecord): string {
  const distinct = (values: readonly string[]) => [...new Set(values)].sort(compareText);
  const nodes = distinct(allocations.flatMap((one) => one.nodes));
  const kernels = distinct(
    facts.flatMap((one) => (one.group === 'kernel' && one.key === 'release' && one.value ? [one.value] : [])),
  );
  const seconds = (Date.parse(run.endedAt) - Date.parse(run.startedAt)) / 1000;
  const mpi = [image.mpiFamily, image.mpiVersion, image.mpiAbi && `(${image.mpiAbi})`].filter(Boolean).join(' ');
  const jobs = allocations.map((one) => `${one.id}: job ${one.jobId} on ${one.partition}, ${one.state}`);
  const rows: readonly (readonly [string, string])[] = [
    ['image', image.name],
    ['digest', image.digest],
    ['mpi', mpi || 'not known'],
    ['site', run.site],
    ['nodes', nodes.length === 0 ? 'none' : `${nodes.length}: ${nodes.join(', ')}`],
    ['kernel', kernels.join(', ') || 'not known'],
    ['jobs', jobs.join('; ') || 'none'],
    ['suites', suites.map(({ name }) => name).join(', ') || 'none'],
    ['started', run.startedAt],
    ['took', seconds >= 0 ? showDuration(seconds) : 'not known'],
    ...(run.ci ? [['commit', `${run.ci.commit} (${run.ci.ref})`] as const] : []),
  ];
  return `${rows.map(([label, text]) => `  ${label.padEnd(8)} ${line(text)}`).join('\n')}\n`;
}

function line(text: string): string {
  return cutText(plainLine(text), 400);
}
