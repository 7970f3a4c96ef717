/** From a name to the one manifest that will run: through indexes, by platform. */
import { type Descriptor, type Manifest, type Platform, type RawManifest, readAll } from './descriptor.ts';
import { manifestInvalid, manifestUnsupported, notFound, platformMissing } from './errors.ts';
import { type ConfigHead, readConfig, readManifest } from './manifest.ts';
import { manifestLimit, mediaTypes } from './oci.ts';
import type { Repository } from './registry.ts';

/** The platform wanted of an index; operating system `linux` where none is said. */
export interface WantedPlatform {
  /** GOARCH word: `amd64`, `arm64`, `ppc64le` … */
  readonly architecture: string;
  readonly variant?: string;
  readonly os?: string;
}

/** One platform's image, found and checked: manifest and configuration bytes are those of their digests. */
export interface ResolvedImage {
  /** What was asked for, for messages. */
  readonly name: string;
  /** What the reference names: the index, when it names one, else the manifest. */
  readonly resolved: RawManifest;
  /** The platform's manifest: what runs, is judged and attested. */
  readonly manifest: RawManifest;
  readonly content: Manifest;
  readonly config: Buffer;
  readonly head: ConfigHead;
}

/** Indexes within indexes that are followed. */
const deepest = 4;

/**
 * Finds the image that a tag or digest names. From an index the wanted platform is chosen; without a wish it must hold
 * just one. A plain manifest is given as it is: whether a node can run it is asked later, by preflight.
 * OCI_NOT_FOUND, OCI_PLATFORM_MISSING (with the platforms that are there), OCI_MANIFEST_INVALID, OCI_MANIFEST_UNSUPPORTED.
 */
export async function resolveImage(
  repository: Repository,
  reference: string,
  wanted?: WantedPlatform,
): Promise<ResolvedImage> {
  const name =
    reference === '' ? repository.name : `${repository.name}${reference.includes(':') ? '@' : ':'}${reference}`;
  const resolved = await repository.manifest(reference);
  if (!resolved) throw await missing(repository, reference, name);
  let manifest = resolved;
  for (let depth = 0; depth <= deepest; depth += 1) {
    const read = readManifest(manifest, name);
    if (read.kind === 'image')
      return { name, resolved, manifest, ...(await readImage(repository, read.manifest, name)) };
    const chosen = choosePlatform(read.index.manifests, wanted, name);
    const next = await repository.manifest(chosen.digest);
    if (!next)
      throw notFound(
        `${name} names ${chosen.digest}, which is not there`,
        'the index is incomplete: push it anew with all its parts',
      );
    manifest = next;
  }
  throw manifestInvalid(`${name} holds indexes within indexes, more than ${deepest} deep`, 'name the image by digest');
}

async function missing(repository: Repository, reference: string, name: string): Promise<Error> {
  if (reference === '' || reference.includes(':'))
    return notFound(`${name} is not there`, 'check the name and the digest');
  const tags = (await repository.tags()).filter((tag) => !/^sha256-[0-9a-f]{64}/.test(tag));
  if (tags.length === 0)
    return notFound(`${name} is not there`, `${repository.name} has no tags: check the name, or push it first`);
  const shown = tags.slice(-12).join(', ');
  return notFound(`${name} is not there`, `tags there: ${tags.length > 12 ? '…, ' : ''}${shown}`);
}

async function readImage(
  repository: Repository,
  content: Manifest,
  name: string,
): Promise<Pick<ResolvedImage, 'content' | 'config' | 'head'>> {
  const type = content.config.mediaType;
  if (type !== mediaTypes.config && type !== mediaTypes.dockerConfig)
    throw manifestUnsupported(
      `${name} is an artifact of the type ${JSON.stringify(content.artifactType ?? type)}, not an image`,
      'name an image',
    );
  if (content.config.size > manifestLimit)
    throw manifestInvalid(`the configuration of ${name} is longer than ${manifestLimit} bytes`, 'push the image anew');
  const config = await readAll(await repository.blob(content.config), manifestLimit);
  if (!config) throw manifestInvalid(`the configuration of ${name} is too long`, 'push the image anew');
  const head = readConfig(config, `the configuration of ${name}`);
  if (head.diffIds.length !== content.layers.length)
    throw manifestInvalid(
      `${name} has ${content.layers.length} layers, but its configuration names ${head.diffIds.length}`,
      'push the image anew; its manifest and configuration do not belong together',
    );
  return { content, config, head };
}

/**
 * The entry for the wanted platform. The same variant is best, then one without a variant; `arm64` is `v8`. Build
 * records that BuildKit lists among the images (`unknown/unknown`) are no platform.
 */
export function choosePlatform(
  entries: readonly Descriptor[],
  wanted: WantedPlatform | undefined,
  name: string,
): Descriptor {
  const images = entries.filter(
    ({ platform, annotations }) =>
      platform?.os !== 'unknown' && annotations?.['vnd.docker.reference.type'] === undefined,
  );
  if (!wanted) {
    const [only, ...others] = images;
    if (only && others.length === 0) return only;
    throw platformMissing(`${name} holds ${images.length} platforms, and none was named`, listOf(images));
  }
  const fits = images.filter(
    ({ platform }) => platform?.architecture === wanted.architecture && platform.os === (wanted.os ?? 'linux'),
  );
  const variant = plainVariant(wanted.architecture, wanted.variant);
  const variantOf = (entry: Descriptor) => plainVariant(wanted.architecture, entry.platform?.variant);
  const chosen =
    fits.find((entry) => variantOf(entry) === variant) ??
    fits.find((entry) => variantOf(entry) === undefined) ??
    (variant === undefined ? fits[0] : undefined);
  if (chosen) return chosen;
  // An index of indexes may leave the platform to its parts.
  const open = images.filter(({ platform }) => !platform);
  if (open.length === 1 && open[0]) return open[0];
  throw platformMissing(`${name} does not hold ${showPlatform({ os: 'linux', ...wanted })}`, listOf(images));
}

function plainVariant(architecture: string, variant: string | undefined): string | undefined {
  return architecture === 'arm64' && variant === 'v8' ? undefined : variant;
}

function listOf(images: readonly Descriptor[]): string {
  const names = images.map(({ platform, digest }) =>
    platform ? showPlatform(platform) : `${digest} without a platform`,
  );
  return names.length > 0 ? `it holds: ${names.join(', ')}` : 'it holds no image at all';
}

function showPlatform({ os, architecture, variant }: Platform): string {
  return [os, architecture, variant].filter((part) => part !== undefined).join('/');
}
