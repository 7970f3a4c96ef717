/** From an image's manifest, configuration and unpacked tree to what it means. */
import type { ResolvedImage } from '../oci/resolve.ts';
import { findBinaries } from './binaries.ts';
import { readImageConfig } from './config.ts';
import type { Image, ImageLayer } from './image.ts';
import { findLibc } from './libc.ts';
import { findMpi } from './mpi.ts';
import { findPackages } from './packages.ts';
import type { ImageTree } from './tree.ts';

/** The parts of a resolved image that its meaning comes from. */
export type ImageSource = Pick<ResolvedImage, 'name' | 'resolved' | 'manifest' | 'content' | 'config'>;

/** Inspects an image. Nothing of it is run. Throws IMAGE_CONFIG_INVALID; all else that is unclear is in the Image. */
export async function inspectImage(source: ImageSource, tree: ImageTree): Promise<Image> {
  const { diffIds, ...config } = readImageConfig(source.config, source.name);
  const binaries = await findBinaries(tree, config.environment);
  const { packages, gaps } = await findPackages(tree);
  const mpi = await findMpi(tree, binaries, config.environment, packages);
  const libraries = binaries.all.flatMap(({ path, elf }) =>
    elf.soname === undefined ? [] : [{ path, soname: elf.soname }],
  );
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
    libc: await findLibc(tree, binaries),
    libraries: libraries.sort((a, b) => (a.path < b.path ? -1 : 1)),
    packages,
    gaps: [
      ...gaps,
      ...tree.unreadable.map((why) => `not listed: ${why}`),
      ...binaries.broken.map((why) => `no sound ELF file: ${why}`),
      ...(binaries.cut > 0 ? [`${binaries.cut} files were not looked at: there are too many`] : []),
    ],
  };
}
