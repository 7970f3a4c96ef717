/** What refers to an image: attestations, signatures, bills of materials (distribution-spec v1.1, "Referrers"). */
import type { Readable } from 'node:stream';
import { type Digest, digestOf, hexOf } from '../base/digest.ts';
import type { Descriptor, Index, RawManifest } from './descriptor.ts';
import { manifestInvalid, manifestUnsupported, refused } from './errors.ts';
import { readManifest } from './manifest.ts';
import { mediaTypes } from './oci.ts';
import type { Repository } from './registry.ts';

/** The tag under which a registry without the referrers API keeps the list ("Referrers Tag Schema"). */
export function fallbackTag(subject: Digest): string {
  return `sha256-${hexOf(subject)}`;
}

/** Entries of several lists, each digest once; the first list's entry stays. */
export function mergeReferrers(...lists: readonly (readonly Descriptor[])[]): readonly Descriptor[] {
  const byDigest = new Map<Digest, Descriptor>();
  for (const entry of lists.flat()) if (!byDigest.has(entry.digest)) byDigest.set(entry.digest, entry);
  return [...byDigest.values()];
}

/** A blob to be uploaded with a manifest. */
export interface AttachedBlob {
  readonly descriptor: Descriptor;
  readonly open: () => Promise<Readable>;
}

/** How the new referrer can be found. */
export interface Attached {
  readonly descriptor: Descriptor;
  /** `registry`: the registry lists it by itself; `fallback-tag`: we wrote the list under its tag. */
  readonly listedBy: 'registry' | 'fallback-tag';
}

const tries = 4;

/**
 * Attaches a manifest to its subject: blobs, then the manifest by digest, then the proof that it is listed; where it
 * is not, the fallback index is written with all its other entries kept. The subject must be there already.
 * Two writers at once can lose an entry of that index (the specification offers no lock), so it is read again and
 * written again until ours is in it.
 */
export async function attach(
  repository: Repository,
  manifest: RawManifest,
  blobs: readonly AttachedBlob[],
): Promise<Attached> {
  const read = readManifest(manifest, 'the manifest to attach');
  const body = read.kind === 'image' ? read.manifest : read.index;
  if (!body.subject)
    throw manifestInvalid('a manifest without a subject cannot be attached', 'this is a bug: report it');
  const subject = body.subject.digest;
  for (const { descriptor, open } of blobs) await repository.putBlob(descriptor, open);
  const { subjectSeen } = await repository.putManifest(manifest, manifest.digest);
  const type = body.artifactType ?? (read.kind === 'image' ? read.manifest.config.mediaType : undefined);
  const descriptor: Descriptor = {
    mediaType: manifest.mediaType,
    digest: manifest.digest,
    size: manifest.bytes.length,
    ...(type && { artifactType: type }),
    ...(body.annotations && { annotations: body.annotations }),
  };
  for (let attempt = 0; ; attempt += 1) {
    if ((attempt === 0 && subjectSeen) || (await lists(repository, subject, manifest.digest)))
      return { descriptor, listedBy: attempt === 0 ? 'registry' : 'fallback-tag' };
    if (attempt === tries)
      throw refused(
        `${repository.name} does not list ${manifest.digest} as a referrer of ${subject}, though it was written`,
        'another writer may change the same list: run again when no other promotion works on this image',
      );
    await writeFallback(repository, subject, descriptor);
  }
}

async function lists(repository: Repository, subject: Digest, referrer: Digest): Promise<boolean> {
  return (await repository.referrers(subject)).some(({ digest }) => digest === referrer);
}

async function writeFallback(repository: Repository, subject: Digest, entry: Descriptor): Promise<void> {
  const tag = fallbackTag(subject);
  const current = await repository.manifest(tag);
  // Entries are carried over as the JSON they are, with members that this version of Assay does not know.
  const kept = current ? rawEntries(current, `${repository.name}:${tag}`) : {};
  const index: Index = {
    ...kept.others,
    schemaVersion: 2,
    mediaType: mediaTypes.index,
    manifests: [...(kept.manifests ?? []), entry],
  };
  const bytes = Buffer.from(JSON.stringify(index));
  await repository.putManifest({ bytes, digest: digestOf(bytes), mediaType: mediaTypes.index }, tag);
}

function rawEntries(raw: RawManifest, where: string): { others?: object; manifests?: readonly Descriptor[] } {
  if (readManifest(raw, where).kind !== 'index')
    throw manifestUnsupported(
      `${where} is no index, so nothing can be listed under it`,
      'a tag of that form belongs to the list of referrers: remove or rename it',
    );
  const { manifests, ...others } = JSON.parse(raw.bytes.toString('utf8')) as Index;
  return { others, manifests };
}
