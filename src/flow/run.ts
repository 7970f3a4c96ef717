/** `assay run`: one invocation of suites for one image on one site. A fresh run is the resumption of an empty journal. */
import { join } from 'node:path';
import { digestOfJson } from '../base/digest.ts';
import type { FileStamps } from '../oci/tree/verify-tree.ts';
import { runDirectoryUnwritable, runUnknown } from '../run/errors.ts';
import type { EventBody, Opened } from '../run/event.ts';
import { openJournal } from '../run/journal.ts';
import { newRunId, runPaths } from '../run/run.ts';
import { stageSuite } from '../run/stage.ts';
import { partitionOf } from '../site/place.ts';
import { checkStorePlace } from '../store/store.ts';
import type { Suite } from '../suite/suite.ts';
import { hasCode } from '../system/files.ts';
import type { System } from '../system/system.ts';
import { askedPrograms } from './asked-programs.ts';
import { chooseMpi } from './choose-mpi.ts';
import { ciVariables } from './ci-variables.ts';
import { driveRun, type RunResult } from './drive-run.ts';
import { adoptable } from './find-run.ts';
import { knownFacts } from './known-facts.ts';
import { inSection } from './log-section.ts';
import { imageUnderMounts } from './mounted-image.ts';
import { type OpenSite, openSite } from './open-site.ts';
import { openSuites } from './open-suites.ts';
import { type PreparedImage, prepareImage } from './prepare-image.ts';
import { mountedLibraries, plannedMounts, preparationWith, type SeenMount, seeMounts } from './site-mounts.ts';

/** What `assay run` is asked for. */
export interface RunRequest {
  readonly suites: readonly string[];
  readonly image: string;
  readonly site?: string;
  readonly partition?: string;
  /** `--mpi` that the user insists on. */
  readonly mpi?: string;
  /** Run also what preflight says will fail. */
  readonly despitePreflight?: boolean;
  /** Seconds; the site's own limit unless said. */
  readonly waitAtMost?: number;
  /** Start a new run even where an unfinished one of the same image, suites and site could be gone on with. */
  readonly fresh?: boolean;
}

/** Runs suites for an image. */
export async function run(
  system: System,
  request: RunRequest,
  version: string,
  signal: AbortSignal,
): Promise<RunResult> {
  const { directory, seen } = await inSection(system, 'prepare', 'Preparing the image and the run', () =>
    prepare(system, request, version, signal),
  );
  return driveRun(system, directory, signal, { waitAtMost: request.waitAtMost, seen });
}

/** Opens everything that was named, and gives the directory of the run: a new one, or the one to go on with. */
async function prepare(
  system: System,
  request: RunRequest,
  version: string,
  signal: AbortSignal,
): Promise<{ readonly directory: string; readonly seen: FileStamps | undefined }> {
  const site = await openSite(system, request.site);
  const partition = partitionOf(site.site, request.partition);
  const suites = await openSuites(system, request.suites);
  await checkStorePlace(system, site.site.directories.store);
  const asking = knownFacts(system, site, partition.name);
  // It is waited for below; should the image fail first, that is what is told.
  asking.catch(() => {});
  const mounts = await seeMounts(system, partition.mounts);
  const preparation = preparationWith(site.runtime.preparation, mounts);
  const prepared = await prepareImage(system, site, request.image, preparation, signal);
  const seen = prepared.tree.stamps;
  const key = digestOfJson([
    prepared.image.digest,
    suites.map((suite) => [suite.name, suite.digest]),
    site.site.digest,
    partition.name,
    request.mpi ?? null,
    ...(request.despitePreflight ? ['despite-preflight'] : []),
  ]);
  const old = request.fresh ? undefined : await adoptable(system, site.site.directories.runs, key);
  if (old) {
    system.log.progress(`going on with ${old}: an earlier pipeline left it unfinished`);
    return { directory: join(site.site.directories.runs, old), seen };
  }
  const { facts, whose, doubts } = await asking;
  system.log.progress(`preflight rests on facts of ${whose}`);
  for (const doubt of doubts) system.log.warn(doubt);
  const under = await imageUnderMounts(system, prepared.image, prepared.tree.root, mounts, site.site.environment);
  const ground = {
    ...under,
    site,
    partition,
    facts,
    mpi: request.mpi,
    injected: mountedLibraries(under.libraries),
    mounts: await plannedMounts(system, prepared.tree.root, mounts),
    started: await askedPrograms(system, { site, partition, image: prepared.image, root: prepared.tree.root }, suites),
  };
  const mpi = chooseMpi(ground, suites, request.despitePreflight === true);
  for (const { check, outcome, message } of mpi.findings)
    if (check === 'mounts' && outcome === 'cannot-tell') system.log.warn(message);
  if (mpi.findings.some(({ outcome }) => outcome === 'will-fail')) system.log.warn(`running ${mpi.why}`);
  else system.log.progress(`preflight: ${mpi.why}`);
  const place = { site, partition: partition.name, mounts };
  const opened = await beginning(system, { ...place, suites, prepared, version, key, mpi });
  return { directory: await makeRunDirectory(system, site, suites, opened), seen };
}

/** Goes on with a run from its directory. */
export async function resumeRun(
  system: System,
  directory: string,
  signal: AbortSignal,
  waitAtMost?: number,
): Promise<RunResult> {
  if (!(await system.files.stat(runPaths(directory).journal)))
    throw runUnknown(`${directory} is no run directory`, 'name a run by its id or directory; see: assay runs');
  return driveRun(system, directory, signal, { waitAtMost });
}

interface Ground {
  readonly site: OpenSite;
  readonly suites: readonly Suite[];
  readonly prepared: PreparedImage;
  readonly version: string;
  readonly partition: string;
  readonly mounts: readonly SeenMount[];
  readonly key: Opened['key'];
  readonly mpi: Opened['mpi'];
}

async function beginning(system: System, ground: Ground): Promise<Opened> {
  const { site, suites, prepared } = ground;
  const { choice, why } = ground.mpi;
  const ci = ciVariables(system);
  return {
    type: 'opened',
    run: newRunId(system.clock.now(), system.random(4)),
    assay: ground.version,
    user: system.environment.user,
    host: system.environment.host,
    site: { name: site.site.name, digest: site.site.digest },
    partition: ground.partition,
    mounts: ground.mounts.map(({ is: _is, libraries, ...mount }) => ({
      ...mount,
      ...(libraries.length > 0 && { libraries: libraries.length }),
    })),
    key: ground.key,
    image: prepared.image,
    tree: {
      root: prepared.tree.root,
      digest: prepared.tree.tree.digest,
      added: prepared.tree.tree.entries.flatMap((entry) => (entry.added ? [entry.path] : [])),
    },
    suites: suites.map(({ name, digest }) => ({ name, digest })),
    mpi: { choice, why },
    nonce: system.random(16),
    ...(ci && { ci }),
  };
}

/** Makes the directory beside its place and renames it there, so that a run directory always has its beginning. */
async function makeRunDirectory(
  system: System,
  site: OpenSite,
  suites: readonly Suite[],
  opened: Opened,
): Promise<string> {
  const { runs } = site.site.directories;
  const directory = join(runs, opened.run);
  const temporary = join(runs, `.${opened.run}`);
  try {
    await system.files.makeDirectory(runs);
    await system.files.makeDirectory(temporary);
    const paths = runPaths(temporary);
    for (const suite of suites) await stageSuite(system, suite, paths);
    await system.files.writeAtomic(paths.site, site.text);
    // The tree was read in full when it was opened, moments ago: that is the look before the run.
    const { digest } = opened.tree;
    const look: EventBody = { type: 'tree', when: 'before', digest, altered: [], missing: [] };
    await (await openJournal(system, paths.journal)).append(opened, look);
    await system.files.rename(temporary, directory);
  } catch (error) {
    await system.files.remove(temporary).catch(() => {});
    if (!hasCode(error, 'ENOSPC', 'EDQUOT', 'EACCES', 'EROFS', 'ENOENT', 'ENOTDIR')) throw error;
    throw runDirectoryUnwritable(
      `no run directory can be made in ${runs}: ${(error as Error).message}`,
      'make room or name another place in the site file (directories.runs)',
      { cause: error },
    );
  }
  return directory;
}
