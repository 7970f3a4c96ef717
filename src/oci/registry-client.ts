/** One repository of a registry, over HTTP (OCI distribution-spec v1.1). */
import type { Readable } from 'node:stream';
import { type Digest, isDigest } from '../base/digest.ts';
import type { HttpAnswer } from '../system/http.ts';
import type { System } from '../system/system.ts';
import { downloadBlob } from './client/download.ts';
import { codeOf } from './client/failure.ts';
import { nextPage } from './client/link.ts';
import { discard, openSession, type RegistryOptions, type Session } from './client/session.ts';
import { type Descriptor, type RawManifest, readAll, verified } from './descriptor.ts';
import { digestMismatch, manifestInvalid } from './errors.ts';
import { acceptedTypes, rawManifest, readManifest } from './manifest.ts';
import { manifestLimit, mediaTypes } from './oci.ts';
import { fallbackTag, mergeReferrers } from './referrers.ts';
import type { Repository } from './registry.ts';

/** Pages of a list that are followed; a server that never ends its list is cut off with an error. */
const pageLimit = 1000;
const listLimit = 16 * 1024 * 1024;
/** Seconds that a registry may think about a large blob after its last byte. */
const commitSeconds = 600;

/**
 * Opens a repository of a registry. Nothing is sent before the first verb. Docker Hub's short names (`docker.io/x`)
 * are its `library/x`.
 */
export function registryRepository(
  system: System,
  registry: string,
  repository: string,
  options: RegistryOptions = {},
): Repository {
  const path = registry === 'docker.io' && !repository.includes('/') ? `library/${repository}` : repository;
  const client: Client = {
    system,
    session: openSession(system, registry, path, options),
    path,
    name: `${registry}/${repository}`,
    pull: [`repository:${path}:pull`],
    push: [`repository:${path}:pull,push`],
  };
  return {
    name: client.name,
    manifest: (reference) => getManifest(client, reference),
    blobSize: (digest) => headBlob(client, digest),
    blob: async (descriptor) => {
      const bytes = await downloadBlob(system, client.session, client, descriptor);
      return verified(bytes, descriptor, client.name);
    },
    putBlob: (descriptor, open) => putBlob(client, descriptor, open),
    mountBlob: (descriptor, from) => mountBlob(client, registry, descriptor, from),
    putManifest: (manifest, reference) => putManifest(client, manifest, reference),
    tags: () => listTags(client),
    referrers: (subject) => listReferrers(client, subject),
  };
}

interface Client {
  readonly system: System;
  readonly session: Session;
  readonly path: string;
  readonly name: string;
  readonly pull: readonly string[];
  readonly push: readonly string[];
}

async function getManifest(client: Client, reference: string): Promise<RawManifest | undefined> {
  const where = `${client.name}${isDigest(reference) ? '@' : ':'}${reference}`;
  const purpose = `read the manifest ${where}`;
  const answer = await client.session.send({
    method: 'GET',
    target: `/v2/${client.path}/manifests/${reference}`,
    headers: { accept: acceptedTypes.join(', ') },
    scopes: client.pull,
    purpose,
  });
  if (answer.status === 404) {
    await discard(answer);
    return undefined;
  }
  if (answer.status !== 200) throw await client.session.refusal(answer, purpose);
  const bytes = await readAll(answer.body, manifestLimit);
  if (!bytes)
    throw manifestInvalid(`${where} is longer than ${manifestLimit} bytes`, 'name an image of an ordinary size');
  const manifest = rawManifest(bytes, answer.headers['content-type'], where);
  const promised = isDigest(reference) ? reference : answer.headers['docker-content-digest'];
  if (isDigest(promised) && promised !== manifest.digest)
    throw digestMismatch(
      `${where}: the registry gave a manifest of ${manifest.digest}, not ${promised}`,
      'try again; if it stays, the registry or a cache before it is damaged or was tampered with',
    );
  return manifest;
}

async function headBlob(client: Client, digest: Digest): Promise<number | undefined> {
  const purpose = `look for ${digest} in ${client.name}`;
  const target = `/v2/${client.path}/blobs/${digest}`;
  const answer = await client.session.send({ method: 'HEAD', target, scopes: client.pull, purpose });
  if (answer.status !== 200 && answer.status !== 404) throw await client.session.refusal(answer, purpose);
  await discard(answer);
  const length = answer.headers['content-length'];
  return answer.status === 200 && length !== undefined && /^\d+$/.test(length) ? Number(length) : undefined;
}

async function putBlob(client: Client, descriptor: Descriptor, open: () => Promise<Readable>): Promise<void> {
  if ((await headBlob(client, descriptor.digest)) !== undefined) return;
  const purpose = `upload ${descriptor.digest} to ${client.name}`;
  const target = `/v2/${client.path}/blobs/uploads/`;
  const started = await client.session.send({
    method: 'POST',
    target,
    scopes: client.push,
    headers: { 'content-length': '0' },
    purpose,
  });
  if (started.status !== 202) throw await client.session.refusal(started, purpose);
  await finishUpload(client, started, target, descriptor, open, purpose);
}

/** POST then PUT (distribution-spec v1.1, "Monolithic upload"). The query that the Location came with is kept. */
async function finishUpload(
  client: Client,
  started: HttpAnswer,
  asked: string,
  descriptor: Descriptor,
  open: () => Promise<Readable>,
  purpose: string,
): Promise<void> {
  const location = started.headers.location;
  if (location === undefined) throw await client.session.refusal(started, `${purpose} (no Location came)`);
  await discard(started);
  const target = new URL(await client.session.resolve(location, asked));
  target.searchParams.set('digest', descriptor.digest);
  const answer = await client.session.send({
    method: 'PUT',
    target: target.href,
    scopes: client.push,
    headers: { 'content-type': 'application/octet-stream' },
    // Our own check: a source that gives other bytes must not be able to end its stream well.
    body: { size: descriptor.size, open: async () => verified(await open(), descriptor, 'the source') },
    answerSeconds: commitSeconds,
    purpose,
  });
  if (answer.status !== 201 && answer.status !== 204) throw await client.session.refusal(answer, purpose);
  await discard(answer);
}

async function mountBlob(client: Client, registry: string, descriptor: Descriptor, from: Repository): Promise<boolean> {
  if (!from.name.startsWith(`${registry}/`) || from.name === client.name) return false;
  const source = from.name.slice(registry.length + 1);
  const purpose = `mount ${descriptor.digest} from ${from.name} in ${client.name}`;
  const query = new URLSearchParams({ mount: descriptor.digest, from: source });
  const target = `/v2/${client.path}/blobs/uploads/?${query}`;
  const answer = await client.session.send({
    method: 'POST',
    target,
    scopes: [...client.push, `repository:${source}:pull`],
    headers: { 'content-length': '0' },
    purpose,
  });
  await discard(answer);
  if (answer.status !== 202) return answer.status === 201;
  // The server opened an upload in place of the mount; it is given back, since the caller opens its own.
  const location = answer.headers.location;
  if (location !== undefined) {
    const url = await client.session.resolve(location, target);
    const cancel = { method: 'DELETE', target: url, scopes: client.push, purpose } as const;
    await client.session.send(cancel).then(discard, () => {});
  }
  return false;
}

async function putManifest(
  client: Client,
  manifest: RawManifest,
  reference: string,
): Promise<{ readonly subjectSeen: boolean }> {
  const where = `${client.name}${isDigest(reference) ? '@' : ':'}${reference}`;
  const purpose = `write the manifest ${where}`;
  const answer = await client.session.send({
    method: 'PUT',
    target: `/v2/${client.path}/manifests/${reference}`,
    scopes: client.push,
    headers: { 'content-type': manifest.mediaType },
    body: { size: manifest.bytes.length, open: async () => manifest.bytes },
    purpose,
  });
  // An immutable tag refuses even its own digest (Quay: 409 TAG_IMMUTABLE), as after a try whose answer was lost.
  if (answer.status === 409 && (await getManifest(client, reference))?.digest === manifest.digest) {
    await discard(answer);
    return { subjectSeen: false };
  }
  if (answer.status !== 201 && answer.status !== 200 && answer.status !== 202)
    throw await client.session.refusal(answer, purpose);
  await discard(answer);
  const stored = answer.headers['docker-content-digest'];
  if (isDigest(stored) && stored !== manifest.digest)
    throw digestMismatch(
      `${where}: the registry stored ${stored} in place of ${manifest.digest}`,
      'the registry rewrites manifests; use one that keeps bytes as they are',
    );
  return { subjectSeen: answer.headers['oci-subject'] !== undefined };
}

/** Every page of a list, each as JSON; undefined where the first answer says that there is no such list. */
async function pages(
  client: Client,
  first: string,
  purpose: string,
  accept: string,
  absent: (answer: HttpAnswer) => Promise<boolean>,
): Promise<readonly { readonly bytes: Buffer; readonly type: string | undefined }[] | undefined> {
  const found: { bytes: Buffer; type: string | undefined }[] = [];
  let target: string | undefined = first;
  for (let page = 0; target !== undefined; page += 1) {
    if (page >= pageLimit)
      throw manifestInvalid(`${client.name}: cannot ${purpose}: the list never ends`, 'ask who runs the registry');
    const answer = await client.session.send({
      method: 'GET',
      target,
      scopes: client.pull,
      headers: { accept },
      purpose,
    });
    if (answer.status !== 200) {
      if (page === 0 && [400, 404, 405].includes(answer.status) && (await absent(answer))) return undefined;
      throw await client.session.refusal(answer, purpose);
    }
    const bytes = await readAll(answer.body, listLimit);
    if (!bytes)
      throw manifestInvalid(`${client.name}: cannot ${purpose}: the list is too long`, 'ask who runs the registry');
    found.push({ bytes, type: answer.headers['content-type'] });
    const next = nextPage(answer.headers.link);
    target = next === undefined ? undefined : await client.session.resolve(next, target);
  }
  return found;
}

async function listTags(client: Client): Promise<readonly string[]> {
  const purpose = `list the tags of ${client.name}`;
  const first = `/v2/${client.path}/tags/list`;
  const lists = await pages(client, first, purpose, 'application/json', async (answer) => answer.status === 404);
  const tags = (lists ?? []).flatMap(({ bytes }) => {
    try {
      const { tags } = JSON.parse(bytes.toString('utf8')) as { tags?: unknown };
      if (tags === null || tags === undefined) return [];
      if (Array.isArray(tags) && tags.every((tag) => typeof tag === 'string')) return tags as readonly string[];
    } catch {
      // Told below.
    }
    throw manifestInvalid(`${client.name}: cannot ${purpose}: the answer is no tag list`, 'ask who runs the registry');
  });
  return [...new Set(tags)];
}

async function listReferrers(client: Client, subject: Digest): Promise<readonly Descriptor[]> {
  const purpose = `list the referrers of ${subject} in ${client.name}`;
  const first = `/v2/${client.path}/referrers/${subject}`;
  const lists = await pages(client, first, purpose, mediaTypes.index, async (answer) => {
    if (answer.status !== 400) return true;
    // Quay answers so for a digest that it does not know; any other 400 is about something else.
    return (await codeOf(answer)) === 'MANIFEST_INVALID';
  });
  const listed = (lists ?? []).flatMap(({ bytes, type }) => indexEntries(rawManifest(bytes, type, purpose), purpose));
  const tag = fallbackTag(subject);
  const fallback = await getManifest(client, tag);
  return mergeReferrers(listed, fallback ? indexEntries(fallback, `${client.name}:${tag}`) : []);
}

function indexEntries(raw: RawManifest, where: string): readonly Descriptor[] {
  const read = readManifest(raw, where);
  return read.kind === 'index' ? read.index.manifests : [];
}
