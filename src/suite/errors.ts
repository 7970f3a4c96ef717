/** Errors of suites. */
import { defineError } from '../base/error.ts';

export const suiteNotFound = defineError('SUITE_NOT_FOUND', 'declaration', 'No suite has that name or path.');
export const suiteInvalid = defineError(
  'SUITE_INVALID',
  'declaration',
  'A suite file does not fit the suite language.',
);
export const suiteInputInvalid = defineError(
  'SUITE_INPUT_INVALID',
  'declaration',
  "A suite's folder holds something that cannot be an input.",
);
