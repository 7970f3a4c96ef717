/** Errors of sites. */
import { defineError } from '../base/error.ts';

export const siteNotFound = defineError('SITE_NOT_FOUND', 'declaration', 'The site file is not there.');
export const siteInvalid = defineError('SITE_INVALID', 'declaration', 'A site file does not fit the site language.');
export const siteMissing = defineError(
  'SITE_MISSING',
  'declaration',
  'A scheduler is on the PATH but no site describes it.',
);
export const partitionUnknown = defineError('SITE_PARTITION_UNKNOWN', 'declaration', 'The site has no such partition.');
