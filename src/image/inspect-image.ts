/** From an image's manifest, configuration and unpacked tree to what it means. */
import type { ResolvedImage } from '../oci/resolve.ts';
import { findBinaries } from './binaries.ts';
import { readImageConfig } from './config.ts';
import type { Image, ImageLayer } from './image.ts';
import { findLibc } from './libc.ts';
import { findMpi } from './mpi.ts';
import { findPackages } from './packages.ts';
import { findHoldings, type Unpacked } from './start/holdings.ts';
import { findLibraries, ownLoader } from './start/libraries.ts';
import { findNeeds } from './start/needs.ts';
import type { ImageTree } from './tree.ts';

/** The parts of a resolved image that its meaning comes from. */
export type ImageSource = Pick<ResolvedImage, 'name' | 'resolved' | 'manifest' | 'content' | 'config'>;

/**
 * Inspects an image. Nothing of it is run. Throws IMAGE_CONFIG_INVALID; all else that is unclear is in the Image.
 * `unpacked` is what unpacking added and lost.
 */
export async function inspectImage(
  source: ImageSource,
  tree: ImageTree,
  unpacked: Unpacked = { added: [], dropped: [] },
): Promise<Image> {
  const { diffIds, ...config } = readImageConfig(source.config, source.name);
  const binaries = await findBinaries(tree, config.environment);
  const { packages, gaps } = await findPackages(tree);
  const mpi = await findMpi(tree, binaries, config.environment, packages);
  const libc = await findLibc(tree, binaries);
  const { architecture, environment } = config;
  const loader = await ownLoader(tree, binaries, architecture, 'family' in libc ? libc.family : 'glibc');
  const libraries = await findLibraries(tree, binaries, loader, environment);
  return {
    name: source.name,
    digest: source.manifest.digest,
    resolved: source.resolved.digest,
    mediaType: source.manifest.mediaType,
    config: source.content.config.digest,
    ...config,
    layers: source.content.layers.map(({ digest, size }, index): ImageLayer => {
      const diffId = diffIds[index];
      return { digest, size, ...(diffId && { diffId }) };
    }),
    mpi,
    libc,
    libraries,
    packages,
    needs: await findNeeds(tree, binaries, libraries, loader, architecture, environment),
    holds: await findHoldings(tree, binaries, environment, config.labels, packages, unpacked),
    gaps: [
      ...gaps,
      ...tree.unreadable.map((why) => `not listed: ${why}`),
      ...binaries.broken.map((why) => `no sound ELF file: ${why}`),
      ...(binaries.cut > 0 ? [`${binaries.cut} files were not looked at: there are too many`] : []),
    ],
  };
}
