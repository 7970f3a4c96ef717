/** Copies of images between repositories: the same bytes, never built or encoded again. */
import type { Readable } from 'node:stream';
import type { Digest } from '../base/digest.ts';
import { inParallel } from '../base/parallel.ts';
import type { Descriptor, RawManifest } from './descriptor.ts';
import { manifestInvalid, notFound, tagMoved } from './errors.ts';
import { readManifest } from './manifest.ts';
import type { Repository } from './registry.ts';

/** One thing that was copied or found to be there. */
export interface CopyStep {
  readonly what: 'blob' | 'manifest' | 'tag';
  readonly how: 'present' | 'mounted' | 'uploaded' | 'written';
  readonly digest: Digest;
  readonly size: number;
}

/** How to copy. */
export interface CopyOptions {
  /** Tag to set on the copy, last of all; without one the copy is found by digest only. */
  readonly tag?: string;
  readonly onProgress?: (step: CopyStep) => void;
}

/** What a copy did. */
export interface CopyReceipt {
  readonly digest: Digest;
  readonly steps: readonly CopyStep[];
}

const deepest = 4;

/**
 * Copies a manifest or an index with all its parts, parts first, and sets the tag at the end. What is there already is
 * left: a second copy does nothing. OCI_TAG_MOVED when the tag, read back, is not the copy.
 */
export async function copyImage(
  from: Repository,
  to: Repository,
  manifest: RawManifest,
  options: CopyOptions = {},
): Promise<CopyReceipt> {
  const steps: CopyStep[] = [];
  const note = (step: CopyStep): void => {
    steps.push(step);
    options.onProgress?.(step);
  };
  const { tag } = options;
  await copyTree(from, to, manifest, tag === undefined ? 'by-digest' : 'parts-only', note, 0);
  if (tag !== undefined) {
    const { digest, bytes } = manifest;
    const there = (await to.manifest(tag))?.digest === digest;
    if (!there) {
      await to.putManifest(manifest, tag);
      const now = (await to.manifest(tag))?.digest;
      if (now !== digest)
        throw tagMoved(
          `${to.name}:${tag} is ${now ?? 'not there'} right after ${digest} was written to it`,
          'another writer moved the tag: let one promotion at a time work on it, then run again',
        );
    }
    note({ what: 'tag', how: there ? 'present' : 'written', digest, size: bytes.length });
  }
  return { digest: manifest.digest, steps };
}

async function copyTree(
  from: Repository,
  to: Repository,
  manifest: RawManifest,
  finish: 'by-digest' | 'parts-only',
  note: (step: CopyStep) => void,
  depth: number,
): Promise<void> {
  const { digest, bytes } = manifest;
  const where = `${from.name}@${digest}`;
  if (depth > deepest)
    throw manifestInvalid(
      `${where} holds indexes within indexes, more than ${deepest} deep`,
      'copy its parts by digest',
    );
  if (finish === 'by-digest' && (await to.manifest(digest))) {
    note({ what: 'manifest', how: 'present', digest, size: bytes.length });
    return;
  }
  const read = readManifest(manifest, where);
  if (read.kind === 'index') {
    for (const child of read.index.manifests) {
      const part = await from.manifest(child.digest);
      if (!part)
        throw notFound(
          `${where} names ${child.digest}, which is not in ${from.name}`,
          'push the index anew with all its parts',
        );
      await copyTree(from, to, part, 'by-digest', note, depth + 1);
    }
  } else {
    const blobs = new Map([read.manifest.config, ...read.manifest.layers].map((blob) => [blob.digest, blob]));
    await inParallel(blobs.values(), 3, async (blob) => note(await copyBlob(from, to, blob)));
  }
  if (finish === 'parts-only') return;
  await to.putManifest(manifest, digest);
  note({ what: 'manifest', how: 'written', digest, size: bytes.length });
}

async function copyBlob(from: Repository, to: Repository, blob: Descriptor): Promise<CopyStep> {
  const step = { what: 'blob', digest: blob.digest, size: blob.size } as const;
  if ((await to.blobSize(blob.digest)) !== undefined) return { ...step, how: 'present' };
  // Layers that may not be passed on ("nondistributable", "foreign") need not be in any registry.
  if (/nondistributable|foreign/.test(blob.mediaType) && (await from.blobSize(blob.digest)) === undefined)
    return { ...step, how: 'present' };
  if (await to.mountBlob(blob, from)) return { ...step, how: 'mounted' };
  await to.putBlob(blob, (): Promise<Readable> => from.blob(blob));
  return { ...step, how: 'uploaded' };
}
