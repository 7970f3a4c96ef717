/**
 * Runs: plans, journals and the loop that drives allocations. In: launches. Out: a run directory whose append-only
 * journal says everything that cannot be computed again. It judges nothing: verdicts are derived from what it leaves.
 */
import { join } from 'node:path';

/** Places inside a run directory. */
export interface RunPaths {
  readonly directory: string;
  readonly journal: string;
  readonly lock: string;
  /** A copy of the site file, so that a resumed run does not depend on later edits. */
  readonly site: string;
  /** The suite as it was when the run began: what is judged by. No case ever sees it. */
  readonly suite: (name: string) => string;
  /** The same files for the cases, which run with the rights to change them. */
  readonly inputs: (name: string) => string;
  readonly allocation: (id: string) => string;
  readonly step: (allocation: string, step: string) => string;
  readonly results: string;
}

/** The paths of a run directory; `@RUN@` as directory gives those that a plan prints. */
export function runPaths(directory: string): RunPaths {
  const allocation = (id: string) => join(directory, 'allocations', id);
  return {
    directory,
    journal: join(directory, 'journal.jsonl'),
    lock: join(directory, 'lock'),
    site: join(directory, 'site.yaml'),
    suite: (name) => join(directory, 'suites', name),
    inputs: (name) => join(directory, 'inputs', name),
    allocation,
    step: (id, step) => join(allocation(id), 'steps', step),
    results: join(directory, 'results'),
  };
}

/** A new run's id: its start in UTC and 32 random bits; sorts by time and serves as the nonce that outputs carry. */
export function newRunId(now: string, random: string): string {
  return `${now.replaceAll(/[-:]/g, '').replace(/\.\d+Z$/, 'Z')}-${random.slice(0, 8)}`;
}
