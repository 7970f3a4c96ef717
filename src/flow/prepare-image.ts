/** From an image's name to a verified tree that nodes can run from, and what is inside it. */
import { parseImageRef } from '../base/image-ref.ts';
import type { Image } from '../image/image.ts';
import { inspectImage } from '../image/inspect-image.ts';
import { unpackedTree } from '../image/tree.ts';
import { type CachedTree, openTree } from '../oci/image-cache.ts';
import { resolveImage } from '../oci/resolve.ts';
import type { System } from '../system/system.ts';
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
 * Resolves the tag to a digest, pulls by digest, unpacks, verifies every file, and looks inside. Without `verify` a tree
 * that was unpacked before is not read again: enough for a plan.
 */
export async function prepareImage(
  system: System,
  site: OpenSite,
  name: string,
  verify = true,
): Promise<PreparedImage> {
  const ref = parseImageRef(name);
  const repository = openRepository(system, ref, site.site.registries);
  const wanted = architectures[process.arch];
  const resolved = await resolveImage(repository, referenceOf(ref), wanted ? { architecture: wanted } : undefined);
  system.log.progress(`${name} is ${resolved.manifest.digest}`);
  const tree = await openTree(system, site.site.directories.images, resolved, repository, {
    preparation: site.runtime.preparation,
    verify,
  });
  const image = await inspectImage({ ...resolved, name }, unpackedTree(system.files, tree.root, tree.tree));
  return { image, tree };
}
