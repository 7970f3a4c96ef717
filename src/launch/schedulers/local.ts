/**
 * No scheduler: the job script as a process of this machine, in a session of its own. `templates/shell/local-job.sh`
 * starts, shows and ends it; its answers are read here.
 */
import { argv } from '../../base/argv.ts';
import type { Answer, Asked } from '../../base/ask.ts';
import { installed } from '../../base/installation.ts';
import { closed, Type } from '../../base/schema.ts';
import type { JobState, JobStatus, Reply, Scheduler } from '../scheduler.ts';

const script = installed('templates/shell/local-job.sh');

function ask<T>(words: readonly string[], read: (answer: Answer) => T): Asked<T> {
  return { ask: { kind: 'exec', argv: argv('sh', script, ...words), limitSeconds: 30 }, read };
}

/** Lines `ID STATE`. */
function readStatus(answer: Answer): Reply<readonly JobStatus[]> {
  if (answer.status !== 0) return { unanswered: answer.stderr.trim() || `status ${answer.status}` };
  const jobs = answer.stdout.split('\n').flatMap((line): JobStatus[] => {
    const [, jobId, word] = /^(.+) ([a-z]+)$/.exec(line) ?? [];
    if (!jobId || !word) return [];
    const state: JobState = word === 'running' || word === 'completed' ? word : 'failed';
    return [{ jobId, word, state, nodes: '', reason: '' }];
  });
  return { ok: jobs };
}

export const local: Scheduler = {
  kind: 'local',
  options: closed({ kind: Type.Literal('local') }),
  interval: () => 0.2,
  submit: (request) =>
    ask(['submit', request.directory, request.script, request.output], (answer) => {
      const id = answer.stdout.trim();
      return answer.status === 0 && id ? { jobId: id } : { refused: answer.stderr.trim() || `status ${answer.status}` };
    }),
  find: (_key, directory) => ask(['find', directory], readStatus),
  poll: (jobIds) => ask(['status', ...jobIds], readStatus),
  account: (jobIds) =>
    ask(['status', ...jobIds], (answer) => {
      const status = readStatus(answer);
      if ('unanswered' in status) return status;
      const nothing = { exitCode: '', account: '', user: '', name: '' };
      return { ok: status.ok.map(({ jobId, state, word, nodes }) => ({ jobId, state, word, nodes, ...nothing })) };
    }),
  cancel: (jobIds) => [
    ask(['cancel', ...jobIds], (answer) => (answer.status === 0 ? { ok: true } : { unanswered: answer.stderr.trim() })),
  ],
};
