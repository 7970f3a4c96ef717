/** A run with all that is told of it in CI: results at a fixed path, and a note on the merge request. */
import { HarnessError } from '../base/error.ts';
import { renderSummary, summaryView } from '../report/summary.ts';
import type { System } from '../system/system.ts';
import { failureSummary, withArtifacts } from './artifacts.ts';
import type { RunResult } from './drive-run.ts';
import { noteOnMergeRequest } from './merge-request-note.ts';

/** Does the work and tells of it, also when it could not even begin: an older note must not speak for a newer commit. */
export async function toldRun(
  system: System,
  results: string | undefined,
  work: () => Promise<RunResult>,
): Promise<RunResult> {
  try {
    const result = await withArtifacts(system, results, work);
    await noteOnMergeRequest(system, 'run', () => renderSummary(system.files, summaryView(result.record)));
    return result;
  } catch (error) {
    if (error instanceof HarnessError) await noteOnMergeRequest(system, 'run', async () => failureSummary(error));
    throw error;
  }
}
