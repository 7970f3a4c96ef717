/** Slurm's answers of versions 21.08 to 25.11, as other projects kept them: each is read, and what it cannot say is said. */
import { readdirSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it, test } from 'vitest';
import type { Answer } from '../../src/base/ask.ts';
import type { JobRequest, Reply } from '../../src/launch/scheduler.ts';
import { submit } from '../../src/launch/schedulers/slurm/submit.ts';
import { readAccounts, readJobs } from '../../src/launch/schedulers/slurmrest/jobs.ts';
import { submissionBody } from '../../src/launch/schedulers/slurmrest/submission.ts';
import { stateOf } from '../../src/launch/slurm-states.ts';

const folder = '../shared/captures/slurm';
const files = readdirSync(folder).sort();
const text = (name: string): string => readFileSync(`${folder}/${name}`, 'utf8');
const answer = (name: string, status = 200): Answer => ({ status, stdout: text(name), stderr: '', timedOut: false });

/** The jobs of a file, by number, as either reader has them. */
function jobsOf<T>(name: string, read: (answer: Answer) => Reply<readonly T[]>): readonly T[] {
  const reply = read(answer(name));
  if ('unanswered' in reply) throw new Error(`${name}: ${reply.unanswered}`);
  return reply.ok;
}

const listed = (pattern: RegExp) => files.filter((name) => pattern.test(name));
const queues = listed(
  /^(restd-.*-slurmctld-jobs?(-(?!unfound|archived).*)?|.*squeue(-out)?|telegraf-.*-jobs|firecrest-api-slurm_get_jobs?(_by_name)?|restd-.*jobs)\.json$/,
);
const accounts = listed(/^(restd-.*-slurmdb-job-(?!unfound).*|sacct-json-.*)\.json$/);

describe('jobs', () => {
  it('are found in many files', () => {
    expect(queues.length).toBeGreaterThan(25);
    expect(accounts.length).toBeGreaterThan(20);
  });

  test.each(queues)('of the queue: %s', (name) => {
    const jobs = jobsOf(name, readJobs);
    expect(jobs.length).toBe(JSON.parse(text(name)).jobs.length);
    for (const job of jobs) {
      expect(job.state, job.word).not.toBe('unknown');
      expect(job.jobId).toMatch(/^[1-9]\d*$/);
      if (job.state === 'running') expect(job.nodes).not.toBe('');
      if (job.state === 'pending') expect(job.reason).not.toBe('');
    }
    const named = /-job-(completed|failed|pending|timeout)\.json$/.exec(name)?.[1];
    if (named) expect(jobs[0]?.state).toBe(named);
  });

  test.each(accounts)('of the accounting: %s', (name) => {
    const jobs = jobsOf(name, readAccounts);
    expect(jobs.length).toBe(JSON.parse(text(name)).jobs.length);
    for (const job of jobs) {
      expect(job.state, job.word).not.toBe('unknown');
      expect(job.user).not.toBe('');
      expect(job.submitted).toBeGreaterThan(1_400_000_000);
      if (job.state === 'completed') expect(job.ended).toBeGreaterThanOrEqual(job.started ?? Number.POSITIVE_INFINITY);
    }
    const named = /-job-(completed|failed|pending|timeout)\.json$/.exec(name)?.[1];
    if (named) expect(jobs[0]?.state).toBe(named);
  });

  test('say what stands in the file, as read by eye', () => {
    expect(jobsOf('restd-24.05-v0.0.41-slurmctld-job-timeout.json', readJobs)).toEqual([
      {
        jobId: '649717',
        state: 'timeout',
        word: 'TIMEOUT',
        reason: 'TimeLimit',
        nodes: 'cn001',
        name: 'wrap',
        user: 'ksoto',
      },
    ]);
    expect(jobsOf('telegraf-v0.0.38-jobs.json', readJobs)[0]).toEqual({
      ...{
        jobId: '20464',
        state: 'running',
        word: 'RUNNING',
        reason: 'None',
        nodes: 'naboo222',
        name: 'gridjob',
        user: 'atl001',
      },
    });
    expect(jobsOf('sacct-json-22.5.9.json', readAccounts)[0]).toEqual({
      ...{ jobId: '20247445', state: 'failed', word: 'FAILED', exitCode: '0:0', account: 'rrg-bengioy-ad_gpu' },
      ...{ user: 'hudson', nodes: 'ng[30103,30203,30706-30707]', name: 'roberta-encoder-with_scheduler' },
      ...{ submitted: 1692160813, started: 1693740641, ended: 1693865044 },
    });
    expect(jobsOf('sacct-json-21.08-clockwork1.json', readAccounts)[0]).toMatchObject({
      jobId: '10',
      state: 'node-fail',
      nodes: 'cdr1',
    });
  });
});

describe('what is no answer', () => {
  test.each(listed(/^restd-.*-job-(unfound|archived)\.json$/))(
    'a job that nobody knows any more is none: %s',
    (name) => {
      expect((name.includes('slurmdb') ? readAccounts : readJobs)(answer(name))).toEqual({ ok: [] });
    },
  );

  test.each(listed(/^restd-.*(jwt|not-found).*\.(json|txt)$/))(
    'a refused token or path is told, and is no empty queue: %s',
    (name) => {
      expect(readJobs(answer(name, 401))).toMatchObject({ unanswered: expect.stringMatching(/authenticat|unable/i) });
      expect(readAccounts(answer(name, 404))).toHaveProperty('unanswered');
    },
  );

  test.each(files)('nothing throws, and what holds no jobs gives none: %s', (name) => {
    for (const read of [readJobs, readAccounts]) {
      const reply = read(answer(name));
      if ('ok' in reply) expect(JSON.parse(text(name)).jobs).toBeInstanceOf(Array);
      for (const cut of [1, 300, 4000])
        expect(read({ ...answer(name), stdout: text(name).slice(0, cut) })).toBeTypeOf('object');
    }
  });
});

test('every state word of the accounting logs is known, but for two that a project made up', () => {
  const words = listed(/^xdmod-sacct-.*\.txt$/).flatMap((name) =>
    text(name)
      .split('\n')
      .flatMap((line) => line.split('|').find((field) => /^[A-Z_]{3,}( by \S+)?$/.test(field)) ?? []),
  );
  expect(words.length).toBeGreaterThan(3);
  expect([...new Set(words.filter((word) => stateOf(word) === 'unknown'))]).toEqual(['FOO', 'BAR']);
});

test('sbatch refusing over a quota is a refusal with its words', () => {
  const { stdout, stderr, exit_code: status } = JSON.parse(text('firecrest-ssh_sbatch_command_out_of_quota.json'));
  expect(submit(request).read({ stdout, stderr, status, timedOut: false })).toMatchObject({
    refused: expect.stringContaining('QOSMaxSubmitJobPerUserLimit'),
  });
});

const request: JobRequest = {
  ...{
    key: 'assay-x-a1',
    script: '/runs/job.sh',
    scriptText: '#!/bin/sh\n',
    directory: '/runs',
    output: '/runs/job.out',
  },
  ...{ nodes: 4, limitSeconds: 61, exclude: ['node3'], environment: { PATH: '/usr/bin' } },
  partition: {
    ...{ name: 'batch', nodes: 4, processors: 2, timeLimitSeconds: 600, exclusive: true, mounts: [] },
    ...{ account: 'a', qos: 'q', constraint: 'c', reservation: 'r', licenses: 'l:2', network: 'n', exclude: ['node9'] },
  },
};

test.each([
  ['v0.0.41', 'openapi-spec-v0.0.41.json'],
  ['v0.0.44', 'openapi-spec-v0.0.44.json'],
  ['v0.0.45', 'openapi-spec-v0.0.45.json'],
] as const)('a submission fits the specification of %s, every key of it', (dialect, name) => {
  const { components } = JSON.parse(text(name));
  const ajv = new Ajv({ strict: false, allErrors: true, logger: false });
  // Slurm refuses keys that it does not know, which the specification does not say.
  for (const schema of Object.values<{ properties?: object; additionalProperties?: boolean }>(components.schemas))
    if (schema.properties) schema.additionalProperties = false;
  ajv.addSchema({ components }, 'spec');
  const valid = ajv.compile({ $ref: `spec#/components/schemas/${dialect}_job_submit_req` });
  expect(valid(JSON.parse(submissionBody(request, '#!/bin/sh\n', dialect))), JSON.stringify(valid.errors)).toBe(true);
});
