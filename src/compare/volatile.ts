/** What differs between any two runs and so explains nothing. */
import { probes } from '../inspect/probes/index.ts';
import type { RunRecord } from '../store/run-record.ts';

/** Facts that probes mark as a node's or a boot's own, `group.key`. */
const own: ReadonlySet<string> = new Set(probes.flatMap((probe) => probe.ownKeys.map((key) => `${probe.name}.${key}`)));

// The partition is compared as placement.
const elsewhere: ReadonlySet<string> = new Set(['system.slurm-job-partition']);

/** Words in a key that name what changes by the minute, or with every job. */
const fleeting = /(^|[.-])(uptime|free|available|load|loadavg|pid|job-id|step-id|boot-id|nonce)($|-)/;

/** True for a fact (`group.key`) that may differ without anything having changed. */
export function isVolatile(name: string): boolean {
  return own.has(name) || elsewhere.has(name) || fleeting.test(name);
}

/** The text with a run's own id and directory as holes, so that two runs can say the same. */
export function withoutRun({ run }: Pick<RunRecord, 'run'>, text: string): string {
  const holes = run.directory === '' ? text : text.replaceAll(run.directory, '@RUN@');
  return run.id === '' ? holes : holes.replaceAll(run.id, '@RUN_ID@');
}
