/** Slurm's job states and what they mean to us (slurm.schedmd.com/job_state_codes.html). */
import type { JobState } from './scheduler.ts';

const meanings: Readonly<Record<string, JobState>> = {
  BOOT_FAIL: 'node-fail',
  CANCELLED: 'cancelled',
  COMPLETED: 'completed',
  COMPLETING: 'completing',
  CONFIGURING: 'pending',
  DEADLINE: 'timeout',
  EXPEDITING: 'pending',
  FAILED: 'failed',
  LAUNCH_FAILED: 'node-fail',
  NODE_FAIL: 'node-fail',
  OUT_OF_MEMORY: 'out-of-memory',
  PENDING: 'pending',
  PREEMPTED: 'preempted',
  RECONFIG_FAIL: 'node-fail',
  REQUEUED: 'pending',
  REQUEUE_FED: 'pending',
  REQUEUE_HOLD: 'pending',
  RESIZING: 'running',
  RESV_DEL_HOLD: 'pending',
  REVOKED: 'node-fail',
  RUNNING: 'running',
  SIGNALING: 'running',
  SPECIAL_EXIT: 'pending',
  STAGE_OUT: 'completing',
  STOPPED: 'suspended',
  SUSPENDED: 'suspended',
  TIMEOUT: 'timeout',
};

/** Our word for Slurm's; `CANCELLED by 1000` and a trailing `+` (cut by sacct) are understood. */
export function stateOf(word: string): JobState {
  const first = word.trim().split(/[\s+]/)[0] ?? '';
  return meanings[first] ?? 'unknown';
}

// Limits of one job alone, and what only another request could mend. PartitionNodeLimit is not among them: it is also said
// while nodes are down. What waits for others, for a budget or for an administrator may still start.
const hopelessReason =
  /^(AccountNotAllowed|BadConstraints|DeadLine|DependencyNeverSatisfied|InvalidAccount|InvalidQOS|PartitionTimeLimit|QOSNotAllowed|QOSTimeLimit|ReservationDeleted|(Assoc|QOS)Max\w*(PerJob|PerNode|WallDuration)\w*|QOSMin\w+)$/;

/** Whether a pending job with this reason will never start as it is (slurm.schedmd.com/job_reason_codes.html). */
export function isHopeless(state: JobState, reason: string): boolean {
  return state === 'pending' && hopelessReason.test(reason.trim());
}

/** Of several words at once, as JSON has them since 23.11, what counts: what is still going on before what it came to. */
const strongest: readonly Exclude<JobState, 'unknown'>[] = [
  'completing',
  'pending',
  'suspended',
  'running',
  'node-fail',
];

/** Our word for a base state with its flags (`CANCELLED`, `COMPLETING`); `unknown` when none of them is known. */
export function stateOfWords(words: readonly string[]): JobState {
  const states = words.map(stateOf).filter((state) => state !== 'unknown');
  return strongest.find((state) => states.includes(state)) ?? states[0] ?? 'unknown';
}
