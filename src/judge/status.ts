/** How a step ended, and whose fault that is. */
import type { Finding } from './verdict.ts';

/** The end of a case's step, as the scheduler and the job script told it. */
export type StepState =
  | 'completed'
  | 'failed'
  | 'out-of-memory'
  | 'timeout'
  | 'cancelled'
  | 'preempted'
  | 'node-fail'
  | 'boot-fail'
  | 'launch-failed'
  | 'allocation-limit'
  | 'not-run'
  | 'unknown'
  | 'skipped';

/** What is known of a step's end. */
export interface StepEnd {
  readonly state: StepState;
  /** The exit status of the step; null when there is none. */
  readonly exitCode: number | null;
  /** One clause: what the scheduler or the harness said. */
  readonly why: string;
}

const faults: Readonly<Record<Exclude<StepState, 'completed' | 'failed'>, readonly [Finding['verdict'], string]>> = {
  'out-of-memory': ['fail', 'ran out of memory'],
  timeout: ['fail', "did not end within the case's time limit"],
  cancelled: ['error', 'was cancelled'],
  preempted: ['error', 'was preempted'],
  'node-fail': ['error', 'lost a node'],
  'boot-fail': ['error', 'got nodes that did not boot'],
  'launch-failed': ['error', 'could not be started by the scheduler'],
  'allocation-limit': ['error', "was cut off by the allocation's time limit"],
  'not-run': ['error', 'was not run'],
  unknown: ['error', 'ended in a state that is not known'],
  skipped: ['skip', 'was skipped'],
};

/** What a shell's status above 128 stands for, where a program was ended by a signal (signal(7), x86 and ARM). */
const signals: Readonly<Record<number, string>> = {
  129: 'SIGHUP',
  130: 'SIGINT',
  131: 'SIGQUIT',
  132: 'SIGILL',
  134: 'SIGABRT',
  135: 'SIGBUS',
  136: 'SIGFPE',
  137: 'SIGKILL',
  139: 'SIGSEGV',
  141: 'SIGPIPE',
  143: 'SIGTERM',
};

/** The finding `status`: `fail` when the container is to blame, `error` when the site or the harness is. */
export function statusFinding(step: StepEnd): Finding {
  const make = (verdict: Finding['verdict'], message: string): Finding => ({
    check: 'status',
    kind: 'status',
    verdict,
    message: step.why === '' ? message : `${message}: ${step.why}`,
    data: { state: step.state, exitCode: step.exitCode },
  });
  if (step.state === 'completed' || step.state === 'failed') {
    if (step.exitCode === null) {
      // A signal ends a step without a status of its own; "completed" without one is a contradiction.
      return step.state === 'failed'
        ? make('fail', 'the step failed without an exit status')
        : make('error', 'the step is said to have completed, but its exit status is not known');
    }
    const signal = signals[step.exitCode];
    if (step.exitCode !== 0)
      return make('fail', `the step ended with status ${step.exitCode}${signal ? ` (${signal})` : ''}`);
    return step.state === 'completed'
      ? make('pass', 'the step ended with status 0')
      : make('fail', 'the scheduler says that the step failed, though its status is 0');
  }
  // The state may come from a journal of another version: one that is not known here is not a pass.
  const [verdict, text] = Object.hasOwn(faults, step.state) ? faults[step.state] : faults.unknown;
  return make(verdict, `the step ${text}`);
}
