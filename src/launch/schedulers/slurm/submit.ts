/** `sbatch`: everything by explicit options, nothing by `#SBATCH` lines or inherited variables. */

import { argv } from '../../../base/argv.ts';
import type { Asked } from '../../../base/ask.ts';
import type { JobRequest, Submission } from '../../scheduler.ts';

/** Answers after which the job may exist all the same (sisyphus#281: "Socket timed out on send/recv operation"). */
const perhapsSubmitted =
  /timed out|Unable to contact|Connection refused|Zero Bytes|Transport endpoint|Communication connection failure|Resource temporarily unavailable/i;

/** Submits one allocation. */
export function submit(request: JobRequest): Asked<Submission> {
  const { partition } = request;
  const excluded = [...(partition.exclude ?? []), ...request.exclude];
  return {
    ask: {
      kind: 'exec',
      limitSeconds: 60,
      environment: request.environment,
      argv: argv(
        'sbatch',
        '--parsable',
        '--no-requeue',
        // ALL of a small environment: NONE, and NIL before 23.02, would run a login shell on the node first.
        '--export=ALL',
        `--job-name=${request.key}`,
        `--comment=${request.key}`,
        `--partition=${partition.name}`,
        `--nodes=${request.nodes}`,
        `--time=${Math.max(1, Math.ceil(request.limitSeconds / 60))}`,
        `--chdir=${request.directory}`,
        `--output=${request.output}`,
        '--open-mode=append',
        '--input=/dev/null',
        ...(partition.exclusive ? ['--exclusive', '--mem=0'] : []),
        ...(partition.account ? [`--account=${partition.account}`] : []),
        ...(partition.qos ? [`--qos=${partition.qos}`] : []),
        ...(partition.constraint ? [`--constraint=${partition.constraint}`] : []),
        ...(partition.reservation ? [`--reservation=${partition.reservation}`] : []),
        ...(partition.licenses ? [`--licenses=${partition.licenses}`] : []),
        ...(partition.network ? [`--network=${partition.network}`] : []),
        ...(excluded.length > 0 ? [`--exclude=${excluded.join(',')}`] : []),
        request.script,
      ),
    },
    read: (answer) => {
      if (answer.absent) return { refused: 'sbatch is not on the PATH' };
      if (answer.timedOut) return { unclear: 'sbatch did not answer within its limit' };
      const id = /^([0-9]+)(?:;[^\s]*)?\s*$/m.exec(answer.stdout)?.[1];
      if (answer.status === 0 && id) return { jobId: id };
      const said = answer.stderr.trim() || answer.stdout.trim() || `status ${answer.status}`;
      return perhapsSubmitted.test(said) || answer.status === null || answer.status === 0
        ? { unclear: said }
        : { refused: said };
    },
  };
}
