/** Errors of images. */
import { defineError } from '../base/error.ts';

export const imageConfigInvalid = defineError(
  'IMAGE_CONFIG_INVALID',
  'declaration',
  "An image's configuration cannot be read.",
);
export const imageTreeUnreadable = defineError(
  'IMAGE_TREE_UNREADABLE',
  'site',
  'The unpacked tree of an image cannot be read.',
);
