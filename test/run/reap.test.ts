import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { argv } from '../../src/base/argv.ts';
import { digestOf } from '../../src/base/digest.ts';
import type { JobState, JobStatus, Scheduler } from '../../src/launch/scheduler.ts';
import { local } from '../../src/launch/schedulers/local.ts';
import type { EventBody } from '../../src/run/event.ts';
import { type Journal, openJournal } from '../../src/run/journal.ts';
import type { PlannedAllocation } from '../../src/run/plan.ts';
import { holdsByIntent, isInScope, mayHaveJobs, reapRun } from '../../src/run/reap.ts';
import { runPaths } from '../../src/run/run.ts';
import { foldEvents } from '../../src/run/state.ts';
import { realSystem } from '../../src/system/real-system.ts';

const real = realSystem(true);
const system = {
  ...real,
  clock: { ...real.clock, sleep: async () => {} },
  ask: async () => ({ status: 0, stdout: '', stderr: '', timedOut: false }),
};
let directory = '';
let journal: Journal;

/** A queue of jobs by key; `deaf` answers nothing. */
function queueOf(jobs: Record<string, string>, deaf = false) {
  const states = new Map<string, JobState>(Object.values(jobs).map((id) => [id, 'running']));
  const asked: string[] = [];
  const status = (jobId: string): JobStatus => {
    const state = states.get(jobId) ?? 'unknown';
    return { jobId, state, word: state, reason: '', nodes: '' };
  };
  const ask = { kind: 'exec' as const, argv: argv('true'), limitSeconds: 1 };
  const scheduler: Scheduler = {
    ...local,
    find: (key) => ({
      ask,
      read: () => {
        asked.push(key);
        return deaf ? { unanswered: 'no controller' } : { ok: jobs[key] ? [status(jobs[key])] : [] };
      },
    }),
    poll: (ids) => ({ ask, read: () => ({ ok: ids.map(status) }) }),
    cancel: (ids) => [
      {
        ask,
        read: () => {
          for (const id of ids) states.set(id, 'cancelled');
          return { ok: true };
        },
      },
    ],
  };
  return { scheduler, asked, states };
}

const allocation = (id: string): PlannedAllocation => ({
  id,
  key: `key-${id}`,
  partition: { name: 'batch', nodes: 4, processors: 2, timeLimitSeconds: 60 } as PlannedAllocation['partition'],
  nodes: 1,
  limitSeconds: 60,
  exclude: [],
  steps: [],
});
const planned: EventBody = { type: 'planned', allocations: [allocation('a1'), allocation('a2')], skips: [] };
const submitting = (id: string): EventBody => ({
  type: 'submitting',
  allocation: id,
  key: `key-${id}`,
  script: digestOf(id),
});
const submitted = (id: string, job: string): EventBody => ({
  type: 'submitted',
  allocation: id,
  job,
  how: 'answered',
});

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'assay-reap-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

async function ran(...events: readonly EventBody[]): Promise<void> {
  journal = await openJournal(system, runPaths(directory).journal);
  for (const event of events) await journal.append(event);
}
const reaping = (scheduler: Scheduler) => reapRun({ system, journal, paths: runPaths(directory), scheduler });

describe('reap', () => {
  it('cancels by key what was submitted, also where the answer was lost, and says so in the journal', async () => {
    await ran(planned, submitting('a1'), submitted('a1', '7'), submitting('a2'));
    const { scheduler, states } = queueOf({ 'key-a1': '7', 'key-a2': '8', 'key-of-another': '9' });
    expect(await reaping(scheduler)).toEqual(['7', '8']);
    expect(states.get('9')).toBe('running');
    const state = foldEvents(journal.events());
    expect(state.allocations.map((item) => [item.job, item.stopped, item.ended?.state])).toEqual([
      ['7', true, 'cancelled'],
      ['8', true, 'cancelled'],
    ]);
    expect(mayHaveJobs(state)).toEqual([]);
    expect(await reaping(scheduler)).toEqual([]);
  });

  it('writes nothing where nothing is in the queue: the run may have done all its work', async () => {
    await ran(planned, submitting('a1'), submitted('a1', '7'));
    const { scheduler } = queueOf({});
    const head = journal.head();
    expect(await reaping(scheduler)).toEqual([]);
    expect(journal.head()).toBe(head);
  });

  it('finishes what an earlier reap began', async () => {
    const begun: EventBody = { type: 'interrupted', signal: 'reap', action: 'cancel', jobs: ['7'] };
    await ran(planned, submitting('a1'), submitted('a1', '7'), begun);
    expect(await reaping(queueOf({}).scheduler)).toEqual([]);
    expect(foldEvents(journal.events()).allocations[0]?.ended?.state).toBe('cancelled');
  });

  it('says that the scheduler is silent, and journals no end', async () => {
    await ran(planned, submitting('a1'), submitted('a1', '7'));
    await expect(reaping(queueOf({}, true).scheduler)).rejects.toMatchObject({ code: 'RUN_SCHEDULER_SILENT' });
    expect(foldEvents(journal.events()).allocations[0]?.ended).toBeUndefined();
  });

  it('asks for nothing that was never submitted or is over', async () => {
    await ran(planned, submitting('a1'), { type: 'allocation-ended', allocation: 'a1', state: 'completed', why: '' });
    const { scheduler, asked } = queueOf({});
    await reaping(scheduler);
    expect(asked).toEqual([]);
  });
});

describe('what is reaped', () => {
  const ci = { server: 'https://git', project: '', commit: '', ref: '', user: '', pipeline: '5', job: '50' };

  it('is of the job or pipeline asked for, by who drove it last', async () => {
    await ran({ type: 'driver', ci }, { type: 'driver', ci: { ...ci, job: '51' } });
    const state = foldEvents(journal.events());
    expect(isInScope(state, {})).toBe(true);
    expect(isInScope(state, { job: '50' })).toBe(false);
    expect(isInScope(state, { job: '51' })).toBe(true);
    expect(isInScope(state, { pipeline: '5' })).toBe(true);
    expect(isInScope(state, { pipeline: '5', server: 'https://other' })).toBe(false);
    expect(isInScope(foldEvents([]), { job: '50' })).toBe(false);
  });

  it('is no run that holds by intent, unless it went on since', async () => {
    const held: EventBody = { type: 'held', why: 'waited', action: 'leave', jobs: ['7'] };
    await ran(planned, held);
    expect(holdsByIntent(journal.events())).toBe(true);
    await journal.append(submitted('a1', '7'));
    expect(holdsByIntent(journal.events())).toBe(false);
  });
});
