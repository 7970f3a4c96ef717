/** The same cluster by Slurm's real REST interface (slurmrestd 22.05, JSON web tokens) instead of its commands. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assay, type Ended, home, image, jobsOf, shared, site as shipped, tester } from './login.ts';

const folder = join(home, `slurmrest-${process.pid}`);
const site = join(folder, 'site.yaml');
const suite = join(folder, 'suite');
let token = '';

/** Runs Assay with a token in the variable that the site names, and without the commands of Slurm but srun. */
function withToken(value: string, ...words: readonly string[]): Ended {
  return tester('env', `SITE_TOKEN=${value}`, `PATH=${join(folder, 'bin')}:/bin`, assay, ...words);
}

const everything = () =>
  execFileSync('grep', ['-rlF', token, folder], { encoding: 'utf8' }).split('\n').filter(Boolean);

/** The whole run as the store has it. */
function run(...more: readonly string[]): Ended {
  return withToken(token, 'run', suite, '--image', image, '--site', site, '--fresh', '--json', ...more);
}

beforeAll(() => {
  mkdirSync(join(folder, 'bin'), { recursive: true });
  mkdirSync(suite);
  writeFileSync(
    join(suite, 'suite.yaml'),
    `suite: rest
tests:
  two:
    geometry: { nodes: 2, ranks: 2 }
    time_limit: 60s
    command: [sh, -c, 'sleep \${ASSAY_TEST_PAUSE:-0}; echo value=1']
    observations: { value: { parser: keyvalue, key: value, unit: "1" } }
    checks: { right: { kind: equals, of: value, expect: 1, why: "It was asked for." } }
`,
  );
  const text = readFileSync(shipped, 'utf8')
    .replace('kind: slurm', 'kind: slurmrest\n  url: http://head:6820\n  token: SITE_TOKEN')
    .replace('~/assay/runs', join(folder, 'runs'))
    .replace('~/assay/assay.db', join(folder, 'assay.db'))
    .replace('../../../registry', join(shared, 'registry'));
  writeFileSync(site, text);
  execFileSync('chown', ['-R', 'tester:', folder]);
  // What of the machine's programs Assay needs on a login node that has no Slurm.
  for (const program of ['node', 'ch-run', 'sh', 'env'])
    execFileSync('ln', [
      '-s',
      execFileSync('which', [program], { encoding: 'utf8' }).trim(),
      join(folder, 'bin', program),
    ]);
  token = /^SLURM_JWT=(\S+)$/m.exec(tester('scontrol', 'token', 'lifespan=1800').stdout)?.[1] ?? '';
  expect(token).not.toBe('');
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('a run through slurmrestd', () => {
  it('is submitted, watched and confirmed, on as many nodes as asked, and the token is nowhere', () => {
    const { status, stdout, stderr } = run();
    expect(status, stderr).toBe(0);
    expect(JSON.parse(stdout)).toBeTypeOf('object');
    const [id = ''] = readdirSync(join(folder, 'runs')).filter((name) => !name.startsWith('.'));
    const events = readFileSync(join(folder, 'runs', id, 'journal.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, string>);
    expect(events.filter(({ type }) => type === 'job').map(({ nodes }) => nodes)).toContain('node[1-2]');
    const submitted = events.filter(({ type }) => type === 'submitted');
    expect(submitted.map(({ how }) => how)).toEqual(['answered']);
    const job = submitted[0]?.job ?? '';
    const record = tester('sacct', '-X', '-n', '-P', '-j', job, '-o', 'State,NNodes,User').stdout.trim();
    expect(record).toBe('COMPLETED|2|tester');
    expect(() => everything()).toThrow();
  });

  it('gives the same plan of steps as by commands; the submission is a request', () => {
    const planned = (at: string) =>
      JSON.parse(withToken(token, 'plan', suite, '--image', image, '--site', at, '--json').stdout) as {
        jobs: { submit: string[]; allocation: { steps: unknown } }[];
      };
    const ours = planned(site).jobs[0];
    expect(ours?.submit.slice(0, 1)).toEqual(['POST']);
    expect(JSON.stringify(ours)).not.toContain(token);
    expect(ours?.allocation.steps).toEqual(planned(shipped).jobs[0]?.allocation.steps);
  });

  it('refuses a wrong token, a missing one and a silent server with words, and nothing is in the queue', () => {
    const words = ['run', suite, '--image', image, '--site', site, '--fresh', '--wait-at-most', '4s'];
    for (const [value, said] of [
      [
        'eyJhbGciOiJIUzI1NiJ9.e30.x',
        /RUN_SCHEDULER_SILENT[\s\S]*whether slurmctld answers .* and a token is still good/,
      ],
      ['', /RUN_SCHEDULER_SILENT.*SITE_TOKEN is not set/],
    ] as const) {
      const { status, stderr } = withToken(value, ...words);
      expect(status).toBe(3);
      expect(stderr).toMatch(said);
    }
    execFileSync('cluster/cluster', ['service', 'slurmrestd', 'stop']);
    try {
      const { status, stderr } = withToken(token, ...words);
      expect(status).toBe(3);
      expect(stderr).toMatch(/RUN_SCHEDULER_SILENT.*cannot be reached/);
    } finally {
      execFileSync('cluster/cluster', ['service', 'slurmrestd', 'start']);
    }
    expect(tester('squeue', '--noheader', '--me').stdout).toBe('');
  });

  it('cancels what a run that is ended by its wait leaves', () => {
    const paused = readFileSync(join(suite, 'suite.yaml'), 'utf8').replace(/sleep \S+;/, 'sleep 40;');
    writeFileSync(join(suite, 'suite.yaml'), paused);
    writeFileSync(site, readFileSync(site, 'utf8').replace('on_hold: leave', 'on_hold: cancel'));
    const { status, stderr } = run('--wait-at-most', '3s');
    expect(status, stderr).toBe(4);
    expect(stderr).toContain('allocations are cancelled');
    expect(readdirSync(join(folder, 'runs')).flatMap(jobsOf)).toEqual([]);
  });
});
