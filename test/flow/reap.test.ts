import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Answer, Ask } from '../../src/base/ask.ts';
import { digestOf } from '../../src/base/digest.ts';
import { reap } from '../../src/flow/reap.ts';
import type { EventBody, Opened } from '../../src/run/event.ts';
import { openJournal } from '../../src/run/journal.ts';
import { takeLock } from '../../src/run/lock.ts';
import type { PlannedAllocation } from '../../src/run/plan.ts';
import { runPaths } from '../../src/run/run.ts';
import { realSystem } from '../../src/system/real-system.ts';
import type { System } from '../../src/system/system.ts';

const real = realSystem(true);
const id = '20260301T120000Z-00000001';
let folder = '';
let site = '';
let cancelled: string[] = [];
let queue: string[] = [];
let down = false;

/** Slurm's clients, with one queue. */
async function slurm(ask: Ask): Promise<Answer> {
  const words: readonly string[] = ask.kind === 'exec' ? ask.argv : [];
  if (down) return { status: 1, stdout: '', stderr: 'Unable to contact slurm controller', timedOut: false };
  if (words[0] === 'scancel') {
    cancelled.push(...words.filter((word) => queue.includes(word)));
    queue = queue.filter((job) => !words.includes(job));
  }
  const stdout = words[0] === 'squeue' ? queue.map((job) => `${job}|RUNNING|None|node1\n`).join('') : '';
  return { status: 0, stdout, stderr: '', timedOut: false };
}

const systemWith = (variables: Record<string, string> = {}): System => ({
  ...real,
  ask: slurm,
  clock: { ...real.clock, sleep: async () => {} },
  environment: { ...real.environment, variables: { HOME: folder, ...variables } },
});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-reap-'));
  site = join(folder, 'site.yaml');
  const text = `site: here
scheduler: { kind: slurm }
launcher: { kind: srun }
runtime: { kind: charliecloud }
partitions: { batch: { nodes: 1, processors: 1 } }
directories: { runs: ${folder}/runs, images: ${folder}/images, store: ${folder}/assay.db }
`;
  writeFileSync(site, text);
  cancelled = [];
  queue = ['7'];
  down = false;
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A run that died after it submitted job 7. */
async function dead(name = id, opened: Partial<Opened> = {}, ...more: readonly EventBody[]): Promise<string> {
  const directory = join(folder, 'runs', name);
  mkdirSync(directory, { recursive: true });
  const journal = await openJournal(real, runPaths(directory).journal);
  const allocation = { id: 'a1', key: `assay-${name}-a1`, steps: [] } as unknown as PlannedAllocation;
  await journal.append({ type: 'opened', user: real.environment.user, ...opened } as Opened);
  await journal.append({ type: 'planned', allocations: [allocation], skips: [] });
  await journal.append({ type: 'submitting', allocation: 'a1', key: allocation.key, script: digestOf('') });
  await journal.append({ type: 'submitted', allocation: 'a1', job: '7', how: 'answered' });
  for (const event of more) await journal.append(event);
  return directory;
}

const outcomes = async (request: object = {}, variables: Record<string, string> = {}) =>
  (await reap(systemWith(variables), { site, held: false, ...request })).map((one) => one.outcome);

describe('assay reap', () => {
  it('has nothing to do where there was never a run', async () => {
    expect(await outcomes()).toEqual([]);
  });

  it('cancels what a dead run left, once', async () => {
    await dead();
    expect(await outcomes()).toEqual(['cancelled']);
    expect(cancelled).toEqual(['7']);
    expect(await outcomes()).toEqual([]);
  });

  it('never touches a run that somebody drives, nor one of another user', async () => {
    const directory = await dead();
    const lock = await takeLock(real, runPaths(directory).lock);
    await dead('20260301T120000Z-00000002', { user: 'somebody-else' });
    expect(await outcomes()).toEqual(['driven', 'foreign']);
    expect(cancelled).toEqual([]);
    await lock.release();
  });

  it('leaves a run that holds, unless told otherwise', async () => {
    await dead(id, {}, { type: 'held', why: 'waited', action: 'leave', jobs: ['7'] });
    expect(await outcomes()).toEqual(['held']);
    expect(cancelled).toEqual([]);
    expect(await outcomes({ held: true })).toEqual(['cancelled']);
  });

  it('looks in a job at the runs of that job alone, and at a pipeline when it is named', async () => {
    const ci = { server: 'https://git', project: '', commit: '', ref: '', user: '', pipeline: '5', job: '50' };
    const job = { GITLAB_CI: 'true', CI_SERVER_URL: 'https://git', CI_PIPELINE_ID: '5' };
    await dead(id, { ci });
    expect(await outcomes({}, { ...job, CI_JOB_ID: '51' })).toEqual([]);
    expect(await outcomes({ pipeline: '6' }, { ...job, CI_JOB_ID: '50' })).toEqual([]);
    expect(await outcomes({ pipeline: '5' }, { ...job, CI_JOB_ID: '51' })).toEqual(['cancelled']);
    await dead('20260301T120000Z-00000002', { ci });
    queue = ['7'];
    expect(await outcomes({}, { ...job, CI_JOB_ID: '50' })).toEqual(['cancelled']);
  });

  it('says that Slurm does not answer', async () => {
    await dead();
    down = true;
    await expect(outcomes()).rejects.toMatchObject({ code: 'RUN_SCHEDULER_SILENT' });
  });

  it('cancels what an inspection left, and tells of a journal that was changed', async () => {
    await dead(`.inspect-${id}`);
    const broken = await dead();
    writeFileSync(runPaths(broken).journal, 'x\n', { flag: 'a' });
    expect(await outcomes()).toEqual(['cancelled', 'unreadable']);
  });
});
