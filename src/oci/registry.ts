/** Where images are: one repository of a registry, or a layout on disk. Both give the same few verbs. */
import type { Readable } from 'node:stream';
import type { Digest } from '../base/digest.ts';
import type { Descriptor, RawManifest } from './descriptor.ts';

/**
 * One repository. Errors are HarnessErrors (OCI_…) whose hint names registry, repository and the credential file used,
 * never the credential.
 */
export interface Repository {
  /** `registry/repository` or `oci:PATH`, for messages. */
  readonly name: string;
  /** The manifest or index a tag or digest names, or undefined when there is none. Checked against the digest asked for. */
  readonly manifest: (reference: string) => Promise<RawManifest | undefined>;
  /** Size of a blob, or undefined when it is not there. */
  readonly blobSize: (digest: Digest) => Promise<number | undefined>;
  /** A blob's bytes; the stream fails (never ends cleanly) when their length or digest is not the descriptor's. */
  readonly blob: (descriptor: Descriptor) => Promise<Readable>;
  /** Uploads a blob unless it is there already. */
  readonly putBlob: (descriptor: Descriptor, open: () => Promise<Readable>) => Promise<void>;
  /** Asks the registry to link a blob from a sister repository; false when it wants an upload instead. */
  readonly mountBlob: (descriptor: Descriptor, from: Repository) => Promise<boolean>;
  /** Puts a manifest under its digest or under a tag; answers whether the registry said OCI-Subject. */
  readonly putManifest: (manifest: RawManifest, reference: string) => Promise<{ readonly subjectSeen: boolean }>;
  readonly tags: () => Promise<readonly string[]>;
  /** Manifests whose subject is this digest: the union of the referrers API and the fallback tag `sha256-<hex>`. */
  readonly referrers: (subject: Digest) => Promise<readonly Descriptor[]>;
}
