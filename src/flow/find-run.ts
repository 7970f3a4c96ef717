/** Finds runs by what people call them: an id or its beginning, `latest`, or a directory. */
import { isAbsolute, join, resolve } from 'node:path';
import type { Digest } from '../base/digest.ts';
import { runUnknown } from '../run/errors.ts';
import { readJournal } from '../run/journal.ts';
import { runPaths } from '../run/run.ts';
import { foldEvents } from '../run/state.ts';
import type { System } from '../system/system.ts';
import { openSite } from './open-site.ts';

/** Ids of the runs in a folder, oldest first. */
async function runIds(system: System, runs: string): Promise<readonly string[]> {
  if (!(await system.files.stat(runs))) return [];
  return (await system.files.list(runs)).filter((name) => /^[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}$/.test(name));
}

/** The directory of a run; throws RUN_UNKNOWN with near matches. */
export async function findRun(system: System, runs: string, name: string): Promise<string> {
  if (name.includes('/')) {
    const directory = isAbsolute(name) ? name : resolve(system.environment.directory, name);
    if (await system.files.stat(runPaths(directory).journal)) return directory;
    throw runUnknown(`${directory} is no run directory`, 'a run directory holds journal.jsonl');
  }
  const ids = await runIds(system, runs);
  const found = name === 'latest' ? ids.slice(-1) : ids.filter((id) => id.startsWith(name) || id.endsWith(`-${name}`));
  const [only] = found;
  if (only && found.length === 1) return join(runs, only);
  const hint = ids.length === 0 ? `there is no run in ${runs} yet` : `the last ones are: ${ids.slice(-5).join(', ')}`;
  throw runUnknown(
    found.length > 1 ? `"${name}" is the beginning of ${found.length} runs` : `there is no run "${name}"`,
    hint,
  );
}

/** The latest unfinished run with this key that ended by holding: what a later pipeline goes on with. */
export async function adoptable(system: System, runs: string, key: Digest): Promise<string | undefined> {
  for (const id of [...(await runIds(system, runs))].reverse()) {
    // Another user's run, perhaps: what cannot be read cannot be gone on with.
    const text = (await system.files.readTextIfThere(runPaths(join(runs, id)).journal).catch(() => '')) ?? '';
    const state = foldEvents(readJournal(text).events);
    if (state.opened?.key === key && state.held !== undefined && !state.finishedAt) return id;
  }
  return undefined;
}

/** The directory of a run of a site, or of the embedded default. */
export async function runDirectoryOf(system: System, siteFile: string | undefined, name: string): Promise<string> {
  if (name.includes('/')) return findRun(system, '', name);
  const site = await openSite(system, siteFile);
  return findRun(system, site.site.directories.runs, name);
}
