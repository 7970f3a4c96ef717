/** A job as slurmrestd takes it: the options of sbatch under other names, which changed from version to version. */
import type { Answer } from '../../../base/ask.ts';
import type { JobRequest, Submission } from '../../scheduler.ts';
import { type Dialect, numberOfDialect } from './dialect.ts';
import { errorWords, numberOf, objectOf, readReply } from './reply.ts';

/** The body of `job/submit`; keys that a version does not know make it refuse the job. */
export function submissionBody(request: JobRequest, script: string, dialect: Dialect): string {
  const version = numberOfDialect(dialect);
  const { partition } = request;
  const excluded = [...(partition.exclude ?? []), ...request.exclude];
  const minutes = Math.max(1, Math.ceil(request.limitSeconds / 60));
  const environment = Object.entries(request.environment);
  const job = {
    name: request.key,
    comment: request.key,
    partition: partition.name,
    // As a text: 22.05 takes the list [2, 2] of its own specification for one node.
    nodes: String(request.nodes),
    time_limit: version < 39 ? minutes : { set: true, number: minutes },
    current_working_directory: request.directory,
    standard_output: request.output,
    standard_input: '/dev/null',
    open_mode: version < 40 ? 'append' : ['APPEND'],
    requeue: false,
    environment:
      version < 39 ? Object.fromEntries(environment) : environment.map(([name, value]) => `${name}=${value}`),
    ...(partition.exclusive && exclusive(version)),
    ...(partition.account && { account: partition.account }),
    ...(partition.qos && { qos: partition.qos }),
    ...(partition.constraint && { constraints: partition.constraint }),
    ...(partition.reservation && { reservation: partition.reservation }),
    ...(partition.licenses && { licenses: partition.licenses }),
    ...(partition.network && { network: partition.network }),
    ...(excluded.length > 0 && (version < 39 ? { exclude_nodes: excluded.join(',') } : { excluded_nodes: excluded })),
  };
  return JSON.stringify(version < 42 ? { script, job } : { job: { ...job, script } });
}

/** Whole nodes with all their memory. */
function exclusive(version: number): Readonly<Record<string, unknown>> {
  const memory = version < 39 ? 0 : { set: true, number: 0 };
  if (version < 39) return { exclusive: 'exclusive', memory_per_node: memory };
  return { ...(version < 41 ? { exclusive: ['true'] } : { shared: ['none'] }), memory_per_node: memory };
}

/** The job's number, or a refusal; without an answer the job may exist all the same. */
export function readSubmission(answer: Answer): Submission {
  const reply = readReply(answer);
  if ('unanswered' in reply)
    return answer.status === 401 ? { refused: reply.unanswered } : { unclear: reply.unanswered };
  const { json, errors } = reply.ok;
  const id = numberOf(json.job_id) ?? numberOf(objectOf(json.result).job_id);
  if (errors.length === 0 && id !== undefined && id > 0) return { jobId: String(id) };
  const said = errors.length > 0 ? errorWords(errors) : `no job id (HTTP ${answer.status})`;
  return perhapsSubmitted.test(said) || errors.length === 0 ? { unclear: said } : { refused: said };
}

/** What slurmrestd passes on when slurmctld did not answer it. */
const perhapsSubmitted = /timed out|Unable to contact|Connection refused|Zero Bytes|communication/i;
