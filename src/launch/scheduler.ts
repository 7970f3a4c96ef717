/** What schedulers are: questions and how their answers are read. They never act; `system.ask` does. */
import type { Asked } from '../base/ask.ts';
import type { TSchema } from '../base/schema.ts';
import type { Partition } from '../site/site.ts';

/** What became of a job, in words common to all schedulers. `unknown` is a state we do not know: shown and bounded. */
export type JobState =
  | 'pending'
  | 'running'
  | 'completing'
  | 'suspended'
  | 'completed'
  | 'failed'
  | 'cancelled'
  | 'timeout'
  | 'out-of-memory'
  | 'node-fail'
  | 'preempted'
  | 'unknown';

/** Ends for which neither the container nor the suite is to blame, and after which other nodes are tried. */
export const lostStates: ReadonlySet<JobState> = new Set(['node-fail', 'preempted']);

/** States after which nothing more will happen. */
export const endedStates: ReadonlySet<JobState> = new Set([
  'completed',
  'failed',
  'cancelled',
  'timeout',
  'out-of-memory',
  'node-fail',
  'preempted',
]);

/** A job to submit. Paths are absolute and seen by every node. */
export interface JobRequest {
  /** Unique to this allocation of this run: found again by it when the answer to the submission is lost. */
  readonly key: string;
  readonly script: string;
  /** What it holds, for schedulers that do not read files of ours. */
  readonly scriptText: string;
  readonly directory: string;
  readonly output: string;
  readonly nodes: number;
  readonly limitSeconds: number;
  readonly partition: Partition;
  readonly exclude: readonly string[];
  /** The whole environment of the submission, and so of the job. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The answer to a submission. `unclear`: the job may exist (a time-out); look it up by its key. */
export type Submission = { readonly jobId: string } | { readonly refused: string } | { readonly unclear: string };

/** A job as the scheduler shows it now. */
export interface JobStatus {
  readonly jobId: string;
  readonly state: JobState;
  /** The scheduler's own word. */
  readonly word: string;
  /** Why it waits, or why it ended. */
  readonly reason: string;
  /** Node list expression, as the scheduler writes it; empty while pending. */
  readonly nodes: string;
  /** It waits for what will not come: a limit that this job alone exceeds. */
  readonly hopeless?: true;
}

/** A job as the accounting keeps it; times in seconds since 1970, or undefined when not known. */
export interface JobAccount {
  readonly jobId: string;
  readonly state: JobState;
  readonly word: string;
  readonly exitCode: string;
  readonly account: string;
  readonly user: string;
  readonly nodes: string;
  readonly submitted?: number;
  readonly started?: number;
  readonly ended?: number;
  /** Name of the job; empty when the accounting keeps none. */
  readonly name: string;
}

/** An answer, or why there was none: silence is never success and never failure. */
export type Reply<T> = { readonly ok: T } | { readonly unanswered: string };

/** A scheduler. */
export interface Scheduler {
  readonly kind: string;
  readonly options: TSchema;
  /** Seconds between two looks at the queue. */
  readonly interval: (options: Readonly<Record<string, unknown>>) => number;
  /** The scheduler as one site has it, where its options matter to more than the interval. */
  readonly configured?: (options: Readonly<Record<string, unknown>>) => Scheduler;
  /** To be asked before anything else: gives the scheduler that speaks as the other side does. */
  readonly negotiate?: Asked<Reply<Scheduler>>;
  readonly submit: (request: JobRequest) => Asked<Submission>;
  readonly find: (key: string, directory: string) => Asked<Reply<readonly JobStatus[]>>;
  readonly poll: (jobIds: readonly string[]) => Asked<Reply<readonly JobStatus[]>>;
  /** All jobs of the user at once, where that is cheap: the same question for every process, so that one may ask for all. */
  readonly pollAll?: Asked<Reply<readonly JobStatus[]>>;
  readonly account: (jobIds: readonly string[]) => Asked<Reply<readonly JobAccount[]>>;
  /** One question, or one for each job. */
  readonly cancel: (jobIds: readonly string[]) => readonly Asked<Reply<true>>[];
}
