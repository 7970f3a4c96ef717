/** Slurm's REST interface: requests word for word, and answers as composed from its OpenAPI specification (v0.0.38, v0.0.44). */
import { describe, expect, it } from 'vitest';
import type { Answer } from '../../src/base/ask.ts';
import type { JobRequest, Scheduler } from '../../src/launch/scheduler.ts';
import { readDialect } from '../../src/launch/schedulers/slurmrest/dialect.ts';
import { readAccounts, readJobs } from '../../src/launch/schedulers/slurmrest/jobs.ts';
import { slurmrest } from '../../src/launch/schedulers/slurmrest/slurmrest.ts';
import { readSubmission, submissionBody } from '../../src/launch/schedulers/slurmrest/submission.ts';

const answer = (value: unknown, status: number | null = 200): Answer => {
  const stdout = typeof value === 'string' ? value : JSON.stringify(value);
  return { status, stdout, stderr: '', timedOut: false };
};

const request: JobRequest = {
  key: 'assay-x-a1',
  script: '/runs/it is/job.sh',
  scriptText: '#!/bin/sh\necho "$HOME"\n',
  directory: '/runs/it is',
  output: '/runs/it is/job.out',
  nodes: 4,
  limitSeconds: 61,
  partition: {
    name: 'batch',
    nodes: 4,
    processors: 2,
    timeLimitSeconds: 600,
    exclusive: true,
    mounts: [],
    account: 'acc',
  },
  exclude: ['node3'],
  environment: { PATH: '/usr/bin', HOME: '/home/a b' },
};

const open = (entry: object): Scheduler => {
  const scheduler = slurmrest.configured?.({ kind: 'slurmrest', url: 'http://head:6820', ...entry });
  if (!scheduler) throw new Error('it takes no options');
  return scheduler;
};

describe('a submission', () => {
  it('says in each version what sbatch is told by options', () => {
    const old = JSON.parse(submissionBody(request, request.scriptText, 'v0.0.38'));
    expect(old.script).toBe(request.scriptText);
    expect(old.job).toMatchObject({
      ...{ name: 'assay-x-a1', comment: 'assay-x-a1', partition: 'batch', nodes: '4', time_limit: 2, requeue: false },
      ...{ exclude_nodes: 'node3', account: 'acc', environment: request.environment },
    });
    const { job } = JSON.parse(submissionBody(request, request.scriptText, 'v0.0.44'));
    expect(job).toMatchObject({
      ...{ script: request.scriptText, nodes: '4', time_limit: { set: true, number: 2 }, requeue: false },
      ...{ excluded_nodes: ['node3'], shared: ['none'], environment: ['PATH=/usr/bin', 'HOME=/home/a b'] },
    });
  });

  it('is a job only with a number and without an error; silence may have made one', () => {
    expect(readSubmission(answer({ errors: [], job_id: 7 }))).toEqual({ jobId: '7' });
    const errors = [{ error: 'Invalid account', error_number: 2045, description: '' }];
    expect(readSubmission(answer({ errors, job_id: 0 }))).toEqual({ refused: 'Invalid account' });
    const silent = [{ error: 'Unable to contact slurm controller (connect failure)', error_number: 1 }];
    expect(readSubmission(answer({ errors: silent }))).toHaveProperty('unclear');
    expect(readSubmission(answer({ errors: [] }))).toHaveProperty('unclear');
    expect(readSubmission({ ...answer('', null), timedOut: true })).toHaveProperty('unclear');
    expect(readSubmission(answer('<html>', 502))).toHaveProperty('unclear');
    expect(readSubmission(answer('Authentication failure', 401))).toHaveProperty('refused');
  });
});

describe('the version', () => {
  it('is the newest that both sides know', () => {
    const paths = (...versions: string[]) => ({
      paths: Object.fromEntries(versions.map((v) => [`/slurm/${v}/jobs`, {}])),
    });
    expect(readDialect(answer(paths('v0.0.36', 'v0.0.37', 'v0.0.38')))).toEqual({ ok: 'v0.0.38' });
    expect(readDialect(answer(paths('v0.0.44', 'v0.0.46')))).toEqual({ ok: 'v0.0.44' });
    expect(readDialect(answer(paths('v0.0.99')))).toMatchObject({ unanswered: expect.stringContaining('v0.0.99') });
    expect(readDialect(answer('Authentication failure', 401))).toMatchObject({
      unanswered: expect.stringContaining('Authentication failure'),
    });
  });

  it('is asked for unless the site names one', () => {
    expect(open({}).negotiate?.ask).toMatchObject({ kind: 'http', method: 'GET', url: 'http://head:6820/openapi/v3' });
    expect(open({ version: 'v0.0.41' }).negotiate).toBeUndefined();
  });
});

describe('questions', () => {
  const scheduler = open({ version: 'v0.0.44', token: 'SITE_TOKEN' });

  it('name the variable of the token, never a token', () => {
    for (const { ask } of [scheduler.poll(['7']), scheduler.submit(request), ...scheduler.cancel(['7'])])
      expect(ask).toMatchObject({ secretHeaders: { 'x-slurm-user-token': 'SITE_TOKEN' } });
    expect(open({ version: 'v0.0.44', socket: '/run/rest' }).poll(['7']).ask).toMatchObject({ secretHeaders: {} });
  });

  it('ask for one job alone, for several at once, and take of an answer only these', () => {
    expect(scheduler.poll(['7']).ask).toMatchObject({ url: 'http://head:6820/slurm/v0.0.44/job/7' });
    const both = scheduler.poll(['7', '8']);
    expect(both.ask).toMatchObject({ url: 'http://head:6820/slurm/v0.0.44/jobs' });
    const job = (id: number) => ({
      job_id: id,
      job_state: ['RUNNING'],
      name: `n${id}`,
      nodes: 'node1',
      state_reason: 'None',
    });
    const reply = both.read(answer({ errors: [], jobs: [job(6), job(7)] }));
    expect(reply).toMatchObject({ ok: [{ jobId: '7', state: 'running', nodes: 'node1' }] });
    const found = scheduler.find('n6', '/').read(answer({ errors: [], jobs: [job(6), job(7)] }));
    expect(found).toMatchObject({ ok: [{ jobId: '6' }] });
  });

  it('cancel job by job, and a job that is gone is no error', () => {
    const [first, second] = scheduler.cancel(['7', '8']);
    expect(first?.ask).toMatchObject({ method: 'DELETE', url: 'http://head:6820/slurm/v0.0.44/job/7' });
    expect(second?.read(answer({ errors: [{ error_number: 2017 }] }))).toEqual({ ok: true });
    expect(second?.read(answer({ errors: [{ error_number: 2010, error: 'Access denied' }] }))).toHaveProperty(
      'unanswered',
    );
  });
});

describe('jobs', () => {
  const states = (job_state: unknown) => {
    const reply = readJobs(answer({ jobs: [{ job_id: 1, job_state }] }));
    return 'ok' in reply ? reply.ok[0]?.state : reply;
  };

  it('have states as a word or as words, and what goes on counts before what it came to', () => {
    expect(states('TIMEOUT')).toBe('timeout');
    expect(states(['CANCELLED', 'COMPLETING'])).toBe('completing');
    expect(states(['NODE_FAIL', 'REQUEUED'])).toBe('pending');
    expect(states(['FAILED', 'LAUNCH_FAILED'])).toBe('node-fail');
    expect(states(['NEVER_HEARD_OF'])).toBe('unknown');
    expect(states([])).toBeUndefined();
  });

  it('are none where slurmctld forgot them, and unanswered where anything else is wrong', () => {
    expect(readJobs(answer({ errors: [{ error_number: 2017, error: 'Invalid job id specified' }], jobs: [] }))).toEqual(
      { ok: [] },
    );
    for (const value of [
      { errors: [{ error_number: 1007, error: 'Protocol authentication error' }], jobs: [] },
      {},
      [],
      'x',
      '',
    ])
      expect(readJobs(answer(value))).toHaveProperty('unanswered');
  });

  it('of the accounting have times, zero being none', () => {
    const job = {
      job_id: 3,
      state: { current: ['PENDING'] },
      time: { submission: 5, start: 0, end: 0 },
      user: 'u',
      name: 'n',
    };
    expect(readAccounts(answer({ jobs: [job] }))).toEqual({
      ok: [
        {
          jobId: '3',
          state: 'pending',
          word: 'PENDING',
          exitCode: '0:0',
          account: '',
          user: 'u',
          nodes: '',
          name: 'n',
          submitted: 5,
        },
      ],
    });
  });
});
