/** Runs as the store keeps them. */
import { listRuns, type RunSummary, readRun } from '../store/read-runs.ts';
import type { RunRecord } from '../store/run-record.ts';
import { openStore } from '../store/store.ts';
import type { System } from '../system/system.ts';
import { openSite } from './open-site.ts';

/** The runs of a site, newest first. */
export async function storedRuns(
  system: System,
  site: string | undefined,
  limit: number,
): Promise<readonly RunSummary[]> {
  const opened = await openSite(system, site);
  const store = await openStore(system, opened.site.directories.store, 'read');
  return listRuns(store, { limit });
}

/** One run by an address: id, its beginning, `latest` or `last-accept`, each with `~N`. */
export async function storedRun(system: System, site: string | undefined, name: string): Promise<RunRecord> {
  const opened = await openSite(system, site);
  const store = await openStore(system, opened.site.directories.store, 'read');
  return readRun(store, name);
}
