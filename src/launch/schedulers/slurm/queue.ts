/** `squeue`, `sacct` and `scancel`, as text: stable since 21.08, and small where `--json` sends a megabyte (vcell#1916). */

import { argv } from '../../../base/argv.ts';
import type { Answer, Asked } from '../../../base/ask.ts';
import type { JobAccount, JobStatus, Reply } from '../../scheduler.ts';
import { isHopeless, stateOf } from '../../slurm-states.ts';

function unanswered(answer: Answer, program: string): { readonly unanswered: string } {
  if (answer.absent) return { unanswered: `${program} is not on the PATH` };
  if (answer.timedOut) return { unanswered: `${program} did not answer within its limit` };
  return { unanswered: `${program}: ${answer.stderr.trim() || answer.stdout.trim() || `status ${answer.status}`}` };
}

function readQueue(answer: Answer): Reply<readonly JobStatus[]> {
  // One unknown id alone gives status 1 and this text; beside a known one it is left out silently.
  const gone = answer.status !== 0 && /Invalid job id specified/i.test(answer.stderr);
  if (answer.status !== 0 && !gone) return unanswered(answer, 'squeue');
  const jobs: JobStatus[] = [];
  for (const line of answer.stdout.split('\n')) {
    const [jobId, word, nodes, ...reason] = line.split('|');
    if (!jobId || word === undefined || !/^[0-9]+/.test(jobId)) continue;
    const [state, why] = [stateOf(word), reason.join('|')];
    jobs.push({
      jobId,
      word,
      state,
      nodes: nodes ?? '',
      reason: why,
      ...(isHopeless(state, why) && { hopeless: true }),
    });
  }
  return { ok: jobs };
}

const columns = '%i|%T|%N|%r';

/** All jobs in one question. */
export function poll(jobIds: readonly string[]): Asked<Reply<readonly JobStatus[]>> {
  return {
    ask: {
      kind: 'exec',
      limitSeconds: 30,
      argv: argv('squeue', '--noheader', '--states=all', `--jobs=${jobIds.join(',')}`, `--format=${columns}`),
    },
    read: readQueue,
  };
}

/** All jobs of the user, those that ended a while ago too (slurm.conf(5), MinJobAge). */
export const pollAll: Asked<Reply<readonly JobStatus[]>> = {
  ask: {
    kind: 'exec',
    limitSeconds: 30,
    argv: argv('squeue', '--noheader', '--me', '--states=all', `--format=${columns}`),
  },
  read: readQueue,
};

/** The jobs that carry a key as their name; keys are unique to one allocation. */
export function find(key: string): Asked<Reply<readonly JobStatus[]>> {
  return {
    ask: {
      kind: 'exec',
      limitSeconds: 30,
      argv: argv('squeue', '--noheader', '--me', '--states=all', `--name=${key}`, `--format=${columns}`),
    },
    read: readQueue,
  };
}

/** Asks slurmctld to end jobs; jobs that have ended already are no error. */
export function cancel(jobIds: readonly string[]): readonly Asked<Reply<true>>[] {
  return [
    {
      ask: { kind: 'exec', limitSeconds: 30, argv: argv('scancel', '--quiet', ...jobIds) },
      read: (answer) => (answer.status === 0 ? { ok: true } : unanswered(answer, 'scancel')),
    },
  ];
}

const accountColumns = 'JobIDRaw,State,ExitCode,Account,User,NodeList,Submit,Start,End,JobName';

function seconds(text: string | undefined): number | undefined {
  return text !== undefined && /^[0-9]+$/.test(text) ? Number(text) : undefined;
}

/** What the accounting daemon keeps of the jobs themselves (no steps), duplicates of requeued jobs included. */
export function account(jobIds: readonly string[]): Asked<Reply<readonly JobAccount[]>> {
  return {
    ask: {
      kind: 'exec',
      limitSeconds: 60,
      argv: argv(
        'sacct',
        '--allocations',
        '--parsable2',
        '--noheader',
        '--duplicates',
        '--noconvert',
        `--jobs=${jobIds.join(',')}`,
        `--format=${accountColumns}`,
      ),
    },
    read: (answer) => {
      if (answer.status !== 0) return unanswered(answer, 'sacct');
      const jobs: JobAccount[] = [];
      for (const line of answer.stdout.split('\n')) {
        const [jobId, word, exitCode, charged, user, nodes, submitted, started, ended, ...name] = line.split('|');
        if (!jobId || word === undefined || !/^[0-9]+$/.test(jobId)) continue;
        const times = { submitted: seconds(submitted), started: seconds(started), ended: seconds(ended) };
        const known = Object.fromEntries(Object.entries(times).filter(([, value]) => value !== undefined));
        jobs.push({
          jobId,
          word,
          state: stateOf(word),
          exitCode: exitCode ?? '',
          account: charged ?? '',
          user: user ?? '',
          nodes: nodes ?? '',
          name: name.join('|'),
          ...known,
        });
      }
      return { ok: jobs };
    },
  };
}
