/**
 * Bytes of images: where they are and how they come here.
 *
 * What comes in: names, digests, descriptors, a registry's answers, layers. What goes out: manifests with their exact
 * bytes, verified blobs, unpacked trees with a manifest of every file, referrers. It never reads meaning into an image,
 * never re-encodes a manifest, never trusts a length or digest it did not check, and never writes outside the
 * directory it was given. Attestations are opaque bytes here.
 */

/** Media types of OCI image-spec v1.1 (media-types.md) and Docker schema 2 (manifest-v2-2.md). */
export const mediaTypes = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  empty: 'application/vnd.oci.empty.v1+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
} as const;

/** Largest manifest or index accepted, in bytes (distribution-spec v1.1, "Pushing Manifests", sets 4 MiB as the least). */
export const manifestLimit = 4 * 1024 * 1024;
