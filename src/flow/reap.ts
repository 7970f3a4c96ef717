/** `assay reap`: cancels what dead and cancelled runs left in the queue. */
import { join } from 'node:path';
import { HarnessError, messageOf } from '../base/error.ts';
import { openJournal, readJournal } from '../run/journal.ts';
import { takeLock } from '../run/lock.ts';
import { holdsByIntent, isInScope, mayHaveJobs, type ReapScope, reapRun } from '../run/reap.ts';
import { runPaths } from '../run/run.ts';
import { foldEvents } from '../run/state.ts';
import type { System } from '../system/system.ts';
import { ciVariables } from './ci-variables.ts';
import { type OpenSite, openSite, openSiteText } from './open-site.ts';
import { reachScheduler } from './reach-scheduler.ts';

/** What `assay reap` is asked for. */
export interface ReapRequest {
  readonly site?: string;
  readonly pipeline?: string;
  readonly job?: string;
  /** Also runs that hold by intent. */
  readonly held: boolean;
}

/** One run that was looked at and had something to tell. */
export interface Reaped {
  readonly run: string;
  readonly outcome: 'cancelled' | 'gone' | 'driven' | 'foreign' | 'held' | 'unreadable';
  /** Jobs that were cancelled. */
  readonly jobs: readonly string[];
  readonly words: string;
}

/** Looks at every run of the site that is in scope and not over. */
export async function reap(system: System, request: ReapRequest): Promise<readonly Reaped[]> {
  const site = await openSite(system, request.site);
  const { runs } = site.site.directories;
  if (!(await system.files.stat(runs))) return [];
  const scope = scopeOf(system, request);
  const found: Reaped[] = [];
  for (const name of await system.files.list(runs)) {
    if (!/^(\.inspect-)?[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}$/.test(name)) continue;
    const one = await reapDirectory(system, site, join(runs, name), scope, request.held);
    if (one) found.push({ run: name, ...one });
  }
  return found;
}

/** In a CI job its own runs alone, unless a pipeline or a job is named. */
function scopeOf(system: System, { pipeline, job }: ReapRequest): ReapScope {
  const ci = ciVariables(system);
  const server = ci?.server ? { server: ci.server } : {};
  if (pipeline !== undefined || job !== undefined)
    return { ...server, ...(pipeline !== undefined && { pipeline }), ...(job !== undefined && { job }) };
  return ci?.job ? { ...server, job: ci.job } : {};
}

type Found = Omit<Reaped, 'run'>;

async function reapDirectory(
  system: System,
  site: OpenSite,
  directory: string,
  scope: ReapScope,
  held: boolean,
): Promise<Found | undefined> {
  const paths = runPaths(directory);
  try {
    const { events } = readJournal((await system.files.readTextIfThere(paths.journal)) ?? '');
    const state = foldEvents(events);
    if (!isInScope(state, scope) || mayHaveJobs(state).length === 0) return undefined;
    if (state.opened && state.opened.user !== system.environment.user)
      return { outcome: 'foreign', jobs: [], words: `belongs to ${state.opened.user}, and was left alone` };
    if (!held && holdsByIntent(events))
      return { outcome: 'held', jobs: [], words: 'holds, and goes on in a later pipeline; --held ends it too' };
    // The lock is taken only where there may be something to do: a run that just begins must find it free.
    const lock = await takeLock(system, paths.lock);
    try {
      const text = await system.files.readTextIfThere(paths.site);
      const { scheduler } = text === undefined ? site : openSiteText(system, text, paths.site);
      const journal = await openJournal(system, paths.journal);
      const jobs = await reapRun({ system, journal, paths, scheduler: await reachScheduler(system, scheduler) });
      return jobs.length > 0
        ? { outcome: 'cancelled', jobs, words: `cancelled ${jobs.join(', ')}` }
        : { outcome: 'gone', jobs, words: 'has nothing in the queue any more' };
    } finally {
      await lock.release();
    }
  } catch (error) {
    if (!(error instanceof HarnessError) || error.code === 'RUN_SCHEDULER_SILENT') throw error;
    if (error.code === 'RUN_LOCKED') return { outcome: 'driven', jobs: [], words: `${error.message}; left alone` };
    return { outcome: 'unreadable', jobs: [], words: messageOf(error) };
  }
}
