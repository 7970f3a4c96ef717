/** Attestations beside an image: the manifest that refers to it, as cosign 3 writes it, and finding them again. */
import { Readable } from 'node:stream';
import { canonicalJson, type Digest, digestOf } from '../base/digest.ts';
import { HarnessError } from '../base/error.ts';
import { type Attestation, bundleMediaType, largestBundle } from '../certify/bundle.ts';
import { type Descriptor, type Manifest, type RawManifest, readAll } from '../oci/descriptor.ts';
import { authRefused, tlsFailed, unreachable } from '../oci/errors.ts';
import { readManifest } from '../oci/manifest.ts';
import { mediaTypes } from '../oci/oci.ts';
import type { AttachedBlob } from '../oci/referrers.ts';
import type { Repository } from '../oci/registry.ts';

/** A manifest that refers to an image, with the blobs it names. */
export interface Attachment {
  readonly manifest: RawManifest;
  readonly blobs: readonly AttachedBlob[];
}

/** The empty configuration of an artifact (image-spec manifest.md, "Guidance for an Empty Descriptor"). */
const emptyConfig = Buffer.from('{}');

/**
 * The manifest for one bundle: exactly one layer, and the annotations that cosign writes (cosign pkg/oci/remote/write.go). `createdAt` is
 * ISO 8601 UTC; the same bundle at the same time gives the same bytes.
 */
export function attachmentOf(
  attestation: Pick<Attestation, 'bytes' | 'predicateType'>,
  subject: RawManifest,
  createdAt: string,
): Attachment {
  const blobs = [blobOf(mediaTypes.empty, emptyConfig), blobOf(bundleMediaType, attestation.bytes)] as const;
  const bytes = Buffer.from(
    canonicalJson({
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      artifactType: bundleMediaType,
      config: blobs[0].descriptor,
      layers: [blobs[1].descriptor],
      subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.bytes.length },
      annotations: {
        'dev.sigstore.bundle.content': 'dsse-envelope',
        'dev.sigstore.bundle.predicateType': attestation.predicateType,
        'org.opencontainers.image.created': createdAt,
      },
    }),
  );
  return { manifest: { bytes, digest: digestOf(bytes), mediaType: mediaTypes.manifest }, blobs };
}

function blobOf(mediaType: string, bytes: Buffer): AttachedBlob {
  const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length };
  // An array of one buffer: Readable.from would take the buffer itself for a list of numbers.
  return { descriptor, open: async () => Readable.from([bytes]) };
}

/** Something listed as a bundle that refers to an image: its bytes, not verified; or why they could not be had. */
export type FoundBundle =
  | { readonly manifest: Digest; readonly bytes: Buffer }
  | { readonly manifest: Digest; readonly unreadable: string };

/** Most referrers looked at. Anybody who may push can add some; each costs two requests. */
const mostReferrers = 1000;

/**
 * Bundles that refer to an image. The manifests are read, since registries do not keep `artifactType` in the list reliably.
 * What is no bundle is left out. A registry that cannot be asked throws: what it did not say must not look like "none".
 */
export async function findBundles(repository: Repository, subject: Digest): Promise<readonly FoundBundle[]> {
  const found: FoundBundle[] = [];
  const listed = new Set((await repository.referrers(subject)).map(({ digest }) => digest));
  for (const manifest of [...listed].slice(0, mostReferrers)) {
    const bundle = await readBundle(repository, subject, manifest);
    if (bundle) found.push(bundle);
  }
  for (const manifest of [...listed].slice(mostReferrers))
    found.push({ manifest, unreadable: `more than ${mostReferrers} referrers; the rest were not read` });
  return found;
}

async function readBundle(repository: Repository, subject: Digest, digest: Digest): Promise<FoundBundle | undefined> {
  try {
    const raw = await repository.manifest(digest);
    if (!raw) return { manifest: digest, unreadable: 'it is listed and yet not there' };
    const read = readManifest(raw, `${repository.name}@${digest}`);
    const layer = read.kind === 'image' ? bundleLayer(read.manifest) : undefined;
    if (!layer || read.kind !== 'image') return undefined;
    if (read.manifest.subject?.digest !== subject)
      return { manifest: digest, unreadable: 'it is listed for this image and refers to another' };
    if (layer.size > largestBundle) return { manifest: digest, unreadable: `its bundle has ${layer.size} bytes` };
    const bytes = await readAll(await repository.blob(layer), largestBundle);
    return bytes ? { manifest: digest, bytes } : { manifest: digest, unreadable: 'its bundle is too large' };
  } catch (error) {
    // Damaged or foreign content is one bad referrer; a registry that gives no answer is another thing.
    const silent = [unreachable.code, authRefused.code, tlsFailed.code];
    if (!(error instanceof HarnessError) || silent.includes(error.code)) throw error;
    return { manifest: digest, unreadable: error.message };
  }
}

function bundleLayer(manifest: Manifest): Descriptor | undefined {
  const [layer, ...others] = manifest.layers;
  return layer && others.length === 0 && layer.mediaType === bundleMediaType ? layer : undefined;
}
