/** What can go wrong with the store and can be mended. */
import { defineError } from '../base/error.ts';

export const storeFull = defineError(
  'STORE_FULL',
  'site',
  'The file system of the store, or a quota on it, is full. Nothing was written.',
);
export const storeLocked = defineError(
  'STORE_LOCKED',
  'site',
  'Another process held the store for longer than Assay waits.',
);
export const storeCorrupt = defineError('STORE_CORRUPT', 'site', 'The file of the store is damaged.');
export const storeUnwritable = defineError('STORE_UNWRITABLE', 'site', 'The store cannot be written.');
export const storeUnreadable = defineError('STORE_UNREADABLE', 'site', 'The store cannot be read.');
export const storeMissing = defineError('STORE_MISSING', 'declaration', 'There is no store at the path given.');
export const storeForeign = defineError('STORE_FOREIGN', 'declaration', "The file is not a store of Assay's.");
export const storeNewer = defineError('STORE_NEWER', 'site', 'The store was written by a newer Assay.');
export const storeOlder = defineError(
  'STORE_OLDER',
  'site',
  'The store has an older form and was opened for reading only.',
);
export const storeRunUnknown = defineError('STORE_RUN_UNKNOWN', 'declaration', 'The store holds no such run.');
export const storeMetricUnknown = defineError(
  'STORE_METRIC_UNKNOWN',
  'declaration',
  'The store holds no such metric, or no value of it for what was asked.',
);
export const storeDriver = defineError('STORE_DRIVER', 'site', 'The SQLite library cannot be loaded.');
