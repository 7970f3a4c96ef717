/** Manifests, indexes and image configurations: from bytes to checked values. The bytes stay what counts. */
import { type Digest, digestOf } from '../base/digest.ts';
import { messageOf } from '../base/error.ts';
import { Type, validate } from '../base/schema.ts';
import type { Descriptor, Index, Manifest, Platform, RawManifest } from './descriptor.ts';
import { manifestInvalid, manifestUnsupported } from './errors.ts';
import { manifestLimit, mediaTypes } from './oci.ts';

// Members that Assay does not use are not looked at, so that a newer specification does not break an older Assay.
const digest = Type.String({ pattern: '^sha256:[0-9a-f]{64}$' });
const texts = Type.Union([Type.Record(Type.String(), Type.String()), Type.Null()]);
const platform = Type.Object({
  architecture: Type.String(),
  os: Type.String(),
  variant: Type.Optional(Type.String()),
});
const descriptor = Type.Object({
  mediaType: Type.String(),
  digest,
  size: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  artifactType: Type.Optional(Type.String()),
  annotations: Type.Optional(texts),
  platform: Type.Optional(Type.Union([platform, Type.Null()])),
});
const common = {
  schemaVersion: Type.Literal(2),
  mediaType: Type.Optional(Type.String()),
  artifactType: Type.Optional(Type.String()),
  subject: Type.Optional(Type.Union([descriptor, Type.Null()])),
  annotations: Type.Optional(texts),
};
const manifestSchema = Type.Object({
  ...common,
  config: descriptor,
  // Several tools write `null` for an artifact without layers.
  layers: Type.Optional(Type.Union([Type.Array(descriptor), Type.Null()])),
});
const indexSchema = Type.Object({ ...common, manifests: Type.Union([Type.Array(descriptor), Type.Null()]) });
const configSchema = Type.Object({
  architecture: Type.String(),
  os: Type.String(),
  variant: Type.Optional(Type.String()),
  rootfs: Type.Object({ diff_ids: Type.Union([Type.Array(digest), Type.Null()]) }),
});

/** What a manifest's bytes turned out to be. */
export type ReadManifest =
  | { readonly kind: 'image'; readonly manifest: Manifest }
  | { readonly kind: 'index'; readonly index: Index };

const imageTypes: readonly string[] = [mediaTypes.manifest, mediaTypes.dockerManifest];
const indexTypes: readonly string[] = [mediaTypes.index, mediaTypes.dockerList];
const known: readonly string[] = [...imageTypes, ...indexTypes];

/** Media types asked for, in the order of preference. */
export const acceptedTypes: readonly string[] = [
  mediaTypes.index,
  mediaTypes.manifest,
  mediaTypes.dockerList,
  mediaTypes.dockerManifest,
];

/**
 * Bytes with their digest and media type. The type inside the bytes counts; where the server names another known type
 * the manifest is refused, since two readers could then see two things in it (CVE-2021-41190).
 */
export function rawManifest(bytes: Buffer, served: string | undefined, where: string): RawManifest {
  const mine = served?.split(';')[0]?.trim();
  const inside = memberOf(parseJson(bytes, where), 'mediaType');
  if (typeof inside === 'string' && mine && known.includes(mine) && mine !== inside)
    throw manifestInvalid(
      `${where} is served as ${mine}, but says of itself that it is ${inside}`,
      'push the image anew with its own media type',
    );
  const mediaType = typeof inside === 'string' ? inside : mine && known.includes(mine) ? mine : undefined;
  return { bytes, digest: digestOf(bytes), mediaType: mediaType ?? guessType(parseJson(bytes, where)) };
}

/** Reads a manifest or index; OCI_MANIFEST_INVALID with every problem, OCI_MANIFEST_UNSUPPORTED for schema 1 and unknown kinds. */
export function readManifest(raw: RawManifest, where: string): ReadManifest {
  const value = parseJson(raw.bytes, where);
  if (memberOf(value, 'schemaVersion') === 1 || raw.mediaType.includes('manifest.v1+pretty') || 'fsLayers' in value)
    throw manifestUnsupported(
      `${where} is a Docker schema 1 manifest, which names no configuration and no exact bytes`,
      'pull and push the image with a current tool, such as `skopeo copy --format oci`',
    );
  const listed = Array.isArray(value.manifests);
  const configured = value.config !== undefined || Array.isArray(value.layers);
  if (listed && configured)
    throw manifestInvalid(`${where} is an index and a manifest at once`, 'push the image anew; this one is not safe');
  if (indexTypes.includes(raw.mediaType)) return { kind: 'index', index: readIndex(value, where) };
  if (imageTypes.includes(raw.mediaType)) return { kind: 'image', manifest: readImage(value, where) };
  throw manifestUnsupported(
    `${where} is of the type ${JSON.stringify(raw.mediaType)}, which is no image`,
    `name an image; Assay reads ${known.join(', ')}`,
  );
}

function readImage(value: object, where: string): Manifest {
  const checked = validate(manifestSchema, value);
  if ('problems' in checked) throw invalid(where, checked.problems);
  const { layers, config, subject, ...rest } = checked.ok;
  return {
    ...head(rest),
    config: clean(config),
    layers: (layers ?? []).map(clean),
    ...(subject && { subject: clean(subject) }),
  };
}

function readIndex(value: object, where: string): Index {
  const checked = validate(indexSchema, value);
  if ('problems' in checked) throw invalid(where, checked.problems);
  const { manifests, subject, ...rest } = checked.ok;
  return { ...head(rest), manifests: (manifests ?? []).map(clean), ...(subject && { subject: clean(subject) }) };
}

interface Loose {
  readonly mediaType?: string | undefined;
  readonly artifactType?: string | undefined;
  readonly annotations?: Readonly<Record<string, string>> | null | undefined;
}

function head(value: Loose): Pick<Manifest, 'schemaVersion' | 'mediaType' | 'artifactType' | 'annotations'> {
  return {
    schemaVersion: 2,
    ...(value.mediaType !== undefined && { mediaType: value.mediaType }),
    ...(value.artifactType && { artifactType: value.artifactType }),
    ...(value.annotations && { annotations: value.annotations }),
  };
}

function clean(
  value: Loose & {
    readonly digest: string;
    readonly size: number;
    readonly platform?: PlatformLoose | null | undefined;
  },
): Descriptor {
  return {
    mediaType: value.mediaType ?? '',
    digest: value.digest as Digest,
    size: value.size,
    ...(value.artifactType && { artifactType: value.artifactType }),
    ...(value.annotations && { annotations: value.annotations }),
    ...(value.platform && { platform: cleanPlatform(value.platform) }),
  };
}

interface PlatformLoose {
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string | undefined;
}

function cleanPlatform({ architecture, os, variant }: PlatformLoose): Platform {
  return { architecture, os, ...(variant && { variant }) };
}

/** What unpacking and choosing need of an image configuration (image-spec config.md). */
export interface ConfigHead {
  readonly platform: Platform;
  /** Digests of the uncompressed layers, in the order of the manifest's layers. */
  readonly diffIds: readonly Digest[];
}

/** Reads the head of an image configuration; OCI_MANIFEST_INVALID. */
export function readConfig(bytes: Buffer, where: string): ConfigHead {
  const checked = validate(configSchema, parseJson(bytes, where));
  if ('problems' in checked) throw invalid(where, checked.problems);
  return { platform: cleanPlatform(checked.ok), diffIds: (checked.ok.rootfs.diff_ids ?? []) as readonly Digest[] };
}

function parseJson(bytes: Buffer, where: string): Record<string, unknown> {
  if (bytes.length > manifestLimit)
    throw manifestInvalid(`${where} is longer than ${manifestLimit} bytes`, 'name an image of an ordinary size');
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw manifestInvalid(`${where} is not JSON: ${messageOf(error).slice(0, 200)}`, 'push the image anew');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw manifestInvalid(`${where} is not a JSON object`, 'push the image anew');
  return value as Record<string, unknown>;
}

function memberOf(value: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(value, name) ? value[name] : undefined;
}

/** The media type of bytes that name none: image-spec v1.1 lets it be missing. */
function guessType(value: Readonly<Record<string, unknown>>): string {
  if (Array.isArray(value.manifests)) return mediaTypes.index;
  const config = value.config;
  if (typeof config !== 'object' || config === null) return '';
  const type = memberOf(config as Record<string, unknown>, 'mediaType');
  return type === mediaTypes.dockerConfig ? mediaTypes.dockerManifest : mediaTypes.manifest;
}

function invalid(where: string, problems: readonly { readonly message: string }[]) {
  const shown = problems.slice(0, 5).map((problem) => problem.message);
  return manifestInvalid(
    `${where} is not valid: ${shown.join('; ')}${problems.length > 5 ? '; …' : ''}`,
    'push the image anew with a current tool; only sha256 digests are read',
  );
}
