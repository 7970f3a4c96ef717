/** From an image's name to a verified tree that nodes can run from, and what is inside it. */
import { join } from 'node:path';
import { parseImageRef } from '../base/image-ref.ts';
import type { Image } from '../image/image.ts';
import type { TreePreparation } from '../launch/launch.ts';
import { type CachedTree, type CacheOptions, cachedTreePath, openTree } from '../oci/image-cache.ts';
import type { Repository } from '../oci/registry.ts';
import { type ResolvedImage, resolveImage } from '../oci/resolve.ts';
import { runInterrupted } from '../run/errors.ts';
import type { System } from '../system/system.ts';
import { inspectedImage, recallImage } from './inspected-image.ts';
import { openRepository, referenceOf } from './open-repository.ts';
import type { OpenSite } from './open-site.ts';

/** An image ready to run. */
export interface PreparedImage {
  readonly image: Image;
  readonly tree: CachedTree;
}

/** Node's word for this machine's processor, as OCI names it (GOARCH). */
const architectures: Readonly<Record<string, string>> = {
  x64: 'amd64',
  arm64: 'arm64',
  ppc64: 'ppc64le',
  riscv64: 'riscv64',
};

/**
 * Resolves the tag to a digest, pulls by digest, unpacks with what is to be in it beside, verifies every file, and looks
 * inside. RUN_INTERRUPTED when the
 * signal came first.
 */
export async function prepareImage(
  system: System,
  site: OpenSite,
  name: string,
  preparation: TreePreparation,
  signal: AbortSignal,
): Promise<PreparedImage> {
  const stopped = () =>
    runInterrupted(
      `stopped by ${String(signal.reason)} before anything was submitted`,
      'call it again; whole layers that were downloaded are kept',
    );
  try {
    const found = await resolve(system, site, name);
    const prepared = await fromTree(system, site, found, { preparation, verify: true, signal });
    if (!signal.aborted) return prepared;
  } catch (error) {
    throw signal.aborted ? stopped() : error;
  }
  throw stopped();
}

/** Where an image's tree is, or would be, and what is in it. */
export interface PlannedImage {
  readonly image: Image;
  readonly root: string;
}

/** As `prepareImage`, for a plan that runs nothing: a tree that was unpacked before is not read again. */
export async function prepareForPlan(
  system: System,
  site: OpenSite,
  name: string,
  preparation: TreePreparation,
): Promise<PlannedImage> {
  const found = await resolve(system, site, name);
  const root = join(
    cachedTreePath(site.site.directories.images, found.resolved.manifest.digest, preparation),
    'rootfs',
  );
  const image = await recallImage(system, root, found.resolved);
  if (image) return { image, root };
  const { image: inspected, tree } = await fromTree(system, site, found, { preparation, verify: false });
  return { image: inspected, root: tree.root };
}

interface Found {
  readonly repository: Repository;
  readonly resolved: ResolvedImage;
}

async function resolve(system: System, site: OpenSite, name: string): Promise<Found> {
  const ref = parseImageRef(name);
  const repository = openRepository(system, ref, site.site.registries);
  const wanted = architectures[process.arch];
  const resolved = await resolveImage(repository, referenceOf(ref), wanted ? { architecture: wanted } : undefined);
  system.log.progress(`${name} is ${resolved.manifest.digest}`);
  return { repository, resolved: { ...resolved, name } };
}

async function fromTree(
  system: System,
  site: OpenSite,
  { repository, resolved }: Found,
  options: Pick<CacheOptions, 'preparation' | 'verify' | 'signal'>,
): Promise<PreparedImage> {
  const tree = await openTree(system, site.site.directories.images, resolved, repository, options);
  return { image: await inspectedImage(system, tree.root, resolved, tree.tree), tree };
}
