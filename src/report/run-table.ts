/** Runs, one a line, for the terminal. */
import { hexOf } from '../base/digest.ts';
import type { RunSummary } from '../store/read-runs.ts';
import { showCounts } from './report.ts';
import { textTable } from './text-table.ts';

/** The runs in the order given: id, start, outcome, site, image and verdicts. */
export function runTable(runs: readonly RunSummary[]): string {
  const rows = runs.map(({ run, image, verdicts }) => [
    run.id,
    `${run.startedAt.slice(0, 19)}Z`,
    run.outcome,
    run.site,
    image.name,
    hexOf(image.digest).slice(0, 12),
    showCounts(verdicts),
  ]);
  return textTable(['RUN', 'STARTED', 'OUTCOME', 'SITE', 'IMAGE', 'DIGEST', 'CASES'], rows);
}
