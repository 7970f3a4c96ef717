/** What can go wrong with images as bytes. */
import { defineError } from '../base/error.ts';

export const authRefused = defineError(
  'OCI_AUTH_REFUSED',
  'site',
  'A registry refused the credential, or wants one and none was found.',
);
export const credentialsUnreadable = defineError(
  'OCI_CREDENTIALS_UNREADABLE',
  'site',
  'A credential file or credential helper could not be read.',
);
export const notFound = defineError('OCI_NOT_FOUND', 'site', 'A registry or layout does not have what was asked for.');
export const digestMismatch = defineError(
  'OCI_DIGEST_MISMATCH',
  'site',
  'Bytes that arrived are not those their digest names.',
);
export const unreachable = defineError(
  'OCI_UNREACHABLE',
  'site',
  'A registry gave no usable answer within the limit, in spite of retries.',
);
export const tlsFailed = defineError(
  'OCI_TLS',
  'site',
  "A registry's certificate is not trusted, or it does not speak TLS.",
);
export const refused = defineError('OCI_REFUSED', 'site', 'A registry refused a request for a reason of its own.');
export const manifestInvalid = defineError(
  'OCI_MANIFEST_INVALID',
  'site',
  'A manifest, index or image configuration does not have the form the specification demands.',
);
export const manifestUnsupported = defineError(
  'OCI_MANIFEST_UNSUPPORTED',
  'site',
  'A manifest is of a kind that Assay does not read, such as Docker schema 1, or not an image at all.',
);
export const platformMissing = defineError(
  'OCI_PLATFORM_MISSING',
  'declaration',
  'An image index does not hold the platform that was asked for, or holds several and none was named.',
);
export const layoutInvalid = defineError(
  'OCI_LAYOUT_INVALID',
  'declaration',
  'A directory is not an OCI image layout, or its index cannot be read.',
);
export const layerInvalid = defineError(
  'OCI_LAYER_INVALID',
  'site',
  'A layer cannot be unpacked: damaged, hostile, or of a form that Assay does not read.',
);
export const layerTooLarge = defineError(
  'OCI_LAYER_TOO_LARGE',
  'site',
  'The layers of an image unpack to more bytes or files than the limit allows.',
);
export const preparationConflict = defineError(
  'OCI_PREPARATION_CONFLICT',
  'site',
  'A mount point that a runtime wants cannot be made in an image, because a file stands in its way.',
);
export const cacheUnusable = defineError(
  'OCI_CACHE_UNUSABLE',
  'site',
  'The image cache cannot be written or read: rights, space, or a broken file system.',
);
export const cacheBusy = defineError(
  'OCI_CACHE_BUSY',
  'site',
  'Another process kept a lease on the same image for longer than this one waits.',
);
export const treeAltered = defineError(
  'OCI_TREE_ALTERED',
  'site',
  'An unpacked image in the cache is not what was unpacked: its files were changed since.',
);
export const tagMoved = defineError('OCI_TAG_MOVED', 'site', 'A tag did not keep the digest that was written to it.');
