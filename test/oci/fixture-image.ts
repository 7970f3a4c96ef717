/** Images made in the test: tars by tar-stream, manifests by hand. */
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { type Header, pack } from 'tar-stream';
import { digestOf } from '../../src/base/digest.ts';
import type { Descriptor, RawManifest } from '../../src/oci/descriptor.ts';
import { mediaTypes } from '../../src/oci/oci.ts';
import type { Repository } from '../../src/oci/registry.ts';
import type { LayerSource } from '../../src/oci/unpack.ts';

export type TarEntry = Partial<Header> & { readonly name: string; readonly content?: string | Buffer };

export async function tarOf(entries: readonly TarEntry[]): Promise<Buffer> {
  const packed = pack();
  for (const { content, ...header } of entries) {
    const body = header.type && !['file', 'contiguous-file'].includes(header.type) ? undefined : (content ?? '');
    if (body === undefined) packed.entry({ mtime: new Date(1e12), ...header });
    else packed.entry({ mtime: new Date(1e12), ...header }, body);
  }
  packed.finalize();
  const pieces: Buffer[] = [];
  for await (const piece of packed) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

export function layerOf(
  tar: Buffer,
  bytes: Buffer = gzipSync(tar),
  mediaType = gzipType,
): LayerSource & { bytes: Buffer } {
  const descriptor: Descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length };
  return { descriptor, diffId: digestOf(tar), bytes, open: async () => Readable.from([bytes], { objectMode: false }) };
}

const gzipType = 'application/vnd.oci.image.layer.v1.tar+gzip';

export function raw(value: unknown, mediaType: string): RawManifest {
  const bytes = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
  return { bytes, digest: digestOf(bytes), mediaType };
}

export function descriptorOf(manifest: RawManifest): Descriptor {
  return { mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.bytes.length };
}

export interface MadeImage {
  readonly manifest: RawManifest;
  readonly config: Buffer;
  readonly layers: readonly (LayerSource & { bytes: Buffer })[];
}

export async function imageOf(layers: readonly (readonly TarEntry[])[], architecture = 'amd64'): Promise<MadeImage> {
  const made = [];
  for (const entries of layers) made.push(layerOf(await tarOf(entries)));
  const config = Buffer.from(
    JSON.stringify({
      architecture,
      os: 'linux',
      config: { Env: ['PATH=/usr/bin'] },
      rootfs: { type: 'layers', diff_ids: made.map(({ diffId }) => diffId) },
    }),
  );
  const manifest = raw(
    {
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      config: { mediaType: mediaTypes.config, digest: digestOf(config), size: config.length },
      layers: made.map(({ descriptor }) => descriptor),
    },
    mediaTypes.manifest,
  );
  return { manifest, config, layers: made };
}

export async function pushImage(to: Repository, image: MadeImage, reference: string): Promise<void> {
  const config = { mediaType: mediaTypes.config, digest: digestOf(image.config), size: image.config.length };
  await to.putBlob(config, async () => Readable.from([image.config], { objectMode: false }));
  for (const layer of image.layers) await to.putBlob(layer.descriptor, layer.open);
  await to.putManifest(image.manifest, reference);
}
