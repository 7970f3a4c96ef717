/** Errors of the command line. */
import { defineError } from '../base/error.ts';

export const fileUnusable = defineError(
  'CLI_FILE_UNUSABLE',
  'site',
  'A file or folder that is needed cannot be used: rights, kind or file system.',
);
export const usageInvalid = defineError('CLI_USAGE_INVALID', 'declaration', 'The command line cannot be understood.');
