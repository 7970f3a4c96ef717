/** Errors of the command line. */
import { defineError } from '../base/error.ts';

export const usageInvalid = defineError('CLI_USAGE_INVALID', 'declaration', 'The command line cannot be understood.');
