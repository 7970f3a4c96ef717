/** The verdicts of a run and nothing else: what must come out the same when a run is interrupted and resumed. */
import type { RunRecord } from '../store/run-record.ts';
import { compareText } from './report.ts';
import { textTable } from './text-table.ts';

/**
 * Each case with its verdict and the findings that are not `pass`, by name. The same bytes for the same verdicts: no
 * times, jobs, hosts or measured numbers are in it, so messages and findings on performance are left out.
 */
export function verdictTable(record: Pick<RunRecord, 'cases' | 'findings'>): string {
  const findings = new Map<string, string[]>();
  for (const { case: name, check, kind, verdict } of record.findings) {
    if (verdict === 'pass' || kind === 'performance') continue;
    const shown = `${check}=${verdict}`;
    const known = findings.get(name);
    if (known) known.push(shown);
    else findings.set(name, [shown]);
  }
  const rows = [...record.cases]
    .sort((a, b) => compareText(a.name, b.name))
    .map(({ name, verdict }) => [name, verdict, (findings.get(name) ?? []).sort(compareText).join(', ')]);
  return textTable(['CASE', 'VERDICT', 'FINDINGS'], rows);
}
