/** Jobs in the JSON of slurmrestd, `squeue --json` and `sacct --json`, whatever data parser wrote them (21.08 to 25.11). */
import type { Answer } from '../../../base/ask.ts';
import type { JobAccount, JobStatus, Reply } from '../../scheduler.ts';
import { isHopeless, stateOfWords } from '../../slurm-states.ts';
import {
  errorNumber,
  errorWords,
  invalidJobId,
  type Json,
  numberOf,
  objectOf,
  objectsOf,
  readReply,
  textOf,
  wordsOf,
} from './reply.ts';

function statusOf(job: Json): JobStatus | undefined {
  const id = numberOf(job.job_id);
  const words = wordsOf(job.job_state);
  if (id === undefined || words.length === 0) return undefined;
  const [state, reason] = [stateOfWords(words), textOf(job.state_reason)];
  return {
    jobId: String(id),
    state,
    word: words.join('+'),
    reason,
    nodes: textOf(job.nodes),
    ...(isHopeless(state, reason) && { hopeless: true }),
  };
}

/** `code:signal` as sacct prints it; 21.08 and 22.05 always say 0:0 here, so nothing is decided by it. */
function exitCodeOf(value: unknown): string {
  const { return_code: code, signal } = objectOf(value);
  const { id, signal_id: older } = objectOf(signal);
  return `${numberOf(code) ?? 0}:${numberOf(id) ?? numberOf(older) ?? 0}`;
}

function accountOf(job: Json): JobAccount | undefined {
  const id = numberOf(job.job_id);
  const words = wordsOf(objectOf(job.state).current);
  if (id === undefined || words.length === 0) return undefined;
  const time = objectOf(job.time);
  // Zero stands for what has not happened yet.
  const times = {
    submitted: numberOf(time.submission) || undefined,
    started: numberOf(time.start) || undefined,
    ended: numberOf(time.end) || undefined,
  };
  return {
    jobId: String(id),
    state: stateOfWords(words),
    word: words.join('+'),
    exitCode: exitCodeOf(job.exit_code),
    account: textOf(job.account),
    user: textOf(job.user),
    nodes: textOf(job.nodes),
    name: textOf(job.name),
    ...Object.fromEntries(Object.entries(times).filter(([, value]) => value !== undefined)),
  };
}

/** Errors are no answer, but for one that says that the job is not known (any more): then there is none. */
function listOf<T>(answer: Answer, read: (job: Json) => T | undefined): Reply<readonly T[]> {
  const reply = readReply(answer);
  if ('unanswered' in reply) return reply;
  const { json, errors } = reply.ok;
  if (errors.some((error) => errorNumber(error) !== invalidJobId)) return { unanswered: errorWords(errors) };
  if (errors.length > 0) return { ok: [] };
  if (!Array.isArray(json.jobs)) return { unanswered: `slurmrestd's answer holds no jobs (HTTP ${answer.status})` };
  return { ok: objectsOf(json.jobs).flatMap((job) => read(job) ?? []) };
}

/** Jobs as slurmctld shows them (`/slurm/…/jobs`, `squeue --json`); those without id or state are left out. */
export function readJobs(
  answer: Answer,
): Reply<readonly (JobStatus & { readonly name: string; readonly user: string })[]> {
  return listOf(answer, (job) => {
    const status = statusOf(job);
    return status && { ...status, name: textOf(job.name), user: textOf(job.user_name) };
  });
}

/** Jobs as the accounting keeps them (`/slurmdb/…/jobs`, `sacct --json`). */
export function readAccounts(answer: Answer): Reply<readonly JobAccount[]> {
  return listOf(answer, accountOf);
}
