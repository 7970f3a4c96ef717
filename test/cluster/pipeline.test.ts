/**
 * The repository's own pipeline, run for real by gitlab-ci-local: from inspection to promotion, with an image that is
 * refused, and with a job that is killed.
 */
import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from './kill.ts';
import {
  assay,
  gatekeeper,
  home,
  image,
  jobsOf,
  journalOf,
  push,
  runIds,
  runs,
  shared,
  site,
  state,
  tester,
} from './login.ts';

const folder = mkdtempSync(join(home, 'pipeline-'));
const project = join(folder, 'project');
const artifacts = join(project, '.gitlab-ci-local/artifacts/assay-run/assay-results');
const key = join(shared, `home/gatekeeper/pipeline-key-${process.pid}`);
const runner = resolve('node_modules/.bin/gitlab-ci-local');
const to = `registry:5000/assay/blessed:pipeline-${Date.now()}`;

// gitlab-ci-local runs here as root; the commands of its jobs run on the login node as the users that they belong to.
const passed = [
  'GITLAB_CI',
  'CI_JOB_ID',
  'CI_JOB_URL',
  'CI_PIPELINE_ID',
  'CI_PROJECT_DIR',
  'CI_PROJECT_PATH',
  'CI_SERVER_URL',
];
const onLogin = (user: string) =>
  `${resolve('cluster/cluster')} exec --user ${user} ${passed.map((name) => `--env ${name}`).join(' ')} -- ${assay}`;

beforeAll(() => {
  mkdirSync(join(project, '.gitlab'), { recursive: true });
  for (const name of ['.gitlab-ci.yml', '.gitlab/assay.yml']) copyFileSync(name, join(project, name));
  writeFileSync(
    join(folder, 'policy.yaml'),
    'policy: pipeline\nsuites: [{ name: lammps }]\nperformance: { require: recorded }\nbootstrap: { reason: The first image of this test. }\n',
  );
  const git = (...words: readonly string[]) => execFileSync('git', ['-C', project, ...words], { stdio: 'pipe' });
  git('init', '--quiet', '--initial-branch=main');
  git('remote', 'add', 'origin', 'https://git.example.org/group/project.git');
  git('add', '--all');
  git('-c', 'user.name=Nobody', '-c', 'user.email=nobody@example.org', 'commit', '--quiet', '--message=Begin');
  execFileSync('chmod', ['755', folder]);
  execFileSync('chmod', ['777', project]);
  expect(gatekeeper(assay, 'key', key).status).toBe(0);
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  for (const file of [key, `${key}.pub`]) rmSync(file, { force: true });
});

/** Runs a job and those that it needs; gives the status and what was printed. */
async function pipeline(
  job: string,
  candidate: string,
): Promise<{ readonly status: number | null; readonly said: string }> {
  rmSync(join(project, '.gitlab-ci-local'), { recursive: true, force: true });
  const variables = {
    ASSAY: onLogin('tester'),
    ASSAY_PROMOTER: onLogin('gatekeeper'),
    ASSAY_SITE: site,
    ASSAY_POLICY: join(folder, 'policy.yaml'),
    ASSAY_SUITES: 'lammps',
    ASSAY_IMAGE: candidate,
    ASSAY_TO: to,
    ASSAY_KEY: key,
    GITLAB_CI: 'true',
    CI_COMMIT_REF_PROTECTED: 'true',
  };
  const words = Object.entries(variables).flatMap(([name, value]) => ['--variable', `${name}=${value}`]);
  const child = spawn(runner, ['--no-color', '--home', join(folder, 'home'), ...words, '--needs', job], {
    cwd: project,
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (said += data.toString()));
  const status = await new Promise<number | null>((done) => child.on('exit', done));
  return { status, said };
}

describe('the pipeline', () => {
  it('brings an image from its inspection to the blessed repository', async () => {
    const { status, said } = await pipeline('assay-promote', image);
    expect(said).toContain(`promoted: ${to}`);
    expect(status).toBe(0);
    for (const name of ['inspect', 'run', 'gate', 'promote']) expect(said).toMatch(new RegExp(`PASS +assay-${name}`));
    expect(readFileSync(join(artifacts, 'junit.xml'), 'utf8')).toContain('failures="0"');
    expect(readFileSync(join(artifacts, 'annotations.json'), 'utf8')).toContain(
      '/artifacts/file/assay-results/summary.md',
    );
    expect(said).toContain('section_start');
    const digest = (name: string) => tester('skopeo', 'inspect', '--format', '{{.Digest}}', `docker://${name}`).stdout;
    expect(digest(to)).toBe(digest(image));
  });

  it('stops at an image that fails, and keeps what tells why', async () => {
    const wrapper = join(folder, 'lmp');
    writeFileSync(wrapper, '#!/bin/sh\n/usr/bin/lmp "$@" | sed -E "s/^( *250 .*)-2\\.281217/\\1-2.283499/"\n', {
      mode: 0o755,
    });
    const layout = join(folder, 'layout');
    execFileSync('cluster/image/vary', [join(state, 'images/demo'), layout, '--add', `usr/local/bin/lmp=${wrapper}`]);
    const bad = 'registry:5000/assay/candidate-planted:pipeline';
    push(layout, bad);
    const { status, said } = await pipeline('assay-promote', bad);
    expect(status).not.toBe(0);
    expect(said).toMatch(/FAIL +assay-run/);
    expect(said).not.toContain('assay-gate');
    expect(said).toContain('nothing to cancel');
    const junit = readFileSync(join(artifacts, 'junit.xml'), 'utf8');
    const [, attached = ''] = /\[\[ATTACHMENT\|(assay-results\/logs\/[^\]]+)\]\]/.exec(junit) ?? [];
    expect(readFileSync(join(artifacts, '..', attached), 'utf8')).toContain('-2.283499');
    expect(readFileSync(join(artifacts, 'assay.env'), 'utf8')).toContain('ASSAY_OUTCOME=rejected');
    expect(readFileSync(join(artifacts, 'summary.md'), 'utf8')).toContain('What did not pass');
  });

  it('tells in its artifacts of an image that is not there', async () => {
    const { status } = await pipeline('assay-run', 'registry:5000/assay/candidate:not-there');
    expect(status).not.toBe(0);
    expect(readFileSync(join(artifacts, 'junit.xml'), 'utf8')).toContain('OCI_NOT_FOUND');
  });

  it('leaves nothing in the queue when its run is killed, and the run can be gone on with', async () => {
    const before = runIds();
    const running = pipeline('assay-run', image);
    const id = await waitFor(before, '"type":"submitted"', 120);
    const lock = join(runs, id, 'lock');
    const { pid } = JSON.parse(readFileSync(lock, 'utf8')) as { pid: number };
    const live = tester(assay, 'reap', '--site', site);
    expect(live.stdout).toMatch(new RegExp(`${id} +the run is driven by process ${pid}`));
    process.kill(pid, 'SIGKILL');
    const { status, said } = await running;
    expect(status).not.toBe(0);
    expect(said).toMatch(new RegExp(`${id} +cancelled \\d+`));
    expect(jobsOf(id)).toEqual([]);
    expect(journalOf(id)).toContain('"signal":"reap"');
    expect(existsSync(lock)).toBe(false);
    expect(tester(assay, 'reap', '--site', site).stdout).not.toContain(id);
    const resumed = tester(assay, 'run', '--resume', id, '--site', site);
    expect(resumed.stdout).toMatch(/accepted/);
    expect(resumed.status).toBe(0);
  });
});
