/** The kernels that the runs of an evidence were made on, one entry for each, and where it stands. */
import type { Digest } from '../../base/digest.ts';
import type { Evidence, RunEvidence } from '../evidence.ts';
import { type KernelStanding, kernelStanding } from './kernels.ts';

/** Nodes of one run that ran one kernel; or whose kernel is not known, with the reason. */
export interface KernelOfRun {
  readonly run: string;
  readonly site: string;
  readonly nodes: readonly string[];
  readonly fingerprint: Digest | { readonly unknown: string };
  readonly release?: string;
  readonly lines?: readonly string[];
}

/**
 * A blessed kernel as an attestation names it: its fingerprint, the digest of the blessing's file, the hint of the key that
 * signed it (a policy's digest covers the names of its key files, not what is in them), and its end.
 */
export interface BlessedKernel {
  readonly fingerprint: Digest;
  readonly blessing: Digest;
  readonly key: string;
  readonly until: string;
}

/** The kernels of a run, in the order of its nodes. */
export function kernelsOf({ id, site, nodes }: RunEvidence): readonly KernelOfRun[] {
  const groups = new Map<string, KernelOfRun>();
  for (const { node, fingerprints, release, kernelLines } of nodes) {
    const fingerprint = fingerprints.kernel ?? { unknown: 'no kernel was asked for' };
    const key = typeof fingerprint === 'string' ? fingerprint : fingerprint.unknown;
    const group = groups.get(key);
    groups.set(key, {
      run: id,
      site,
      nodes: [...new Set([...(group?.nodes ?? []), node])],
      fingerprint,
      ...(release !== undefined && { release }),
      ...(kernelLines && { lines: kernelLines }),
    });
  }
  return [...groups.values()];
}

/** Where a kernel of a run stands at `now`; undefined when its fingerprint, or what was said of it, is not known. */
export function standingOf({ kernels }: Evidence, kernel: KernelOfRun, now: string): KernelStanding | undefined {
  const { fingerprint, site } = kernel;
  if (!kernels || 'unknown' in kernels || typeof fingerprint !== 'string') return undefined;
  return kernelStanding(fingerprint, site, kernels.statements, now);
}

/** The blessings that all runs rest on, by fingerprint; undefined as soon as one node has none in force. */
export function blessedKernels(evidence: Evidence, now: string): readonly BlessedKernel[] | undefined {
  const found = new Map<Digest, BlessedKernel>();
  for (const kernel of evidence.runs.flatMap(kernelsOf)) {
    const standing = standingOf(evidence, kernel, now);
    if (standing?.status !== 'blessed' || !standing.blessing) return undefined;
    const { fingerprint, blessing } = standing;
    found.set(fingerprint, { fingerprint, blessing: blessing.digest, key: blessing.hint, until: blessing.until });
  }
  return [...found.values()].sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1));
}
