/** Facts of 128 real nodes: one job, and one screen that says they are alike. What it costs is measured by `npm run bench`. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { as, assay, home, shared, site as shipped, state, tester } from '../cluster/login.ts';

const count = 128;
const folder = mkdtempSync(join(state, 'many-nodes-'));
const work = join(home, `many-nodes-${process.pid}`);
const site = join(folder, 'site.yaml');

const cluster = (...words: readonly string[]) => execFileSync('cluster/cluster', words, { stdio: 'inherit' });

/** Slurm's number of the newest job: what one command used is the difference. */
function newestJob(): number {
  return Number(/NEXT_JOB_ID *= *(\d+)/.exec(as('root', 'scontrol', 'show', 'config').stdout)?.[1]);
}

beforeAll(() => {
  cluster('up', '--nodes', String(count));
  execFileSync('chmod', ['755', folder]);
  execFileSync('install', ['-d', '-o', 'tester', '-g', 'assay', work]);
  const text = readFileSync(shipped, 'utf8')
    .replace('nodes: 4', `nodes: ${count}`)
    .replace('~/assay/runs', join(work, 'runs'))
    .replace('~/assay/assay.db', join(work, 'assay.db'))
    .replace('../../../registry', join(shared, 'registry'));
  writeFileSync(site, text);
});

afterAll(() => {
  cluster('up', '--nodes', '4');
  for (const path of [folder, work]) rmSync(path, { recursive: true, force: true });
});

it('costs one job, and says on one screen that all are alike', () => {
  const before = newestJob();
  const { status, stdout, stderr } = tester(assay, 'uniform', '--nodes', String(count), '--site', site);
  expect(status, stderr + stdout).toBe(0);
  expect(newestJob() - before).toBe(1);
  expect(stdout.split('\n').length).toBeLessThan(24);
  expect(stdout).toContain(`${count} nodes agree in every fact that is not their own`);
  for (const name of ['kernel', 'fabric', 'mpi', 'gpu'])
    expect(stdout).toMatch(new RegExp(`^${name} +${count} +[0-9a-f]{12} +all$`, 'm'));
});
