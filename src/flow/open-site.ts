/** A site with its adapters: the one a file describes, or the embedded default for one machine without a scheduler. */
import { join } from 'node:path';
import type { Launcher, Runtime } from '../launch/adapter.ts';
import { launchers } from '../launch/launchers/index.ts';
import { runtimes } from '../launch/runtimes/index.ts';
import type { Scheduler } from '../launch/scheduler.ts';
import { schedulers } from '../launch/schedulers/index.ts';
import { siteMissing } from '../site/errors.ts';
import { loadSite, readSite } from '../site/load.ts';
import type { Site } from '../site/site.ts';
import type { System } from '../system/system.ts';
import { runtimeMissing } from './errors.ts';
import { siteLanguage } from './language.ts';

/** A site and the adapters it names. */
export interface OpenSite {
  readonly site: Site;
  /** Text of its file, kept with the run. */
  readonly text: string;
  readonly scheduler: Scheduler;
  readonly launcher: Launcher;
  readonly runtime: Runtime;
}

/** The adapters of a site; the schema has made sure that they are known. */
function withAdapters(site: Site, text: string): OpenSite {
  const scheduler = schedulers[site.scheduler.kind];
  const launcher = launchers[site.launcher.kind];
  const runtime = runtimes[site.runtime.kind];
  if (!scheduler || !launcher || !runtime)
    throw new Error(`the site ${site.name} names an adapter that is not registered`);
  return { site, text, scheduler: scheduler.configured?.(site.scheduler) ?? scheduler, launcher, runtime };
}

/** Opens the site of a file; without one the embedded default, where no scheduler's client is on the PATH. */
export async function openSite(system: System, file: string | undefined): Promise<OpenSite> {
  if (file !== undefined) {
    const site = await loadSite(system, file, siteLanguage);
    return withAdapters(site, await system.files.readText(site.file));
  }
  const client = await firstOnPath(system, ['sbatch', 'qsub', 'bsub', 'flux']);
  if (client)
    throw siteMissing(
      `${client} is on the PATH, so this machine is part of a cluster, and no site describes it`,
      'name the site file with --site; MPI is never started on a login node by accident (docs/sites.md shows how to write one)',
    );
  const text = await embeddedSite(system);
  system.log.progress('no site was given and no scheduler is here: using this machine alone');
  return openSiteText(system, text, join(system.environment.directory, '(embedded default)'));
}

/** Opens a site from the text of its file, as a run directory keeps it. */
export function openSiteText(system: System, text: string, file: string): OpenSite {
  return withAdapters(readSite(text, file, siteLanguage, system.environment.variables.HOME ?? '/'), text);
}

/** The embedded default: local scheduler, the image's own mpirun, the runtime that is on the PATH, places in the home. */
async function embeddedSite(system: System): Promise<string> {
  const known = { charliecloud: 'ch-run', bubblewrap: 'bwrap' };
  const programs = Object.values(known);
  const found = await firstOnPath(system, programs);
  const runtime = Object.entries(known).find(([, program]) => found?.endsWith(`/${program}`))?.[0];
  if (!runtime)
    throw runtimeMissing(
      'no container runtime is on the PATH',
      `install Charliecloud or bubblewrap (looked for ${programs.join(', ')})`,
    );
  return [
    'site: local',
    'description: The embedded default. One machine, no scheduler.',
    'scheduler: { kind: local }',
    'launcher: { kind: mpirun }',
    `runtime: { kind: ${runtime} }`,
    'partitions:',
    // More ranks than processors are allowed here; whether their timing counts is told from the facts.
    '  local: { nodes: 1, processors: 64 }',
    'directories:',
    '  runs: ~/.local/state/assay/runs',
    '  images: ~/.cache/assay/images',
    '  store: ~/.local/state/assay/assay.db',
    '',
  ].join('\n');
}

/** Full path of the first of these programs that is on the PATH, trying them in order. */
async function firstOnPath(system: System, programs: readonly string[]): Promise<string | undefined> {
  const directories = (system.environment.variables.PATH ?? '').split(':').filter((entry) => entry.startsWith('/'));
  for (const program of programs) {
    for (const directory of directories) {
      const path = join(directory, program);
      const stat = await system.files.stat(path);
      if (stat && !stat.isDirectory() && (stat.isSymbolicLink() || (stat.mode & 0o111) !== 0)) return path;
    }
  }
  return undefined;
}
