/**
 * All that a gate looks at, as plain data. Every verdict in it is derived again from raw outputs by whoever builds it:
 * what a run says about itself is kept beside, to see disagreement, and never believed.
 */
import type { Digest } from '../base/digest.ts';
import type { Finding, Verdict } from '../judge/verdict.ts';
import type { RunRow } from '../store/run-record.ts';
import type { KernelStatement } from './kernels/kernel-statement.ts';

/** Stands for the digest of an image that is not known, because no run could be read. */
export const noDigest: Digest = `sha256:${'0'.repeat(64)}`;

/** The image that asks to be promoted. */
export interface Candidate {
  /** As it was asked for. */
  readonly name: string;
  /** `registry/repository` or `oci:PATH`. */
  readonly repository: string;
  readonly tag?: string;
  /** Digest of the platform's manifest: what ran, what is judged, and all that is ever promoted. */
  readonly digest: Digest;
  /** Digest that the tag named when the run began: an index's, or the same as `digest`. */
  readonly resolved: Digest;
}

/** What could not be told, with the reason. */
export interface Untold {
  readonly unknown: string;
}

/** What the candidate's tag names now. */
export type TagNow = { readonly digest: Digest } | Untold | 'not-a-tag';

/** The image that the blessed repository holds now under the tag to be given, or that was promoted last. */
export type BlessedNow = { readonly digest: Digest } | Untold | 'none';

/** A suite that ran, and the names of every case that its file, the site and the plan make of it. */
export interface SuiteEvidence {
  readonly name: string;
  readonly digest: Digest;
  readonly planned: readonly string[];
}

/** A case judged again from its raw outputs. */
export interface RejudgedCase {
  readonly name: string;
  readonly suite: string;
  readonly verdict: Verdict;
  readonly reason: string;
  readonly findings: readonly Finding[];
  /** The verdict that the run wrote down itself, where it did. */
  readonly recorded?: Verdict;
}

/** What the statistics say of one metric of one case. Only `accept` is a decided yes; `missing` was not even measured. */
export type MetricOutcome =
  | 'accept'
  | 'reject'
  | 'undecided'
  | 'no-baseline'
  | 'oversubscribed'
  | 'missing'
  | 'not-gated';

/** One metric of one case against the baseline. */
export interface PerformanceEvidence {
  readonly case: string;
  readonly metric: string;
  readonly outcome: MetricOutcome;
  /** One sentence with the numbers. */
  readonly message: string;
}

/** What was looked at to see whether a run directory is as the run left it. Each look must be there: silence proves nothing. */
export type IntegrityKind = 'journal' | 'files' | 'scheduler-record';

/**
 * Result of one such look. `altered`: bytes differ from what was written down, or a chain is broken. `missing`: something is not
 * there or could not be read. `disagrees`: the scheduler's own record tells another story. `silent`: the scheduler knows nothing.
 */
export interface IntegrityEvidence {
  readonly kind: IntegrityKind;
  readonly outcome: 'ok' | 'altered' | 'missing' | 'disagrees' | 'silent';
  /** One sentence; for `ok` what was compared. */
  readonly message: string;
  /** The files or job ids that it is about. */
  readonly where: readonly string[];
}

/** One node of the run and its fingerprints: name of the fingerprint to its digest, or why it is unknown. */
export interface NodeEvidence {
  readonly node: string;
  readonly fingerprints: Readonly<Record<string, Digest | Untold>>;
  /** `uname -r`, where it is known. */
  readonly release?: string;
  /** The lines of the kernel's fingerprint, where it is known. */
  readonly kernelLines?: readonly string[];
}

/** What was said of kernels, read with the keys that the policy trusts; or why it could not be looked up. */
export type KernelEvidence = { readonly statements: readonly KernelStatement[] } | Untold;

/** A library of the host that was brought into the container, and so was part of what passed. */
export interface InjectedLibrary {
  readonly path: string;
  readonly digest: Digest;
}

/** One run. Times are ISO 8601 UTC. */
export interface RunEvidence {
  readonly id: string;
  readonly site: string;
  readonly siteDigest: Digest;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly journalDigest: Digest;
  readonly assayVersion: string;
  readonly user: string;
  /** As the run wrote it down itself. */
  readonly outcome: RunRow['outcome'];
  /** Digest of the platform's manifest that the run's steps really ran. */
  readonly tested: Digest;
  /** The image that performance was compared with. */
  readonly baseline?: Digest;
  readonly suites: readonly SuiteEvidence[];
  readonly cases: readonly RejudgedCase[];
  readonly performance: readonly PerformanceEvidence[];
  readonly integrity: readonly IntegrityEvidence[];
  readonly nodes: readonly NodeEvidence[];
  readonly injected: readonly InjectedLibrary[];
}

/** A run directory that was given as evidence and could not be read. */
export interface UnreadableRun {
  readonly directory: string;
  readonly why: string;
}

/** The whole of it. */
export interface Evidence {
  readonly candidate: Candidate;
  readonly tagNow: TagNow;
  readonly blessedNow: BlessedNow;
  readonly runs: readonly RunEvidence[];
  readonly unreadable: readonly UnreadableRun[];
  /** Platforms (`linux/arm64`) that the resolved index holds beside the tested one; none when it is no index. */
  readonly untestedPlatforms: readonly string[] | Untold;
  /** Only where the policy asks for a blessed kernel. */
  readonly kernels?: KernelEvidence;
}
