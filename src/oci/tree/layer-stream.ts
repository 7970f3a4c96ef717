/** A layer's bytes: from the blob to tar, decompressed, with the digest of what comes out checked. */
import { createHash } from 'node:crypto';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Digest } from '../../base/digest.ts';
import { showBytes } from '../../base/quantity.ts';
import { digestMismatch, layerInvalid, layerTooLarge } from '../errors.ts';
import { unzstd } from './zstd.ts';

// image-spec v1.1 layer.md and Docker's names of the same.
const layerType =
  /^application\/vnd\.(oci\.image\.layer\.(nondistributable\.)?v1\.tar(\+(gzip|zstd))?|docker\.image\.rootfs\.(foreign\.)?diff\.tar(\.(gzip|zstd))?)$/;

/** Refuses what is no layer, by its media type: OCI_LAYER_INVALID. */
export function assertLayerType(mediaType: string, where: string): void {
  if (layerType.test(mediaType)) return;
  const hint = mediaType.includes('encrypted')
    ? 'push the image without encryption to a repository that only its users can read'
    : 'push the image with layers of tar, gzip or zstd';
  throw layerInvalid(`${where} is of the type ${JSON.stringify(mediaType)}, which cannot be unpacked`, hint);
}

/** Counts what all layers of an image unpack to. */
export interface ByteBudget {
  readonly spend: (bytes: number) => void;
}

/** A budget of so many bytes; beyond it OCI_LAYER_TOO_LARGE. */
export function byteBudget(limit: number): ByteBudget {
  let spent = 0;
  return {
    spend: (bytes) => {
      spent += bytes;
      if (spent > limit)
        throw layerTooLarge(
          `the layers unpack to more than ${showBytes(limit)}`,
          'raise the limit if the image is really that large; a small image that does so is a bomb',
        );
    },
  };
}

/**
 * The tar inside a layer. How it is compressed is seen from its first bytes: media types are often wrong there. Ends
 * with OCI_DIGEST_MISMATCH when the tar is not the one of `diffId` (image-spec config.md, "Layer DiffID").
 */
export async function* layerTar(
  blob: Readable,
  diffId: Digest,
  budget: ByteBudget,
  where: string,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  for await (const piece of await decompressed(blob, where)) {
    budget.spend(piece.length);
    hash.update(piece);
    yield piece;
  }
  const digest: Digest = `sha256:${hash.digest('hex')}`;
  if (digest !== diffId)
    throw digestMismatch(
      `${where} unpacks to ${digest}, but the image's configuration names ${diffId}`,
      'push the image anew; its layers and its configuration do not belong together',
    );
}

async function decompressed(blob: Readable, where: string): Promise<AsyncIterable<Uint8Array>> {
  const pieces = blob[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  let head: Uint8Array = new Uint8Array(0);
  while (head.length < 6) {
    const { done, value } = await pieces.next();
    if (done) break;
    head = Buffer.concat([head, value]);
  }
  const all = withHead(head, pieces);
  const magic = Buffer.from(head.subarray(0, 6)).toString('hex');
  if (magic.startsWith('1f8b')) return gunzipped(all);
  if (magic.startsWith('28b52ffd') || /^5[0-9a-f]2a4d18/.test(magic)) return unzstd(all);
  if (magic.startsWith('425a68') || magic.startsWith('fd377a585a'))
    throw layerInvalid(
      `${where} is compressed with bzip2 or xz, which no runtime must read`,
      'push it with gzip or zstd',
    );
  return all;
}

async function* withHead(head: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    if (head.length > 0) yield head;
    for (;;) {
      const { done, value } = await rest.next();
      if (done) return;
      yield value;
    }
  } finally {
    await rest.return?.();
  }
}

function gunzipped(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  // The error comes out of the last stream, where it is read.
  return pipeline(Readable.from(bytes, { objectMode: false }), createGunzip({ chunkSize: 256 * 1024 }), () => {});
}
