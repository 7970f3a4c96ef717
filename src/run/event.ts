/** What a journal holds: only what cannot be computed again. Verdicts are not here; they are derived. */
import type { Digest } from '../base/digest.ts';
import type { Image } from '../image/image.ts';
import type { JobState } from '../launch/scheduler.ts';
import type { HostMount } from '../site/mounts.ts';
import type { PlannedAllocation } from './plan.ts';

/** A file that a step or the companion left, relative to the run directory. */
export interface KeptFile {
  readonly path: string;
  readonly digest: Digest;
  readonly size: number;
}

/** GitLab's own account of the pipeline, by its predefined variables. */
export interface CiVariables {
  readonly server: string;
  readonly project: string;
  readonly commit: string;
  readonly ref: string;
  readonly pipeline: string;
  readonly job: string;
  readonly user: string;
}

/** A mount that the site declares, as the host that began the run saw its source. */
export interface OpenedMount extends HostMount {
  /** Of a file. */
  readonly digest?: Digest;
  /** How many libraries it puts into the container: itself, or those directly in the folder; left out when there are none. */
  readonly libraries?: number;
  /** What could not be looked at, and why. */
  readonly untold?: string;
}

/** The beginning of a run: what is tested, with what, where, by whom. */
export interface Opened {
  readonly type: 'opened';
  readonly run: string;
  readonly assay: string;
  readonly user: string;
  readonly host: string;
  readonly site: { readonly name: string; readonly digest: Digest };
  readonly partition: string;
  /** What every container of the run sees of the host beside its inputs; left out by an Assay that knew no mounts. */
  readonly mounts?: readonly OpenedMount[];
  /** Digest over image, suites, site and partition: a later pipeline adopts an unfinished run with an equal one. */
  readonly key: Digest;
  readonly image: Image;
  /** The unpacked tree that the nodes see. */
  readonly tree: { readonly root: string; readonly digest: Digest; readonly added: readonly string[] };
  readonly suites: readonly { readonly name: string; readonly digest: Digest }[];
  /** Process-management interface chosen by preflight, and why. */
  readonly mpi: { readonly choice: string; readonly why: string };
  /** Secret of the collector's frames: what a node prints without it is never a fact. */
  readonly nonce: string;
  readonly ci?: CiVariables;
}

/** One thing that happened. */
export type EventBody =
  | Opened
  | {
      /** Another CI job than the one that opened the run drives it from here on. */
      readonly type: 'driver';
      readonly ci: CiVariables;
    }
  | {
      readonly type: 'planned';
      readonly allocations: readonly PlannedAllocation[];
      readonly skips: readonly { readonly case: string; readonly why: string }[];
    }
  | {
      readonly type: 'tree';
      readonly when: 'before' | 'after';
      readonly digest: Digest;
      readonly altered: readonly string[];
      readonly missing: readonly string[];
    }
  | { readonly type: 'submitting'; readonly allocation: string; readonly key: string; readonly script: Digest }
  | {
      readonly type: 'submitted';
      readonly allocation: string;
      readonly job: string;
      readonly how: 'answered' | 'adopted';
    }
  | {
      readonly type: 'job';
      readonly allocation: string;
      readonly job: string;
      readonly state: JobState;
      readonly word: string;
      readonly nodes: string;
      readonly reason: string;
    }
  | {
      readonly type: 'step';
      readonly allocation: string;
      readonly step: string;
      readonly case: string;
      readonly exit: number;
      readonly began: number;
      readonly ended: number;
      readonly files: readonly KeptFile[];
      /** Files and folders that it left and that cannot be read, from the run directory. */
      readonly unread?: readonly string[];
      /** srun could not start it, or lost nodes under it, whatever its status: the nodes that it names. */
      readonly lost?: readonly string[];
    }
  | { readonly type: 'companion'; readonly allocation: string; readonly files: readonly KeptFile[] }
  | { readonly type: 'allocation-ended'; readonly allocation: string; readonly state: JobState; readonly why: string }
  | {
      readonly type: 'interrupted';
      readonly signal: string;
      readonly action: 'cancel' | 'leave';
      readonly jobs: readonly string[];
    }
  | {
      readonly type: 'held';
      readonly why: string;
      readonly action: 'cancel' | 'leave';
      readonly jobs: readonly string[];
    }
  | { readonly type: 'finished' };

/** An event with its place in the journal: when, and the digest of the line before it. */
export type Event = EventBody & { readonly seq: number; readonly time: string; readonly prev: Digest };
