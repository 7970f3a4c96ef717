/** OCI content descriptors, manifests and indexes (image-spec v1.1 descriptor.md, manifest.md, image-index.md). */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Digest } from '../base/digest.ts';
import { digestMismatch } from './errors.ts';

/** What points at bytes: their type, digest and length. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: Platform;
}

/** A platform of an index entry. */
export interface Platform {
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string;
}

/** An image manifest as used; members not named here are kept in the raw bytes only. */
export interface Manifest {
  readonly schemaVersion: 2;
  readonly mediaType?: string;
  readonly artifactType?: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** An image index. */
export interface Index {
  readonly schemaVersion: 2;
  readonly mediaType?: string;
  readonly artifactType?: string;
  readonly manifests: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A manifest or index with the exact bytes the registry gave: digests are taken over these and nothing is re-encoded. */
export interface RawManifest {
  readonly bytes: Buffer;
  readonly digest: Digest;
  readonly mediaType: string;
}

/**
 * The same bytes, checked on their way: the stream fails with OCI_DIGEST_MISMATCH, and never ends cleanly, when length
 * or digest is not the descriptor's. It stops as soon as too many bytes came. `where` names the source in messages.
 */
export function verified(bytes: AsyncIterable<Uint8Array>, descriptor: Descriptor, where: string): Readable {
  return Readable.from(checkedPieces(bytes, descriptor, where), { objectMode: false });
}

async function* checkedPieces(
  bytes: AsyncIterable<Uint8Array>,
  descriptor: Descriptor,
  where: string,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let length = 0;
  for await (const piece of bytes) {
    length += piece.length;
    if (length > descriptor.size) break;
    hash.update(piece);
    yield piece;
  }
  const hint = 'try again; if it stays, the image there is damaged or was tampered with: push it anew';
  if (length !== descriptor.size) {
    const got = length > descriptor.size ? 'more' : `only ${length}`;
    throw digestMismatch(`${descriptor.digest} of ${where}: ${descriptor.size} bytes expected, ${got} came`, hint);
  }
  const digest: Digest = `sha256:${hash.digest('hex')}`;
  if (digest !== descriptor.digest)
    throw digestMismatch(`${where} gave bytes of ${digest} for ${descriptor.digest}`, hint);
}

/** All bytes of a stream, refusing more than `limit`: undefined then. */
export async function readAll(bytes: AsyncIterable<Uint8Array>, limit: number): Promise<Buffer | undefined> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of bytes) {
    length += piece.length;
    if (length > limit) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
