/** Drives a run from its directory to its end: the same for a fresh run and for one that was killed anywhere. */
import { dirname, join } from 'node:path';
import type { FileStamps } from '../oci/tree/verify-tree.ts';
import { type Driven, driveAllocations, settle } from '../run/drive.ts';
import type { EventBody } from '../run/event.ts';
import { type Journal, openJournal } from '../run/journal.ts';
import { type RunLock, takeLock } from '../run/lock.ts';
import { type RunPaths, runPaths } from '../run/run.ts';
import { stageAllocation } from '../run/stage.ts';
import { type AllocationState, needsPlace, nodesToAvoid } from '../run/state.ts';
import type { RunRecord } from '../store/run-record.ts';
import type { System } from '../system/system.ts';
import { ciVariables } from './ci-variables.ts';
import { collectorTexts } from './collector-texts.ts';
import { deriveRun } from './derive-run.ts';
import { inspectTreeOf } from './inspect-tree.ts';
import { renderJobScript } from './job-template.ts';
import { inSection } from './log-section.ts';
import { type OpenSite, openSiteText } from './open-site.ts';
import { type LaunchGround, placeCases, planCases } from './place-cases.ts';
import { reachScheduler } from './reach-scheduler.ts';
import { type RunDirectory, readRunDirectory } from './read-run-directory.ts';
import { runRecord } from './run-record.ts';
import { storeRun, writeResults } from './write-results.ts';

/** What a run came to. */
export interface RunResult {
  readonly record: RunRecord;
  readonly driven: Driven;
  readonly directory: string;
  /** Why it holds, when it does. */
  readonly held?: string;
  /** How it was stored. */
  readonly stored: string;
}

/** What a process that drives a run may know beside its directory. */
export interface DriveOptions {
  /** Seconds; replaces the site's limit. */
  readonly waitAtMost?: number | undefined;
  /** Files of the image that this process has read and found good. */
  readonly seen?: FileStamps | undefined;
}

/** Drives the run in a directory. */
export async function driveRun(
  system: System,
  directory: string,
  signal: AbortSignal,
  { waitAtMost, seen }: DriveOptions = {},
): Promise<RunResult> {
  const paths = runPaths(directory);
  const lock = await takeLock(system, paths.lock);
  try {
    const journal = await openJournal(system, paths.journal);
    const run = await readRunDirectory(system, directory);
    const site = openSiteText(system, run.siteText, join(dirname(paths.site), 'site.yaml'));
    const { opened } = run;
    const ground: LaunchGround = {
      site,
      partition: opened.partition,
      suites: run.suites,
      image: opened.image,
      root: opened.tree.root,
      runId: opened.run,
      directory,
      mpi: opened.mpi.choice,
    };
    const driven = journal.state().finishedAt
      ? 'ended'
      : await inSection(system, 'run', 'Running the cases', () =>
          driveJournal({ system, paths, lock, journal, run, signal, site, ground, waitAtMost, seen }),
        );
    const { record, stored } = await inSection(system, 'results', 'Judging and storing', async () => {
      const derived = runRecord(await deriveRun(system, directory));
      await writeResults(system, paths, derived);
      return { record: derived, stored: await storeRun(system, site.site, derived) };
    });
    const { held } = journal.state();
    return { record, driven, directory, stored, ...(driven === 'held' && held !== undefined && { held }) };
  } finally {
    await lock.release();
  }
}

interface Driving {
  readonly system: System;
  readonly paths: RunPaths;
  readonly lock: RunLock;
  readonly journal: Journal;
  readonly run: RunDirectory;
  readonly signal: AbortSignal;
  readonly site: OpenSite;
  readonly ground: LaunchGround;
  readonly waitAtMost: number | undefined;
  readonly seen: FileStamps | undefined;
}

/** From what the journal holds to its end: plans what has no place, submits, stays, and checks the image before and after. */
async function driveJournal(driving: Driving): Promise<Driven> {
  const { system, paths, lock, journal, run, signal, site, ground, waitAtMost, seen } = driving;
  const { opened } = run;
  const ci = ciVariables(system);
  if (ci && ci.job !== run.state.ci?.job) await journal.append({ type: 'driver', ci });
  if (!run.state.trees.some((look) => look.when === 'before'))
    await journal.append(await lookAtTree(system, opened.tree, 'before', seen));
  await planWave(journal, ground);
  const texts = await collectorTexts(system, opened, site);
  const drive = {
    system,
    journal,
    paths,
    lock,
    scheduler: await reachScheduler(system, site.scheduler),
    intervalSeconds: site.scheduler.interval(site.site.scheduler),
    waitAtMostSeconds: waitAtMost ?? site.site.waitAtMostSeconds,
    onHold: site.site.onHold,
    onInterrupt: site.site.onInterrupt,
    signal,
    stage: async (allocation: AllocationState) => {
      const job = await renderJobScript(system, ground, allocation.plan);
      return stageAllocation(system, allocation.plan, { ...job, ...texts }, paths);
    },
  };
  let driven = await driveAllocations(drive);
  while (driven === 'ended' && (await planWave(journal, ground))) {
    system.log.warn('what nodes that failed left undone is tried again on others');
    driven = await driveAllocations(drive);
  }
  if (driven === 'ended') {
    const state = journal.state();
    // Job scripts that came to their end have nothing running any more; of others a program may still be at work.
    const clean = state.allocations.every((allocation) => allocation.ended?.state === 'completed');
    if (!clean) await settle(drive, state);
    const [look] = await Promise.all([lookAtTree(system, opened.tree, 'after', seen), clean && settle(drive, state)]);
    await journal.append(look, { type: 'finished' });
  }
  return driven;
}

/**
 * Plans what has no place yet: everything at first; later what an allocation that was stopped or lost left undone. False
 * when there is nothing to plan.
 */
async function planWave(journal: Journal, ground: LaunchGround): Promise<boolean> {
  const state = journal.state();
  const { placed, skips } = placeCases(ground);
  const wanted = placed.filter((item) => needsPlace(state, item.case));
  if (wanted.length === 0 && state.allocations.length > 0) return false;
  const allocations = planCases(ground, wanted, state.allocations.length + 1, nodesToAvoid(state));
  await journal.append({ type: 'planned', allocations, skips });
  return true;
}

async function lookAtTree(
  system: System,
  tree: { readonly root: string; readonly digest: `sha256:${string}` },
  when: 'before' | 'after',
  seen: FileStamps | undefined,
): Promise<EventBody> {
  system.log.progress(`checking the unpacked image ${when} the run`);
  return { type: 'tree', when, ...(await inspectTreeOf(system, tree.root, tree.digest, seen)) };
}
