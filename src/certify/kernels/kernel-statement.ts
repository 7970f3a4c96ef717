/** What is said of kernels: blessings, revocations, and files that do not count. Types alone. */
import type { Digest } from '../../base/digest.ts';

/** What a blessing says of the kernel. Times are ISO 8601 UTC. */
export interface BlessingPredicate {
  readonly site: string;
  /** For people: the same kernel is blessed on every partition of the site. */
  readonly partition: string;
  /** `uname -r`, for people. */
  readonly release: string;
  /** The lines that the fingerprint is the digest of, so that it can be read and computed again. */
  readonly lines: readonly string[];
  /** What was tested on it. */
  readonly evidence: {
    readonly run: string;
    readonly journal: Digest;
    readonly image: Digest;
    readonly suites: readonly { readonly name: string; readonly digest: Digest }[];
    readonly nodes: readonly string[];
  };
  readonly by: string;
  readonly from: string;
  readonly until: string;
  readonly reason: string;
}

/** What a revocation says. `at` is ISO 8601 UTC: every blessing made until then is void. */
export interface RevocationPredicate {
  readonly by: string;
  readonly at: string;
  readonly reason: string;
}

/** What every verified statement has. */
interface Signed {
  readonly file: string;
  /** Of the bundle's bytes. */
  readonly digest: Digest;
  /** Name of the key that signed it. */
  readonly key: string;
  /** base64(SHA-256(SPKI DER)) of that key. */
  readonly hint: string;
  readonly fingerprint: Digest;
}

/** A verified blessing. */
export type Blessing = Signed & BlessingPredicate & { readonly kind: 'blessing' };

/** A verified revocation. */
export type Revocation = Signed & RevocationPredicate & { readonly kind: 'revocation' };

/**
 * A file that does not count. `untrusted`: signed by a key that is not trusted. `altered`: it names a trusted key and its
 * signature does not fit. `unreadable`: anything else. `claims` is what it says of itself, for people alone.
 */
export interface Discounted {
  readonly kind: 'untrusted' | 'altered' | 'unreadable';
  readonly file: string;
  readonly why: string;
  readonly claims?: { readonly fingerprint: Digest; readonly kind: string; readonly release?: string };
}

/** What a file of the blessings came to. */
export type KernelStatement = Blessing | Revocation | Discounted;
