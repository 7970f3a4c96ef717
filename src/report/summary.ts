/** The Markdown summary of a run: for a merge request, a job's page, or a mail. */

import { installed } from '../base/installation.ts';
import { showDuration } from '../base/quantity.ts';
import { type CaseView, caseViews } from '../exchange/exchange.ts';
import type { RunRecord } from '../store/run-record.ts';
import type { Files } from '../system/files.ts';
import { renderTemplate } from '../system/template.ts';
import { codeSpan } from './markdown-text.ts';
import { compareText, countVerdicts, outcomeMeaning, showCounts, worstFirst } from './report.ts';

/** What the template shows. Every text of it is safe Markdown already. */
export interface SummaryView {
  readonly run: string;
  readonly outcome: string;
  readonly meaning: string;
  readonly counts: string;
  readonly details: readonly { readonly label: string; readonly text: string }[];
  /** Cases that did not pass, the worst first, with their findings; cut. */
  readonly failures: readonly {
    readonly name: string;
    readonly verdict: string;
    readonly reason: string;
    readonly findings: readonly { readonly check: string; readonly verdict: string; readonly message: string }[];
    readonly moreFindings: string;
    /** Where its output is; empty when not known. (A member named `log` would be Handlebars' own helper.) */
    readonly output: string;
  }[];
  readonly moreFailures: string;
  /** Every case, the worst first; cut. */
  readonly cases: readonly {
    readonly name: string;
    readonly verdict: string;
    readonly size: string;
    readonly time: string;
  }[];
  readonly moreCases: string;
  readonly logs: string;
}

/** How much a summary shows at most; what is left out is counted. */
export interface SummaryLimits {
  readonly failures: number;
  readonly findings: number;
  readonly cases: number;
}

// At 300 bytes a text this stays far below what GitLab takes as a note (1,000,000 characters).
const usualLimits: SummaryLimits = { failures: 30, findings: 5, cases: 100 };
const shownNodes = 16;

/** The view of a run; `logPathOf` says where the output of a case is. */
export function summaryView(
  record: RunRecord,
  logPathOf: (caseName: string) => string | undefined = () => undefined,
  limits: SummaryLimits = usualLimits,
): SummaryView {
  const { run } = record;
  const sizes = new Map(record.cases.map((one) => [one.name, `${one.nodes} / ${one.ranks}`]));
  const cases = [...caseViews(record, logPathOf)].sort(
    (a, b) => worstFirst.indexOf(a.verdict) - worstFirst.indexOf(b.verdict) || compareText(a.name, b.name),
  );
  const failures = cases.filter(({ verdict }) => verdict !== 'pass' && verdict !== 'skip');
  return {
    run: codeSpan(run.id),
    outcome: run.outcome,
    meaning: outcomeMeaning[run.outcome],
    counts: showCounts(countVerdicts(cases)),
    details: detailsOf(record),
    failures: failures.slice(0, limits.failures).map((one) => failureOf(one, limits.findings)),
    moreFailures: more(failures.length - limits.failures, 'case that did not pass', 'cases that did not pass'),
    cases: cases.slice(0, limits.cases).map((one) => ({
      name: codeSpan(one.name),
      verdict: one.verdict,
      size: sizes.get(one.name) ?? '–',
      time: one.seconds === undefined ? '–' : showDuration(one.seconds),
    })),
    moreCases: more(cases.length - limits.cases, 'case', 'cases', showCounts(countVerdicts(cases.slice(limits.cases)))),
    logs: codeSpan(run.directory, 1000),
  };
}

function failureOf(one: CaseView, limit: number): SummaryView['failures'][number] {
  const findings = one.findings
    .filter(({ verdict }) => verdict !== 'pass')
    .sort((a, b) => worstFirst.indexOf(a.verdict) - worstFirst.indexOf(b.verdict));
  return {
    name: codeSpan(one.name),
    verdict: one.verdict,
    reason: codeSpan(one.reason),
    findings: findings.slice(0, limit).map(({ check, verdict, message }) => ({
      check: codeSpan(check, 120),
      verdict,
      message: codeSpan(message),
    })),
    moreFindings: more(findings.length - limit, 'finding', 'findings'),
    output: one.logPath === undefined ? '' : codeSpan(one.logPath, 1000),
  };
}

function detailsOf({ run, image, suites, allocations }: RunRecord): SummaryView['details'] {
  const nodes = [...new Set(allocations.flatMap((one) => one.nodes))].sort(compareText);
  const shown = nodes.slice(0, shownNodes).map((name) => codeSpan(name, 64));
  const beyond = nodes.length > shownNodes ? ` and ${nodes.length - shownNodes} more` : '';
  const seconds = (Date.parse(run.endedAt) - Date.parse(run.startedAt)) / 1000;
  const mpi = [image.mpiFamily, image.mpiVersion, image.mpiAbi && `(${image.mpiAbi})`].filter(Boolean).join(' ');
  return [
    { label: 'Image', text: codeSpan(image.name) },
    { label: 'Digest', text: codeSpan(image.digest) },
    { label: 'MPI in the image', text: mpi === '' ? 'not known' : codeSpan(mpi) },
    { label: 'Site', text: codeSpan(run.site) },
    { label: 'Nodes', text: nodes.length === 0 ? 'none' : `${nodes.length}: ${shown.join(', ')}${beyond}` },
    { label: 'Suites', text: suites.map(({ name }) => codeSpan(name)).join(', ') || 'none' },
    { label: 'Started', text: codeSpan(run.startedAt) },
    { label: 'Took', text: seconds >= 0 ? showDuration(seconds) : 'not known' },
    ...(run.ci ? [{ label: 'Commit', text: codeSpan(`${run.ci.commit} (${run.ci.ref})`) }] : []),
  ];
}

function more(count: number, one: string, many: string, which = ''): string {
  if (count <= 0) return '';
  return `… and ${count} more ${count === 1 ? one : many}${which && ` (${which})`}.`;
}

/** Markdown of a view, by `templates/report/summary.md.hbs`. */
export async function renderSummary(files: Pick<Files, 'readText'>, view: SummaryView): Promise<string> {
  const path = installed('templates/report/summary.md.hbs');
  return renderTemplate('markdown', await files.readText(path), view);
}
