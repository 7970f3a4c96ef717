/** Errors of launching. */
import { defineError } from '../base/error.ts';

export const launchPlaceholderEmpty = defineError(
  'LAUNCH_PLACEHOLDER_EMPTY',
  'declaration',
  'A suite uses a value that this image or site does not have.',
);
export const launchPathInvalid = defineError(
  'LAUNCH_PATH_INVALID',
  'declaration',
  'A path cannot be handed to the container runtime.',
);
