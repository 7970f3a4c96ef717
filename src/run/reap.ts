/**
 * What a dead or cancelled run left in the queue, and its end. A job is known by the run's own record alone: it must
 * carry the key of one of the run's allocations. Jobs of anybody or anything else are never asked for.
 */
import type { JobStatus } from '../launch/scheduler.ts';
import { cancelJobs, type Drive, endCancelled } from './drive.ts';
import { runSchedulerSilent } from './errors.ts';
import type { Event } from './event.ts';
import { type AllocationState, isOver, openAllocations, type RunState } from './state.ts';

/** Of which CI job or pipeline a run must be; nothing said means all of them. */
export interface ReapScope {
  readonly server?: string;
  readonly pipeline?: string;
  readonly job?: string;
}

/** Seconds until cancelled jobs must have left the queue: longer than Slurm lets a step clean up (KillWait, 30 s). */
const goneWithin = 90;

/** Whether a run is of the scope; one that says nothing of CI is of none but the whole. */
export function isInScope(state: RunState, { server, pipeline, job }: ReapScope): boolean {
  const { ci } = state;
  if (pipeline === undefined && job === undefined) return true;
  if (!ci) return false;
  return (
    (server === undefined || ci.server === server) &&
    (pipeline === undefined || ci.pipeline === pipeline) &&
    (job === undefined || ci.job === job)
  );
}

/** Whether a run holds by intent: its last word was to leave its jobs for the pipeline that goes on with it. */
export function holdsByIntent(events: readonly Event[]): boolean {
  const last = events.at(-1);
  return last?.type === 'held' && last.action === 'leave';
}

/** Allocations that may still have a job: submitted, or about to be, and not known to be over. */
export function mayHaveJobs(state: RunState): readonly AllocationState[] {
  if (state.finishedAt !== undefined) return [];
  return openAllocations(state).filter((item) => item.submitting);
}

/**
 * Cancels what is in the queue of a run that nobody drives, waits until it is gone, and journals it, so that a resumed
 * run plans again what was not done. Gives the jobs; none when there was nothing. The caller holds the run's lock.
 */
export async function reapRun(
  drive: Pick<Drive, 'system' | 'journal' | 'paths' | 'scheduler'>,
): Promise<readonly string[]> {
  const { system, journal, scheduler } = drive;
  const allocations = mayHaveJobs(journal.state());
  const live: JobStatus[] = [];
  const reaped: AllocationState[] = [];
  for (const allocation of allocations) {
    const asked = scheduler.find(allocation.plan.key, drive.paths.allocation(allocation.plan.id));
    const reply = asked.read(await system.ask(asked.ask));
    if ('unanswered' in reply) throw silent(`the scheduler did not answer: ${reply.unanswered}`);
    const jobs = reply.ok.filter((job) => !isOver(job.state));
    // One that was stopped before, by a process that died before it could say that it is over.
    if (jobs.length > 0 || allocation.stopped) reaped.push(allocation);
    live.push(...jobs);
    const [first] = jobs;
    if (first && !allocation.job)
      await journal.append({ type: 'submitted', allocation: allocation.plan.id, job: first.jobId, how: 'adopted' });
  }
  if (reaped.length === 0) return [];
  const ids = new Set(reaped.map((item) => item.plan.id));
  const own = journal.state().allocations.filter((item) => ids.has(item.plan.id));
  const jobs = [...new Set([...own.flatMap((item) => item.job ?? []), ...live.map((job) => job.jobId)])];
  await journal.append({ type: 'interrupted', signal: 'reap', action: 'cancel', jobs });
  const inQueue = live.map((job) => job.jobId);
  if (inQueue.length > 0 && !(await cancelJobs(system, scheduler, inQueue, goneWithin)))
    throw silent(`jobs ${inQueue.join(', ')} were cancelled and are not seen to have ended after ${goneWithin} s`);
  await endCancelled(drive, own, 'reap');
  return inQueue;
}

function silent(message: string) {
  return runSchedulerSilent(message, 'see whether slurmctld answers (scontrol ping), then call assay reap again');
}
