import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { argv } from '../../src/base/argv.ts';
import type { Scheduler } from '../../src/launch/scheduler.ts';
import { local } from '../../src/launch/schedulers/local.ts';
import { driveAllocations } from '../../src/run/drive.ts';
import { openJournal } from '../../src/run/journal.ts';
import type { PlannedAllocation } from '../../src/run/plan.ts';
import { runPaths } from '../../src/run/run.ts';
import { realSystem } from '../../src/system/real-system.ts';
import type { System } from '../../src/system/system.ts';

const names = Array.from({ length: 40 }, (_, index) => String(index + 1).padStart(4, '0'));

/**
 * Drives one allocation whose job ends a step every 0.25 s of a clock of its own, and stands still for `pause` seconds
 * after the 20th; gives the times at which the queue was asked.
 */
async function drive(pause: number, dies = false) {
  const folder = mkdtempSync(join(tmpdir(), 'assay-drive-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const paths = runPaths(folder);
  const job = paths.allocation('a1');
  mkdirSync(job, { recursive: true });
  let now = 0;
  let done = 0;
  let waitUntil = 0;
  const act = () => {
    if (now < waitUntil || (dies && done === 20)) return;
    if (done === 0) writeFileSync(join(job, 'started'), 'job=7\nkey=k\nnodes=n1\nrestarts=0\n');
    const name = names[done];
    if (name === undefined) return writeFileSync(join(job, 'ended'), 'job=7\n');
    mkdirSync(paths.step('a1', name), { recursive: true });
    for (const file of ['begun', 'stdout', 'stderr']) writeFileSync(join(paths.step('a1', name), file), '');
    writeFileSync(join(paths.step('a1', name), 'status'), 'exit=0\n');
    appendFileSync(join(job, 'steps.ended'), `${name}\n`);
    done += 1;
    if (done === 20) waitUntil = now + pause;
  };
  const real = realSystem(true);
  const system: System = {
    ...real,
    ask: async () => ({ status: 0, stdout: '', stderr: '', timedOut: false }),
    clock: {
      ...real.clock,
      monotonic: () => now,
      sleep: async (seconds) => {
        now += seconds;
        act();
      },
    },
  };
  const asked: number[] = [];
  const ask = { kind: 'exec' as const, argv: argv('true'), limitSeconds: 1 };
  const scheduler: Scheduler = {
    ...local,
    submit: () => ({ ask, read: () => ({ jobId: '7' }) }),
    poll: () => ({
      ask,
      read: () => {
        asked.push(now);
        const state = dies && done === 20 ? 'node-fail' : 'running';
        return { ok: [{ jobId: '7', state, word: state.toUpperCase(), reason: '', nodes: 'n1' }] };
      },
    }),
  };
  const plan = {
    id: 'a1',
    key: 'k',
    partition: { name: 'batch' } as PlannedAllocation['partition'],
    nodes: 1,
    limitSeconds: 60,
    exclude: [],
    steps: names.map((name) => ({ name, launch: { case: name }, group: 0, lane: 0 })),
  } as unknown as PlannedAllocation;
  const journal = await openJournal(system, paths.journal);
  await journal.append({ type: 'planned', allocations: [plan], skips: [] });
  const driven = await driveAllocations({
    system,
    journal,
    paths,
    lock: { touch: async () => {}, release: async () => {} },
    scheduler,
    intervalSeconds: 1,
    waitAtMostSeconds: 600,
    onHold: 'leave',
    onInterrupt: 'cancel',
    stage: async () => 'script',
    signal: new AbortController().signal,
  });
  return { driven, asked, allocation: journal.state().allocations[0] };
}

it('does not ask the queue while steps end one after another', async () => {
  const { driven, asked, allocation } = await drive(0);
  expect(driven).toBe('ended');
  expect(allocation?.steps.size).toBe(40);
  expect(allocation?.word).toBe('RUNNING');
  // Ten seconds with a look a second would be ten; the first one tells that it runs.
  expect(asked.length).toBeLessThanOrEqual(2);
});

it('asks again as soon as nothing has ended for an interval', async () => {
  const { asked, allocation } = await drive(8);
  expect(allocation?.steps.size).toBe(40);
  const during = asked.filter((time) => time > 5 && time < 13);
  expect(during.length).toBeGreaterThanOrEqual(6);
  expect(during[0]).toBeLessThan(7.1);
});

it('sees the end of a job that dies among its steps', async () => {
  const { driven, allocation } = await drive(0, true);
  expect(driven).toBe('ended');
  expect(allocation?.steps.size).toBe(20);
  expect(allocation?.ended).toMatchObject({ state: 'node-fail' });
});
