/** One run as the store keeps it: the whole of it, flat, ready for tables. */
import type { Digest } from '../base/digest.ts';
import type { Limit } from '../inspect/cgroup-limits.ts';
import type { UnknownWhy } from '../inspect/facts.ts';
import type { LibraryRole } from '../inspect/ranks/library-role.ts';
import type { Verdict } from '../judge/verdict.ts';

/** Where in CI a run was started, from GitLab's predefined variables; absent outside CI. */
export interface CiContext {
  readonly server: string;
  readonly project: string;
  readonly commit: string;
  readonly ref: string;
  readonly pipeline: string;
  readonly job: string;
  readonly user: string;
}

/** A run of one or more suites for one image on one site. Times are ISO 8601 UTC. */
export interface RunRow {
  readonly id: string;
  readonly startedAt: string;
  readonly endedAt: string;
  /** `accepted` = every case passed; `rejected` = a proven fault; `unproven` = neither; `interrupted` = not ended. */
  readonly outcome: 'accepted' | 'rejected' | 'unproven' | 'interrupted';
  readonly directory: string;
  readonly site: string;
  readonly siteDigest: Digest;
  readonly planDigest: Digest;
  readonly journalDigest: Digest;
  readonly assayVersion: string;
  readonly user: string;
  readonly host: string;
  readonly account?: string;
  readonly ci?: CiContext;
}

/** The image a run tested. */
export interface ImageRow {
  readonly name: string;
  readonly digest: Digest;
  readonly resolved: Digest;
  readonly config: Digest;
  readonly architecture: string;
  readonly mpiFamily?: string;
  readonly mpiAbi?: string;
  readonly mpiVersion?: string;
  readonly layers: readonly { readonly digest: Digest; readonly size: number }[];
  readonly packages: readonly { readonly manager: string; readonly name: string; readonly version: string }[];
}

/** A path of the host that every container of a run saw, as the site declared it. */
export interface MountRow {
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
  /** Of a file, as the host that began the run had it; absent for a folder, or where it could not be read there. */
  readonly digest?: Digest;
}

/** One Slurm job (or local process) that held nodes. */
export interface AllocationRow {
  readonly id: string;
  readonly scheduler: string;
  readonly jobId: string;
  readonly partition: string;
  readonly state: string;
  readonly nodes: readonly string[];
  readonly scriptDigest: Digest;
  readonly submittedAt?: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
}

/** One case with its verdict. */
export interface CaseRow {
  readonly name: string;
  readonly id: Digest;
  readonly suite: string;
  readonly test: string;
  readonly parameters: Readonly<Record<string, string | number>>;
  readonly allocation?: string;
  readonly nodes: number;
  readonly ranks: number;
  readonly runtime: string;
  readonly mpi: string;
  readonly launchDigest?: Digest;
  /**
   * Variables that its program was started with, by name; absent when it was not launched, or stored by an Assay before
   * form 2. Those that name the run or the case itself are left out.
   */
  readonly environment?: Readonly<Record<string, string>>;
  readonly seconds?: number;
  readonly verdict: Verdict;
  readonly reason: string;
}

/** A finding of one case, named by the case's name. */
export interface FindingRow {
  readonly case: string;
  readonly check: string;
  readonly kind: string;
  readonly verdict: Verdict;
  readonly message: string;
  /** What was computed, what against, for machines. */
  readonly data?: Readonly<Record<string, number | string | boolean | null>>;
}

/** An observation of one case; `number` or `text` is there, never both. */
export interface ObservationRow {
  readonly case: string;
  readonly name: string;
  readonly number?: number;
  readonly text?: string;
  readonly unit: string;
  readonly better?: 'higher' | 'lower';
  readonly file: string;
  readonly line: number;
}

/** A fact of one node; `value` or `unknown` is there. */
export interface FactRow {
  readonly node: string;
  readonly group: string;
  readonly key: string;
  readonly value?: string;
  readonly unknown?: UnknownWhy;
  readonly why?: string;
  readonly source: string;
}

/** A library that a rank had loaded. Whether it is the image's or the host's, and its digest, where the node could tell. */
export interface LoadedLibrary {
  readonly path: string;
  readonly origin?: 'image' | 'host';
  readonly digest?: Digest;
  /** What it is to the rank; absent for what is none of these, or stored by an Assay before form 4. */
  readonly role?: LibraryRole;
  /** The rank had let it go when it was looked at for the last time. */
  readonly released?: true;
}

/** A rank as seen from outside while it ran. */
export interface RankRow {
  readonly case: string;
  readonly rank: number;
  readonly node: string;
  readonly uid?: number;
  readonly userNamespace?: string;
  readonly hostUserNamespace?: string;
  readonly executable?: string;
  /** Processors and memory nodes that it might use when last looked at, as kernel lists: `0-3,8`. */
  readonly processors?: string;
  readonly memoryNodes?: string;
  /** Its cgroups but for the topmost ones, as `memory:/slurm/job_7`; empty when all are topmost. */
  readonly cgroups?: string;
  /** Least limits of its cgroups and those above: bytes of memory, processors' worth of time. */
  readonly memoryLimit?: Limit;
  readonly processorLimit?: Limit;
  /** Processors of its innermost cpuset. */
  readonly cgroupProcessors?: string;
  /** For a second before the last look at it nothing of it had changed; if not, it may have been about to load more. */
  readonly settled?: true;
  readonly libraries: readonly LoadedLibrary[];
  readonly why?: string;
}

/**
 * What is to be said of how a case really ran, beside its verdict. `seen`: of which ranks nothing is known; `preflight`: what
 * is otherwise than it foretold; `difference`: in what its ranks differ; `transport-loaded` and `transport-in-use`: the ways
 * that messages could go, and the one they went. What is not known begins with `unknown: `.
 */
export interface NoteRow {
  readonly case: string;
  readonly about: 'seen' | 'preflight' | 'difference' | 'transport-loaded' | 'transport-in-use';
  readonly text: string;
}

/** An output file of a case, with its digest. */
export interface FileRow {
  readonly case: string;
  readonly path: string;
  readonly digest: Digest;
  readonly size: number;
}

/** All of one run. */
export interface RunRecord {
  readonly run: RunRow;
  readonly image: ImageRow;
  readonly suites: readonly { readonly name: string; readonly digest: Digest }[];
  /** Absent when there were none. */
  readonly mounts?: readonly MountRow[];
  readonly allocations: readonly AllocationRow[];
  readonly cases: readonly CaseRow[];
  readonly findings: readonly FindingRow[];
  readonly observations: readonly ObservationRow[];
  readonly facts: readonly FactRow[];
  readonly ranks: readonly RankRow[];
  readonly notes: readonly NoteRow[];
  readonly files: readonly FileRow[];
}
