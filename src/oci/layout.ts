/** An image layout on disk (image-spec v1.1 image-layout.md) as a Repository. */
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { type Digest, hexOf, isDigest } from '../base/digest.ts';
import { messageOf } from '../base/error.ts';
import { hasCode } from '../system/files.ts';
import type { System } from '../system/system.ts';
import { withLease } from './cache/lease.ts';
import { type Descriptor, type RawManifest, verified } from './descriptor.ts';
import { cacheUnusable, digestMismatch, layoutInvalid, notFound } from './errors.ts';
import { rawManifest, readManifest } from './manifest.ts';
import { manifestLimit, mediaTypes } from './oci.ts';
import { fallbackTag, mergeReferrers } from './referrers.ts';
import type { Repository } from './registry.ts';

const refName = 'org.opencontainers.image.ref.name';

/**
 * Opens a layout. Reading one that is not there is OCI_LAYOUT_INVALID; writing makes it. The empty reference names
 * the only image of a layout that holds just one.
 */
export function layoutRepository(system: System, path: string): Repository {
  const name = `oci:${path}`;
  return {
    name,
    manifest: async (reference) => {
      if (isDigest(reference)) return readBlobManifest(system, path, reference, undefined);
      const entries = await entriesOf(system, path);
      const entry = reference === '' ? onlyEntry(entries, name) : taggedEntry(entries, reference);
      if (!entry) return undefined;
      const manifest = await readBlobManifest(system, path, entry.digest, entry.mediaType);
      if (manifest) return manifest;
      throw notFound(`${name}:${reference} names ${entry.digest}, whose bytes are not there`, 'write the layout anew');
    },
    blobSize: async (digest) => (await system.files.stat(blobPath(path, digest)))?.size,
    blob: async (descriptor) => {
      const file = blobPath(path, descriptor.digest);
      if (!(await system.files.stat(file))?.isFile())
        throw notFound(`${name} does not have ${descriptor.digest}`, 'the layout is incomplete: write it anew');
      return verified(system.files.read(file), descriptor, name);
    },
    putBlob: async (descriptor, open) => {
      if ((await system.files.stat(blobPath(path, descriptor.digest)))?.size === descriptor.size) return;
      await makeLayout(system, path);
      await storeBlob(system, path, descriptor, open);
    },
    mountBlob: async () => false,
    putManifest: async (manifest, reference) => {
      await makeLayout(system, path);
      if (isDigest(reference) && reference !== manifest.digest)
        throw digestMismatch(
          `a manifest of ${manifest.digest} was to be written as ${reference}`,
          'this is a bug: report it',
        );
      const file = blobPath(path, manifest.digest);
      if (!(await system.files.stat(file))) await system.files.writeAtomic(file, manifest.bytes);
      await changeIndex(system, path, (entries) =>
        addEntry(entries, manifest, isDigest(reference) ? undefined : reference),
      );
      return { subjectSeen: true };
    },
    tags: async () => {
      if (!(await system.files.stat(join(path, 'index.json')))) return [];
      const names = (await entriesOf(system, path)).map((entry) => entry.annotations?.[refName]);
      return [...new Set(names.filter((tag) => tag !== undefined))];
    },
    referrers: (subject) => findReferrers(system, path, subject),
  };
}

function blobPath(path: string, digest: Digest): string {
  return join(path, 'blobs/sha256', hexOf(digest));
}

async function readBlobManifest(
  system: System,
  path: string,
  digest: Digest,
  served: string | undefined,
): Promise<RawManifest | undefined> {
  const file = blobPath(path, digest);
  const stats = await system.files.stat(file);
  if (!stats?.isFile()) return undefined;
  const where = `oci:${path}@${digest}`;
  if (stats.size > manifestLimit)
    throw layoutInvalid(`${where} is longer than ${manifestLimit} bytes`, 'name a manifest, not a layer');
  const manifest = rawManifest(await system.files.readBytes(file), served, where);
  if (manifest.digest === digest) return manifest;
  throw digestMismatch(`${file} holds bytes of ${manifest.digest}`, 'the layout is damaged: write it anew');
}

/** Entries of index.json. A layout that is just being written has its marker, but no index yet. */
async function entriesOf(system: System, path: string): Promise<readonly Descriptor[]> {
  const file = join(path, 'index.json');
  const text = await system.files.readTextIfThere(file);
  if (text === undefined) {
    if (await system.files.stat(join(path, 'oci-layout'))) return [];
    throw layoutInvalid(
      `${path} is not an OCI image layout: it has no index.json`,
      'name the directory that holds index.json and blobs/',
    );
  }
  const read = readManifest(rawManifest(Buffer.from(text), mediaTypes.index, file), file);
  if (read.kind === 'index') return read.index.manifests;
  throw layoutInvalid(`${file} is no index`, 'write the layout anew');
}

function taggedEntry(entries: readonly Descriptor[], tag: string): Descriptor | undefined {
  return entries.find((entry) => entry.annotations?.[refName] === tag);
}

function onlyEntry(entries: readonly Descriptor[], name: string): Descriptor | undefined {
  const digests = new Set(entries.map(({ digest }) => digest));
  if (digests.size <= 1) return entries[0];
  const tags = entries.flatMap((entry) => entry.annotations?.[refName] ?? []);
  const known = tags.length > 0 ? `: one of ${tags.join(', ')}` : ', or a digest';
  throw layoutInvalid(`${name} holds ${digests.size} images, and none was named`, `write ${name}:TAG${known}`);
}

async function makeLayout(system: System, path: string): Promise<void> {
  try {
    await system.files.makeDirectory(join(path, 'blobs/sha256'));
    const marker = join(path, 'oci-layout');
    if (!(await system.files.stat(marker))) await system.files.writeAtomic(marker, '{"imageLayoutVersion":"1.0.0"}');
  } catch (error) {
    throw unwritable(path, error);
  }
}

async function storeBlob(
  system: System,
  path: string,
  descriptor: Descriptor,
  open: () => Promise<Readable>,
): Promise<void> {
  const file = blobPath(path, descriptor.digest);
  const temporary = join(dirname(file), `.${hexOf(descriptor.digest)}.${randomBytes(6).toString('hex')}.part`);
  try {
    const bytes = verified(await open(), descriptor, 'the source');
    await system.files.createFile(temporary, bytes, 0o640, new Date(system.clock.now()));
    await system.files.rename(temporary, file);
  } catch (error) {
    await system.files.remove(temporary);
    throw hasCode(error, 'ENOSPC', 'EDQUOT', 'EACCES', 'EROFS') ? unwritable(path, error) : error;
  }
}

function unwritable(path: string, cause: unknown) {
  return cacheUnusable(
    `the layout ${path} cannot be written: ${messageOf(cause)}`,
    'check the rights of the directory and the free space',
    { cause },
  );
}

/** Changes index.json under a lease, so that no writer's entry is lost; members that we do not know are kept. */
async function changeIndex(
  system: System,
  path: string,
  change: (entries: readonly Descriptor[]) => readonly Descriptor[],
): Promise<void> {
  const file = join(path, 'index.json');
  await withLease(system, join(path, '.index.lock'), `change ${file}`, async () => {
    const text = await system.files.readTextIfThere(file);
    const current = text === undefined ? { schemaVersion: 2, mediaType: mediaTypes.index } : JSON.parse(text);
    if (text !== undefined) await entriesOf(system, path);
    const manifests = change(current.manifests ?? []);
    await system.files.writeAtomic(file, JSON.stringify({ ...current, manifests }));
  });
}

function addEntry(
  entries: readonly Descriptor[],
  manifest: RawManifest,
  tag: string | undefined,
): readonly Descriptor[] {
  const there = entries.find(
    (entry) => entry.digest === manifest.digest && (tag === undefined || entry.annotations?.[refName] === tag),
  );
  if (there) return entries;
  const { mediaType, digest, bytes } = manifest;
  const entry: Descriptor = { mediaType, digest, size: bytes.length, ...(tag && { annotations: { [refName]: tag } }) };
  const others = entries.filter(
    (other) =>
      tag === undefined ||
      // The tag moves, and an entry without a tag has done its duty once its manifest has one.
      (other.annotations?.[refName] !== tag &&
        !(other.digest === digest && other.annotations?.[refName] === undefined)),
  );
  return [...others, entry];
}

async function findReferrers(system: System, path: string, subject: Digest): Promise<readonly Descriptor[]> {
  if (!(await system.files.stat(join(path, 'index.json')))) return [];
  const found: Descriptor[] = [];
  let fallback: readonly Descriptor[] = [];
  for (const entry of await entriesOf(system, path)) {
    const where = `oci:${path}@${entry.digest}`;
    const raw = await readBlobManifest(system, path, entry.digest, entry.mediaType);
    if (!raw) continue;
    const read = readManifest(raw, where);
    const body = read.kind === 'image' ? read.manifest : read.index;
    if (read.kind === 'index' && entry.annotations?.[refName] === fallbackTag(subject)) fallback = read.index.manifests;
    if (body.subject?.digest !== subject) continue;
    const artifactType = body.artifactType ?? (read.kind === 'image' ? read.manifest.config.mediaType : undefined);
    found.push({
      mediaType: raw.mediaType,
      digest: raw.digest,
      size: raw.bytes.length,
      ...(artifactType && { artifactType }),
      ...(body.annotations && { annotations: body.annotations }),
    });
  }
  return mergeReferrers(found, fallback);
}
