/** `assay compare`: why two stored runs differ. */
import { type Comparison, compareRuns } from '../compare/compare.ts';
import { readRun } from '../store/read-runs.ts';
import { openStore } from '../store/store.ts';
import type { System } from '../system/system.ts';
import { openSite } from './open-site.ts';

/** Compares two runs of a site's store, each by an address; the changes are told from `left` to `right`. */
export async function compareStored(
  system: System,
  site: string | undefined,
  left: string,
  right: string,
): Promise<Comparison> {
  const opened = await openSite(system, site);
  const store = await openStore(system, opened.site.directories.store, 'read');
  return compareRuns(await readRun(store, left), await readRun(store, right));
}
