/** One question to the scheduler an interval, however many processes look. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { Answer, Ask } from '../../src/base/ask.ts';
import { slurm } from '../../src/launch/schedulers/slurm/slurm.ts';
import { lookAtQueue } from '../../src/run/queue.ts';
import { realSystem } from '../../src/system/real-system.ts';
import type { System } from '../../src/system/system.ts';

/** A queue of these jobs, seen by processes whose clock is set by the test; what was asked, in order. */
function queue(jobs: Record<string, string>) {
  const runs = mkdtempSync(join(tmpdir(), 'assay-queue-'));
  onTestFinished(() => rmSync(runs, { recursive: true, force: true }));
  const asked: string[] = [];
  const state = { now: 1_000_000, fails: false };
  const real = realSystem(true);
  const system: System = {
    ...real,
    clock: { ...real.clock, now: () => new Date(state.now * 1000).toISOString() },
    ask: async (ask: Ask): Promise<Answer> => {
      const words = ask.kind === 'exec' ? [...ask.argv] : [];
      asked.push(words.find((word) => word === '--me' || word.startsWith('--jobs=')) ?? '?');
      await new Promise((resolve) => setTimeout(resolve, 20));
      const ids =
        words
          .find((word) => word.startsWith('--jobs='))
          ?.slice('--jobs='.length)
          .split(',') ?? Object.keys(jobs);
      const lines = ids.flatMap((id) => (jobs[id] ? [`${id}|${jobs[id]}|n1|None`] : []));
      return state.fails
        ? { status: 1, stdout: '', stderr: 'Unable to contact slurm controller', timedOut: false }
        : { status: 0, stdout: `${lines.join('\n')}\n`, stderr: '', timedOut: false };
    },
  };
  const look = (run: string, ...ids: readonly string[]) =>
    lookAtQueue({ system, scheduler: slurm, intervalSeconds: 10, directory: join(runs, run) }, ids);
  return { runs, asked, state, look };
}

it('of many processes one asks in an interval, and all have its answer in the next', async () => {
  const ids = Array.from({ length: 30 }, (_, index) => String(index + 1));
  const { asked, state, look, runs } = queue(Object.fromEntries(ids.map((id) => [id, 'RUNNING'])));
  const first = await Promise.all(ids.map((id) => look(`run${id}`, id)));
  expect(asked).toEqual(['--me']);
  expect(first.filter((reply) => reply !== undefined).length).toBeGreaterThanOrEqual(1);
  for (let interval = 1; interval <= 5; interval += 1) {
    state.now += 10;
    for (const id of ids) expect(await look(`run${id}`, id)).toMatchObject({ ok: [{ jobId: id, state: 'running' }] });
  }
  expect(asked).toHaveLength(6);
  expect(readdirSync(join(runs, '.queue')).length).toBeLessThan(5);
});

it('a job that the shared answer does not hold is asked for by itself, before anything is concluded', async () => {
  const jobs: Record<string, string> = { 1: 'RUNNING' };
  const { asked, look } = queue(jobs);
  await look('a', '1');
  jobs[2] = 'PENDING';
  expect(await look('b', '2')).toMatchObject({ ok: [{ jobId: '2', state: 'pending' }] });
  expect(await look('b', '3')).toEqual({ ok: [] });
  expect(asked).toEqual(['--me', '--jobs=2', '--jobs=3']);
});

it('silence is shared as silence, and whoever cannot share asks for itself', async () => {
  const { asked, state, look, runs } = queue({ 1: 'RUNNING' });
  state.fails = true;
  expect(await look('a', '1')).toHaveProperty('unanswered');
  expect(await look('b', '1')).toHaveProperty('unanswered');
  expect(asked).toHaveLength(1);
  state.fails = false;
  state.now += 10;
  for (const name of readdirSync(join(runs, '.queue'))) writeFileSync(join(runs, '.queue', name), '{"interval":');
  expect(await look('a', '1')).toMatchObject({ ok: [{ jobId: '1' }] });
  rmSync(join(runs, '.queue'), { recursive: true });
  writeFileSync(join(runs, '.queue'), '');
  expect(await look('a', '1')).toMatchObject({ ok: [{ jobId: '1' }] });
  expect(asked).toHaveLength(3);
});
