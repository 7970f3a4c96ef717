/** Every kernel that is known of a site: where it stands, and the nodes that ran it when they were seen last. Pure. */
import type { Digest } from '../../base/digest.ts';
import type { Discounted, KernelStatement } from './kernel-statement.ts';
import { type KernelStanding, type KernelStatus, kernelStanding } from './kernels.ts';
import { claimedFingerprint } from './read-statement.ts';

/** A node as it was seen last. */
export interface SeenNode {
  readonly node: string;
  readonly run: string;
  /** When that run began, ISO 8601 UTC. */
  readonly at: string;
  readonly release?: string;
  /** Its kernel, or why that is not known. */
  readonly kernel: Digest | { readonly unknown: string };
}

/** A kernel with its nodes. */
export interface KnownKernel extends KernelStanding {
  readonly release?: string;
  readonly nodes: readonly SeenNode[];
}

/** All of it, what needs attention first. */
export interface Census {
  readonly kernels: readonly KnownKernel[];
  /** Nodes whose kernel has no fingerprint. */
  readonly unknown: readonly SeenNode[];
  /** Files that do not count. */
  readonly discounted: readonly Discounted[];
}

/** From what needs attention most to what needs none. */
const byAttention: readonly KernelStatus[] = [
  'revoked',
  'altered',
  'untrusted',
  'unknown',
  'elsewhere',
  'expired',
  'not-yet',
  'blessed',
];

/** Brings statements and nodes together at `now` (ISO 8601 UTC). */
export function census(
  site: string,
  statements: readonly KernelStatement[],
  nodes: readonly SeenNode[],
  now: string,
): Census {
  const prints = new Set([
    ...statements.flatMap((one) => claimedFingerprint(one) ?? []),
    ...nodes.flatMap(({ kernel }) => (typeof kernel === 'string' ? [kernel] : [])),
  ]);
  const kernels = [...prints].sort().map((print): KnownKernel => {
    const running = nodes.filter(({ kernel }) => kernel === print);
    const release = running[0]?.release ?? releaseOf(print, statements);
    const standing = kernelStanding(print, site, statements, now);
    return { ...standing, ...(release !== undefined && { release }), nodes: running };
  });
  return {
    kernels: kernels.sort((a, b) => attention(a) - attention(b) || endOf(a) - endOf(b)),
    unknown: nodes.filter(({ kernel }) => typeof kernel !== 'string'),
    discounted: statements.filter((one) => one.kind !== 'blessing' && one.kind !== 'revocation'),
  };
}

/** A kernel that no node runs can wait, whatever is wrong with it. */
function attention({ status, nodes }: KnownKernel): number {
  return byAttention.indexOf(status) + (nodes.length > 0 || status === 'blessed' ? 0 : byAttention.length);
}

/** What ends sooner comes first. */
function endOf({ blessing }: KnownKernel): number {
  return blessing ? Date.parse(blessing.until) : 0;
}

/** The release that a statement names: a signed one where there is one. */
function releaseOf(print: Digest, statements: readonly KernelStatement[]): string | undefined {
  const signed = statements.find((one) => one.kind === 'blessing' && one.fingerprint === print);
  if (signed?.kind === 'blessing') return signed.release;
  const claimed = statements.find((one) => 'claims' in one && one.claims?.fingerprint === print);
  return claimed && 'claims' in claimed ? claimed.claims?.release : undefined;
}
