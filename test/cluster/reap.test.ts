/** What killed runs leave in the queue is cancelled, by the job that drove them last; `pipeline.test.ts` has it in a pipeline. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { start, waitFor } from './kill.ts';
import { as, assay, type Ended, home, image, jobsOf, runIds, runs, site } from './login.ts';

const folder = join(home, 'reap-suite');
const request = ['run', folder, '--image', image, '--site', site];
const inJob = (job: string): readonly string[] => ['GITLAB_CI=true', `CI_JOB_ID=${job}`];

/** Runs Assay as in a job of a pipeline, with more variables where wanted. */
function inJobOf(job: string, words: readonly string[], ...more: readonly string[]): Ended {
  return as('tester', 'env', ...inJob(job), ...more, assay, ...words);
}
const reap = (job: string, ...more: readonly string[]) => inJobOf(job, ['reap', '--site', site], ...more);

beforeAll(() => {
  mkdirSync(folder, { recursive: true });
  const suite = `suite: slow
tests:
  word:
    geometry: { nodes: 1, ranks: 1 }
    time_limit: 60s
    command: [sh, -c, 'sleep 15; echo value=1']
    observations: { value: { parser: keyvalue, key: value, unit: "1" } }
    checks: { right: { kind: equals, of: value, expect: "1", why: "It was asked for." } }
`;
  writeFileSync(join(folder, 'suite.yaml'), suite);
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('assay reap', () => {
  it('cancels a run that a later job went on with, in that job alone; a silent Slurm is told', async () => {
    const before = runIds();
    const first = `${process.pid}1`;
    const later = `${process.pid}2`;
    expect(inJobOf(first, [...request, '--fresh', '--wait-at-most', '1s']).status).toBe(4);
    const [id = ''] = [...runIds()].filter((name) => !before.has(name));
    expect(reap(first).stdout).toMatch(new RegExp(`${id} +holds`));
    const run = start(request, inJob(later));
    await waitFor(before, '"type":"driver"');
    process.kill(run.pid, 'SIGKILL');
    await run.ended;
    expect(reap(first).stdout).toBe('nothing to cancel\n');
    expect(jobsOf(id).length).toBe(1);

    const stubs = join(folder, 'silent');
    mkdirSync(stubs);
    writeFileSync(join(stubs, 'squeue'), '#!/bin/sh\necho "Unable to contact slurm controller" >&2\nexit 1\n', {
      mode: 0o755,
    });
    const silent = reap(later, `PATH=${stubs}:/usr/local/bin:/usr/bin:/bin`);
    expect(silent.stderr).toContain('error RUN_SCHEDULER_SILENT');
    expect(silent.status).toBe(3);

    expect(reap(later).stdout).toMatch(new RegExp(`${id} +cancelled \\d+`));
    expect(jobsOf(id)).toEqual([]);
    expect(reap(later)).toMatchObject({ stdout: 'nothing to cancel\n', status: 0 });
  });

  it('cancels what a killed inspection left', async () => {
    const left = () => new Set(readdirSync(runs).filter((name) => name.startsWith('.inspect-')));
    const before = left();
    const job = `${process.pid}3`;
    // The facts are taken in a second: a job that begins later is sure to be there still.
    const stubs = join(folder, 'later');
    mkdirSync(stubs);
    writeFileSync(join(stubs, 'sbatch'), '#!/bin/sh\nexec /usr/bin/sbatch --begin=now+120 "$@"\n', { mode: 0o755 });
    const path = `PATH=${stubs}:/usr/local/bin:/usr/bin:/bin`;
    const inspection = start(['inspect', '--nodes', '4', '--site', site], [...inJob(job), path]);
    let name = '';
    for (let turn = 0; turn < 2000; turn += 1) {
      name = [...left()].find((one) => !before.has(one)) ?? '';
      const journal = join(runs, name, 'journal.jsonl');
      if (name !== '' && existsSync(journal) && readFileSync(journal, 'utf8').includes('"type":"submitted"')) break;
      await wait(5);
    }
    process.kill(inspection.pid, 'SIGKILL');
    await inspection.ended;
    const { stdout } = reap(job);
    rmSync(join(runs, name), { recursive: true, force: true });
    expect(stdout).toMatch(new RegExp(`\\${name} +cancelled \\d+`));
    expect(jobsOf(name.replace('.inspect-', ''))).toEqual([]);
  });
});
