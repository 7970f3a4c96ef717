import { describe, expect, it } from 'vitest';
import type { JobRequest, JobState } from '../../src/launch/scheduler.ts';
import { account, cancel, find, poll } from '../../src/launch/schedulers/slurm/queue.ts';
import { submit } from '../../src/launch/schedulers/slurm/submit.ts';
import { isHopeless, stateOf } from '../../src/launch/slurm-states.ts';

const answer = (status: number | null, stdout: string, stderr = '', timedOut = false) => ({
  status,
  stdout,
  stderr,
  timedOut,
});

const request: JobRequest = {
  key: 'assay-x-a1',
  script: '/runs/it is/job.sh',
  scriptText: '#!/bin/sh\n',
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
  environment: { PATH: '/usr/bin' },
};

it('a job that waits for what its own limits forbid is hopeless; one that waits for others, or for people, is not', () => {
  const hopeless = (reason: string, state: JobState = 'pending') => isHopeless(state, reason);
  for (const reason of [
    'PartitionTimeLimit',
    'QOSMaxNodePerJobLimit',
    'AssocMaxWallDurationPerJobLimit',
    'BadConstraints',
  ])
    expect(hopeless(reason), reason).toBe(true);
  for (const reason of [
    'Priority',
    'Resources',
    'PartitionNodeLimit',
    'ReqNodeNotAvail, UnavailableNodes:node2',
    'JobHeldUser',
  ])
    expect(hopeless(reason), reason).toBe(false);
  for (const reason of ['QOSMaxJobsPerUserLimit', 'AssocGrpCPUMinutesLimit', 'PartitionDown', 'Dependency', 'None', ''])
    expect(hopeless(reason), reason).toBe(false);
  expect(hopeless('PartitionTimeLimit', 'running')).toBe(false);
});

describe('sbatch', () => {
  const asked = submit(request);

  it('says everything by option, as words, with an environment of its own', () => {
    expect(asked.ask).toMatchObject({ kind: 'exec', environment: { PATH: '/usr/bin' } });
    const words = asked.ask.kind === 'exec' ? asked.ask.argv : [];
    expect(words).toContain('--time=2');
    expect(words).toContain('--job-name=assay-x-a1');
    expect(words).toContain('--no-requeue');
    expect(words).toContain('--exclude=node3');
    const more = { ...request.partition, exclude: ['rack[1-3]'], licenses: 'fs:2', network: 'single_node_vni' };
    const { ask: wider } = submit({ ...request, partition: more });
    expect(wider.kind === 'exec' && wider.argv).toEqual(
      expect.arrayContaining(['--exclude=rack[1-3],node3', '--licenses=fs:2', '--network=single_node_vni']),
    );
    expect(words.at(-1)).toBe('/runs/it is/job.sh');
  });

  it('reads the id, with or without a cluster name', () => {
    expect(asked.read(answer(0, '42\n'))).toEqual({ jobId: '42' });
    expect(asked.read(answer(0, '42;other\n'))).toEqual({ jobId: '42' });
  });

  it('tells a refusal from an answer that was lost', () => {
    const refusal = 'sbatch: error: invalid partition specified: nope';
    expect(asked.read(answer(1, '', refusal))).toEqual({ refused: refusal });
    const lost = 'sbatch: error: Batch job submission failed: Socket timed out on send/recv operation';
    expect(asked.read(answer(1, '', lost))).toEqual({ unclear: lost });
    expect(asked.read(answer(null, '', '', true))).toHaveProperty('unclear');
    expect(asked.read(answer(0, 'nothing that is an id\n'))).toHaveProperty('unclear');
  });
});

describe('squeue', () => {
  it('reads all jobs of one question, and reasons with bars in them', () => {
    const { read, ask } = poll(['1', '2']);
    expect(ask.kind === 'exec' && ask.argv).toContain('--jobs=1,2');
    expect(read(answer(0, '1|RUNNING|node[1-4]|None\n2|PENDING||a|b\n'))).toEqual({
      ok: [
        { jobId: '1', state: 'running', word: 'RUNNING', nodes: 'node[1-4]', reason: 'None' },
        { jobId: '2', state: 'pending', word: 'PENDING', nodes: '', reason: 'a|b' },
      ],
    });
  });

  it('takes a forgotten job as an empty list, and silence as silence', () => {
    expect(poll(['9']).read(answer(1, '', 'slurm_load_jobs error: Invalid job id specified'))).toEqual({ ok: [] });
    expect(poll(['9']).read(answer(1, '', 'slurm_load_jobs error: Unable to contact slurm controller'))).toHaveProperty(
      'unanswered',
    );
    expect(poll(['9']).read(answer(null, '', '', true))).toHaveProperty('unanswered');
  });

  it('looks for a key among the own jobs alone', () => {
    const { ask } = find('assay-x-a1');
    expect(ask.kind === 'exec' && ask.argv).toEqual(expect.arrayContaining(['--me', '--name=assay-x-a1']));
  });
});

describe('states', () => {
  it.each([
    ['COMPLETED', 'completed'],
    ['CANCELLED by 1000', 'cancelled'],
    ['CANCELLED+', 'cancelled'],
    ['OUT_OF_ME+', 'unknown'],
    ['NODE_FAIL', 'node-fail'],
    ['SOMETHING_NEW', 'unknown'],
    ['', 'unknown'],
  ])('%s is %s', (word, state) => {
    expect(stateOf(word)).toBe(state);
  });
});

describe('sacct and scancel', () => {
  it('reads times, and what is not known stays away', () => {
    const { read } = account(['7']);
    expect(read(answer(0, '7|COMPLETED|0:0|acceptance|tester|node[1-4]|100|101|Unknown|assay-x-a1\n'))).toEqual({
      ok: [
        {
          jobId: '7',
          word: 'COMPLETED',
          state: 'completed',
          exitCode: '0:0',
          account: 'acceptance',
          user: 'tester',
          nodes: 'node[1-4]',
          name: 'assay-x-a1',
          submitted: 100,
          started: 101,
        },
      ],
    });
    expect(read(answer(1, '', 'Slurm accounting storage is disabled'))).toHaveProperty('unanswered');
  });

  it('cancels by id, never by user', () => {
    const asks = cancel(['7', '8']).map(({ ask }) => ask.kind === 'exec' && ask.argv);
    expect(asks).toEqual([['scancel', '--quiet', '7', '8']]);
  });
});
