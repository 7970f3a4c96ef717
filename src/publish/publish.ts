/**
 * Publishing. Comes in: a decision, its signed attestations, and the two repositories. Goes out: the image in the blessed
 * repository, byte for byte, found with its attestations; and a receipt. It never decides, never signs, never rebuilds or
 * re-encodes anything, and never gives a tag to an image whose attestations are not listed and verified there.
 */
import type { Digest } from '../base/digest.ts';

/** An attestation as the blessed repository gives it back. */
export interface PublishedAttestation {
  readonly predicateType: string;
  /** Digest of the manifest that refers to the image. */
  readonly manifest: Digest;
  /** Digest of the bundle. */
  readonly bundle: Digest;
  /** Digest of the signed statement. */
  readonly statement: Digest;
}

/** Proof of a promotion: everything in it was read back from the registry. Times are ISO 8601 UTC. */
export interface Receipt {
  /** `already-there`: nothing had to be written. */
  readonly outcome: 'promoted' | 'already-there';
  /** `registry/repository`. */
  readonly repository: string;
  readonly tag: string;
  readonly digest: Digest;
  /** What the tag named before, for going back. */
  readonly previous?: Digest;
  readonly source: { readonly repository: string; readonly tag?: string };
  /** Configuration and layers, and their size in bytes. */
  readonly blobs: { readonly count: number; readonly bytes: number };
  readonly attestations: readonly PublishedAttestation[];
  readonly policy: { readonly name: string; readonly version?: string; readonly digest?: Digest };
  readonly decidedAt: string;
  readonly promotedAt: string;
}

/** Why an image is not promoted after all: `hold` when it was moved or is gone since, `refuse` for a fault of its own. */
export interface NotPromoted {
  readonly outcome: 'hold' | 'refuse';
  readonly reason: string;
}
