/** A repository in memory, for tests: it counts writes, can fail at any call, and can behave as several registries do. */
import { Readable } from 'node:stream';
import { type Digest, digestOf, isDigest } from '../../src/base/digest.ts';
import type { Descriptor, RawManifest } from '../../src/oci/descriptor.ts';
import { readAll } from '../../src/oci/descriptor.ts';
import { digestMismatch, notFound, refused } from '../../src/oci/errors.ts';
import { readManifest } from '../../src/oci/manifest.ts';
import { fallbackTag } from '../../src/oci/referrers.ts';
import type { Repository } from '../../src/oci/registry.ts';

/** How the registry behind it behaves. */
export interface Behaviour {
  /** `listing`: has the referrers API and says so; `quiet`: has it and does not say so (Quay); `none`: fallback tag only. */
  readonly referrers: 'listing' | 'quiet' | 'none';
  /** Whether a tag, once given, refuses every further write. */
  readonly tags: 'mutable' | 'immutable';
}

/** The repository with what tests look at and spoil. */
export interface MemoryRepository extends Repository {
  readonly blobs: Map<Digest, Buffer>;
  readonly manifests: Map<Digest, RawManifest>;
  readonly named: Map<string, Digest>;
  /** Calls that changed something, in order. */
  readonly writes: string[];
  /** Called before (`at` 'before') and after each call with its name; may throw. */
  hook: (call: string, at: 'before' | 'after') => void;
}

export function memoryRepository(
  name: string,
  behaviour: Behaviour = { referrers: 'listing', tags: 'mutable' },
): MemoryRepository {
  const blobs = new Map<Digest, Buffer>();
  const manifests = new Map<Digest, RawManifest>();
  const named = new Map<string, Digest>();
  const writes: string[] = [];
  const hooked = async <T>(call: string, work: () => T | Promise<T>): Promise<T> => {
    repository.hook(call, 'before');
    const result = await work();
    repository.hook(call, 'after');
    return result;
  };
  const manifestOf = (reference: string): RawManifest | undefined => {
    const digest = isDigest(reference) ? reference : named.get(reference);
    return digest && manifests.get(digest);
  };
  const listed = (subject: Digest): readonly Descriptor[] =>
    [...manifests.values()]
      .filter((raw) => {
        const read = readManifest(raw, name);
        return (read.kind === 'image' ? read.manifest : read.index).subject?.digest === subject;
      })
      .map(({ digest, mediaType, bytes }) => ({ digest, mediaType, size: bytes.length }));
  const repository: MemoryRepository = {
    name,
    blobs,
    manifests,
    named,
    writes,
    hook: () => {},
    manifest: (reference) => hooked('manifest', () => manifestOf(reference)),
    blobSize: (digest) => hooked('blobSize', () => blobs.get(digest)?.length),
    blob: (descriptor) =>
      hooked('blob', () => {
        const bytes = blobs.get(descriptor.digest);
        if (!bytes) throw notFound(`${name} lacks ${descriptor.digest}`, 'push it');
        return Readable.from([bytes]);
      }),
    putBlob: (descriptor, open) =>
      hooked('putBlob', async () => {
        if (blobs.has(descriptor.digest)) return;
        const bytes = (await readAll(await open(), 1e9)) ?? Buffer.alloc(0);
        if (digestOf(bytes) !== descriptor.digest) throw digestMismatch('blob', 'again');
        blobs.set(descriptor.digest, bytes);
        writes.push(`blob ${descriptor.digest}`);
      }),
    mountBlob: async () => false,
    putManifest: (raw, reference) =>
      hooked(isDigest(reference) ? 'putManifest' : 'putTag', () => {
        const read = readManifest(raw, name);
        const parts = read.kind === 'image' ? [read.manifest.config, ...read.manifest.layers] : [];
        for (const { digest } of parts) if (!blobs.has(digest)) throw refused('MANIFEST_BLOB_UNKNOWN', 'push it');
        if (!isDigest(reference)) {
          if (behaviour.tags === 'immutable' && named.has(reference) && !reference.startsWith('sha256-'))
            throw refused('409 TAG_IMMUTABLE', 'look first');
          named.set(reference, raw.digest);
        }
        manifests.set(raw.digest, raw);
        writes.push(`${isDigest(reference) ? 'manifest' : 'tag'} ${reference}`);
        return { subjectSeen: behaviour.referrers === 'listing' };
      }),
    tags: async () => [...named.keys()],
    referrers: (subject) =>
      hooked('referrers', () => {
        const fallback = manifestOf(fallbackTag(subject));
        const read = fallback && readManifest(fallback, name);
        const entries = read?.kind === 'index' ? read.index.manifests : [];
        return behaviour.referrers === 'none' ? entries : [...listed(subject), ...entries];
      }),
  };
  return repository;
}

/** Puts an image of two layers there under a tag; returns its manifest. */
export async function pushImage(
  repository: MemoryRepository,
  tag: string,
  options: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  } = {},
): Promise<RawManifest> {
  const put = (mediaType: string, text: string): Descriptor => {
    const bytes = Buffer.from(text);
    repository.blobs.set(digestOf(bytes), bytes);
    return { mediaType, digest: digestOf(bytes), size: bytes.length };
  };
  const config = put(
    'application/vnd.oci.image.config.v1+json',
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      config: { Labels: options.labels ?? null },
      rootfs: { diff_ids: [] },
    }),
  );
  const layers = ['one', 'two', 'one'].map((text) => put('application/vnd.oci.image.layer.v1.tar', `${tag} ${text}`));
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  // Spaces on purpose: bytes that no encoder would give again must come through as they are.
  const bytes = Buffer.from(
    JSON.stringify(
      { schemaVersion: 2, mediaType, config, layers, ...(options.annotations && { annotations: options.annotations }) },
      null,
      3,
    ),
  );
  const raw = { bytes, digest: digestOf(bytes), mediaType };
  repository.manifests.set(raw.digest, raw);
  repository.named.set(tag, raw.digest);
  return raw;
}
