/**
 * Drives the allocations of a run to their end: submit, watch, gather. All it knows is in the journal; killed anywhere,
 * it goes on from there. One question an interval for all allocations; between two, only files are looked at.
 */
import { join } from 'node:path';
import { digestOf } from '../base/digest.ts';
import { messageOf } from '../base/error.ts';
import type { JobState, JobStatus, Scheduler } from '../launch/scheduler.ts';
import { jobEnvironment } from '../system/environment.ts';
import type { System } from '../system/system.ts';
import { endedSteps, hasEnded, keepFiles, readStarted, readStep } from './collect.ts';
import { runSchedulerSilent, runSubmitRefused } from './errors.ts';
import type { EventBody } from './event.ts';
import type { Journal } from './journal.ts';
import type { RunLock } from './lock.ts';
import { lookAtQueue } from './queue.ts';
import type { RunPaths } from './run.ts';
import { type AllocationState, isOver, openAllocations, type RunState } from './state.ts';

/** What the loop works with. */
export interface Drive {
  readonly system: System;
  readonly journal: Journal;
  readonly paths: RunPaths;
  readonly lock: RunLock;
  readonly scheduler: Scheduler;
  readonly intervalSeconds: number;
  /** Longest wait of this invocation, in seconds; then it holds. */
  readonly waitAtMostSeconds: number;
  readonly onHold: 'leave' | 'cancel';
  readonly onInterrupt: 'leave' | 'cancel';
  /** Writes job script and companion of an allocation and gives the script. */
  readonly stage: (allocation: AllocationState) => Promise<string>;
  /** Aborted by SIGTERM or SIGINT; its reason is the signal's name. */
  readonly signal: AbortSignal;
}

/** How driving ended. */
export type Driven = 'ended' | 'held' | 'interrupted';

/** Seconds to wait for a file that another host wrote: attribute caches of NFS and Lustre. */
const fileLag = 5;
/** Most unreadable names kept of a step: one is enough to spoil it. */
const mostUnread = 5;
/** Seconds to go on asking a scheduler that does not take a submission; less where the whole wait is shorter. */
const submitPatience = 60;

/** Submits what is planned and stays until every allocation is over, the wait is, or a signal came. */
export async function driveAllocations(drive: Drive): Promise<Driven> {
  const { system, journal } = drive;
  const began = system.clock.monotonic();
  let nextLook = 0;
  /** When each allocation last showed by its files that it is alive. */
  const signs = new Map<string, number>();
  const overSince = new Map<string, number>();
  for (;;) {
    if (drive.signal.aborted) return stop(drive, 'interrupted', String(drive.signal.reason), drive.onInterrupt);
    await drive.lock.touch();
    for (const allocation of openAllocations(journal.state())) if (!allocation.job) await submit(drive, allocation);
    for (const allocation of openAllocations(journal.state()))
      if ((await gather(drive, allocation)) > 0) signs.set(allocation.plan.id, system.clock.monotonic());
    const open = openAllocations(journal.state());
    if (open.length === 0) return 'ended';
    const now = system.clock.monotonic();
    if (now - began > drive.waitAtMostSeconds) {
      const words = open.map(
        (item) => `${item.plan.id} is ${item.word || item.state}${item.reason ? ` (${item.reason})` : ''}`,
      );
      return stop(drive, 'held', `waited ${Math.round(now - began)} s; ${words.join('; ')}`, drive.onHold);
    }
    // Jobs whose steps come to their end one after another are alive: the scheduler need not say so.
    const alive = ({ state, plan }: AllocationState) =>
      state === 'running' && now - (signs.get(plan.id) ?? Number.NEGATIVE_INFINITY) < drive.intervalSeconds;
    if (now >= nextLook && !open.every(alive)) {
      nextLook = now + drive.intervalSeconds;
      await look(drive, open, overSince);
    }
    await system.clock.sleep(Math.min(0.25, drive.intervalSeconds), drive.signal);
  }
}

type StepBody = Extract<EventBody, { type: 'step' }>;

async function submit(drive: Drive, allocation: AllocationState): Promise<void> {
  const { system, journal, scheduler, paths } = drive;
  const directory = paths.allocation(allocation.plan.id);
  if (allocation.submitting && (await adopt(drive, allocation))) return;
  const script = await drive.stage(allocation);
  if (!allocation.submitting) {
    await journal.append({
      type: 'submitting',
      allocation: allocation.plan.id,
      key: allocation.plan.key,
      script: digestOf(script),
    });
  }
  const asked = scheduler.submit({
    key: allocation.plan.key,
    script: join(directory, 'job.sh'),
    scriptText: script,
    directory,
    output: join(directory, 'job.out'),
    nodes: allocation.plan.nodes,
    limitSeconds: allocation.plan.limitSeconds,
    partition: allocation.plan.partition,
    exclude: allocation.plan.exclude,
    environment: jobEnvironment(system.environment),
  });
  const began = system.clock.monotonic();
  const patience = Math.min(submitPatience, drive.waitAtMostSeconds);
  for (let attempt = 1; ; attempt += 1) {
    const answer = asked.read(await system.ask(asked.ask));
    if ('jobId' in answer) {
      await journal.append({ type: 'submitted', allocation: allocation.plan.id, job: answer.jobId, how: 'answered' });
      system.log.progress(
        `${allocation.plan.id}: submitted as job ${answer.jobId}, ${allocation.plan.steps.length} steps`,
      );
      return;
    }
    if ('refused' in answer) {
      await journal.append({
        type: 'allocation-ended',
        allocation: allocation.plan.id,
        state: 'failed',
        why: answer.refused,
      });
      throw runSubmitRefused(
        `the scheduler refused allocation ${allocation.plan.id}: ${answer.refused}`,
        `compare partition, account and limits of the site file with the cluster's (partition ${allocation.plan.partition.name})`,
      );
    }
    // The job may exist although the answer was lost: look for it before asking again.
    if (await adopt(drive, allocation)) return;
    if (system.clock.monotonic() - began > patience || drive.signal.aborted)
      throw runSchedulerSilent(
        `the scheduler did not take allocation ${allocation.plan.id}: ${answer.unclear}`,
        'see whether slurmctld answers (scontrol ping) and a token is still good, then go on with: assay run --resume RUN',
      );
    system.log.warn(`the scheduler did not answer (${answer.unclear}); trying again`);
    await system.clock.sleep(Math.min(10, attempt * 2), drive.signal);
  }
}

/** Finds the job of an allocation whose submission was not answered: by what it wrote, or by its key. */
async function adopt(drive: Drive, allocation: AllocationState): Promise<boolean> {
  const { system, journal, scheduler, paths } = drive;
  const { id, key } = allocation.plan;
  const started = await readStarted(system, paths, id);
  let job = started?.job;
  if (!job) {
    const asked = scheduler.find(key, paths.allocation(id));
    const reply = asked.read(await system.ask(asked.ask));
    if ('ok' in reply) job = reply.ok[0]?.jobId;
  }
  if (!job) return false;
  await journal.append({ type: 'submitted', allocation: id, job, how: 'adopted' });
  return true;
}

/** What of a drive is enough to read what the nodes wrote and to journal it. */
type Gathering = Pick<Drive, 'system' | 'journal' | 'paths'>;

/** Journals what the nodes have written since the last look; gives the number of steps that ended. */
async function gather(drive: Gathering, allocation: AllocationState): Promise<number> {
  const { system, journal, paths } = drive;
  const { id } = allocation.plan;
  const started = await readStarted(system, paths, id);
  // Two submissions of one key: the job that claimed the directory is the one that counts.
  if (started?.job && allocation.job && started.job !== allocation.job)
    await journal.append({ type: 'submitted', allocation: id, job: started.job, how: 'adopted' });
  // Asked before the steps are looked at: a step may end in between, and then belongs to the next look.
  const over = await hasEnded(system, paths, id);
  const named = over ? undefined : await endedSteps(system, paths, id);
  const found: StepBody[] = [];
  for (const step of allocation.plan.steps) {
    if (allocation.steps.has(step.name) || (named && !named.has(step.name))) continue;
    const ended = await readStep(system, paths, id, step.name);
    if (!ended) continue;
    const { unread, ...end } = ended;
    const left = unread.length > 0 ? { unread: unread.slice(0, mostUnread) } : {};
    found.push({ type: 'step', allocation: id, step: step.name, case: step.launch.case, ...end, ...left });
  }
  if (found.length > 0) await journal.append(...found);
  for (const { case: name, exit, began, ended } of found)
    system.log.progress(`${name}: ended with status ${exit} after ${(ended - began).toFixed(1)} s`);
  if (over) await end(drive, allocation, 'completed', '');
  return found.length;
}

async function end(drive: Gathering, allocation: AllocationState, state: JobState, why: string): Promise<void> {
  const { system, journal, paths } = drive;
  const { id } = allocation.plan;
  const { files } = await keepFiles(system, paths, join(paths.allocation(id), 'facts'));
  await journal.append({ type: 'companion', allocation: id, files });
  await journal.append({ type: 'allocation-ended', allocation: id, state, why });
  if (why) system.log.warn(`${id}: ${why}`);
}

/** One question for all jobs; a job that is over without having said so gets some time for its files to be seen. */
async function look(drive: Drive, open: readonly AllocationState[], overSince: Map<string, number>): Promise<void> {
  const { system, journal, scheduler } = drive;
  const jobs = open.flatMap((item) => (item.job ? [item.job] : []));
  if (jobs.length === 0) return;
  const reply = await lookAtQueue({ ...drive, directory: drive.paths.directory }, jobs);
  if (!reply) return;
  if ('unanswered' in reply) {
    system.log.warn(`the scheduler did not answer: ${reply.unanswered}`);
    return;
  }
  for (const allocation of open) {
    const status = reply.ok.find((job) => job.jobId === allocation.job);
    if (status && changed(allocation, status)) {
      const { jobId: job, state, word, nodes, reason } = status;
      await journal.append({ type: 'job', allocation: allocation.plan.id, job, state, word, nodes, reason });
      system.log.progress(
        `${allocation.plan.id}: ${word}${nodes ? ` on ${nodes}` : ''}${reason && reason !== 'None' ? ` (${reason})` : ''}`,
      );
    }
    if (status?.hopeless) {
      await cancelJobs(system, scheduler, [status.jobId]);
      await end(drive, allocation, 'failed', `the job would wait for ever (${status.reason}), and was cancelled`);
      continue;
    }
    if (status && !isOver(status.state)) {
      overSince.delete(allocation.plan.id);
      continue;
    }
    const now = system.clock.monotonic();
    const since = overSince.get(allocation.plan.id) ?? now;
    overSince.set(allocation.plan.id, since);
    if (now - since < fileLag) continue;
    await gather(drive, allocation);
    if (journal.state().allocations.some((item) => item.plan.id === allocation.plan.id && item.ended)) continue;
    const word = status ? status.word : 'no longer known to the scheduler';
    await end(drive, allocation, status?.state ?? 'unknown', `the job is ${word} and did not come to its end`);
  }
}

function changed(allocation: AllocationState, status: JobStatus): boolean {
  return allocation.word !== status.word || allocation.nodes !== status.nodes || allocation.reason !== status.reason;
}

async function stop(
  drive: Drive,
  how: 'held' | 'interrupted',
  why: string,
  action: 'cancel' | 'leave',
): Promise<Driven> {
  const { journal, system } = drive;
  const open = openAllocations(journal.state());
  const jobs = open.flatMap((item) => (item.job ? [item.job] : []));
  await journal.append(
    how === 'held' ? { type: 'held', why, action, jobs } : { type: 'interrupted', signal: why, action, jobs },
  );
  system.log.warn(
    `${how === 'held' ? why : `stopped by ${why}`}; allocations are ${action === 'cancel' ? 'cancelled' : 'left'}`,
  );
  if (action === 'cancel' && jobs.length > 0) {
    await cancelJobs(drive.system, drive.scheduler, jobs);
    await endCancelled(drive, open, why);
  }
  return how;
}

/** Journals what cancelled allocations left, and that they are over. */
export async function endCancelled(
  drive: Gathering,
  allocations: readonly AllocationState[],
  why: string,
): Promise<void> {
  for (const allocation of allocations) await gather(drive, allocation);
  const ids = new Set(allocations.map((item) => item.plan.id));
  for (const allocation of openAllocations(drive.journal.state()))
    if (ids.has(allocation.plan.id)) await end(drive, allocation, 'cancelled', `cancelled: ${why}`);
}

/** Cancels jobs and waits, bounded, until the scheduler shows them ended; false when it did not show that. */
export async function cancelJobs(
  system: System,
  scheduler: Scheduler,
  jobs: readonly string[],
  limitSeconds = 10,
): Promise<boolean> {
  const began = system.clock.monotonic();
  do {
    for (const cancel of scheduler.cancel(jobs)) {
      const done = cancel.read(await system.ask(cancel.ask));
      if ('unanswered' in done) system.log.warn(`the scheduler did not answer: ${done.unanswered}`);
    }
    const poll = scheduler.poll(jobs);
    const left = poll.read(await system.ask(poll.ask));
    if ('ok' in left && left.ok.every((job) => isOver(job.state))) return true;
    await system.clock.sleep(1);
  } while (system.clock.monotonic() - began < limitSeconds);
  system.log.warn(`these jobs are not seen to have ended: ${jobs.join(', ')}`);
  return false;
}

/**
 * After the last allocation: waits, bounded, until no job of this run is left in the queue, and cancels twins that a
 * lost answer may have made.
 */
export async function settle(drive: Drive, state: RunState): Promise<void> {
  const { system, scheduler } = drive;
  const began = system.clock.monotonic();
  const unclear = state.allocations.filter((item) =>
    drive.journal
      .events()
      .some((event) => event.type === 'submitted' && event.allocation === item.plan.id && event.how === 'adopted'),
  );
  for (const allocation of unclear) {
    const asked = scheduler.find(allocation.plan.key, drive.paths.allocation(allocation.plan.id));
    const reply = asked.read(await system.ask(asked.ask));
    const twins = 'ok' in reply ? reply.ok.filter((job) => !isOver(job.state)).map((job) => job.jobId) : [];
    const extra = twins.filter((job) => job !== allocation.job);
    if (extra.length > 0) await cancelJobs(system, scheduler, extra);
  }
  const jobs = state.allocations.flatMap((item) => (item.job ? [item.job] : []));
  if (jobs.length === 0) return;
  while (system.clock.monotonic() - began < 30) {
    const asked = scheduler.poll(jobs);
    const reply = asked.read(await system.ask(asked.ask));
    if ('unanswered' in reply) {
      system.log.warn(messageOf(reply.unanswered));
      return;
    }
    for (const allocation of drive.journal.state().allocations) {
      const status = reply.ok.find((job) => job.jobId === allocation.job);
      if (!status || !changed(allocation, status) || !isOver(status.state)) continue;
      const { jobId: job, state: now, word, nodes, reason } = status;
      await drive.journal.append({ type: 'job', allocation: allocation.plan.id, job, state: now, word, nodes, reason });
    }
    if (reply.ok.every((job) => isOver(job.state))) return;
    await system.clock.sleep(0.3);
  }
}
