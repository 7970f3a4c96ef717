/** The candidate as it is in its own repository right before it is promoted. */
import { messageOf } from '../base/error.ts';
import type { Candidate } from '../certify/evidence.ts';
import { type Manifest, type RawManifest, readAll } from '../oci/descriptor.ts';
import { readManifest } from '../oci/manifest.ts';
import { manifestLimit } from '../oci/oci.ts';
import type { Repository } from '../oci/registry.ts';
import type { NotPromoted } from './publish.ts';

/** The manifest that will be copied, byte for byte. */
export interface ReadCandidate {
  readonly raw: RawManifest;
  readonly manifest: Manifest;
}

/** Quay gives every tag of an image with this label an end, in the blessed repository too. */
const expiryLabel = 'quay.expires-after';

/** Reads the tested manifest, and says why it may not be promoted: its tag moved, it is gone, or it asks to expire. */
export async function readCandidate(source: Repository, candidate: Candidate): Promise<ReadCandidate | NotPromoted> {
  if (candidate.tag !== undefined) {
    const named = (await source.manifest(candidate.tag))?.digest;
    if (named !== candidate.resolved) {
      const now = named ? `names ${named} now` : 'is gone';
      return {
        outcome: 'hold',
        reason: `${source.name}:${candidate.tag} ${now}; it named ${candidate.resolved} when it was tested: test it again`,
      };
    }
  }
  const raw = await source.manifest(candidate.digest);
  if (!raw) return { outcome: 'hold', reason: `${source.name} no longer has ${candidate.digest}, which was tested` };
  const read = readManifest(raw, `${source.name}@${candidate.digest}`);
  if (read.kind === 'index')
    return {
      outcome: 'refuse',
      reason: `${candidate.digest} is an index; only the tested platform's manifest is promoted`,
    };
  const expiry = await expiryOf(source, read.manifest);
  if (expiry !== undefined) return { outcome: 'refuse', reason: expiry };
  return { raw, manifest: read.manifest };
}

async function expiryOf(source: Repository, { config, annotations }: Manifest): Promise<string | undefined> {
  const hint = 'build the image without it';
  if (annotations && Object.hasOwn(annotations, expiryLabel))
    return `the image has the annotation ${expiryLabel}, and would vanish from a Quay registry: ${hint}`;
  const bytes = await readAll(await source.blob(config), manifestLimit);
  if (!bytes)
    return `the configuration of the image is larger than ${manifestLimit} bytes, so its labels were not read`;
  const labels = labelsOf(bytes);
  if ('unreadable' in labels) return `the configuration of the image cannot be read: ${labels.unreadable}`;
  return labels.names.includes(expiryLabel)
    ? `the image has the label ${expiryLabel}, and would vanish from a Quay registry: ${hint}`
    : undefined;
}

/** Names of the labels of an image configuration (image-spec config.md, `config.Labels`). */
function labelsOf(bytes: Buffer): { readonly names: readonly string[] } | { readonly unreadable: string } {
  try {
    const config = JSON.parse(bytes.toString('utf8')) as {
      config?: { Labels?: Record<string, unknown> | null } | null;
    } | null;
    return { names: Object.keys(config?.config?.Labels ?? {}) };
  } catch (error) {
    return { unreadable: messageOf(error) };
  }
}
