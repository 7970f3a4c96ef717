/** From a case to its Launch: every placeholder filled, wrapped by runtime and launcher. */
import { argv } from '../base/argv.ts';
import { canonicalJson, digestOf } from '../base/digest.ts';
import type { Image } from '../image/image.ts';
import type { Partition, Site } from '../site/site.ts';
import { fillText, type PlaceholderValue } from '../suite/placeholder.ts';
import type { Case, Suite } from '../suite/suite.ts';
import type { Launcher, Runtime } from './adapter.ts';
import { launchPlaceholderEmpty } from './errors.ts';
import type { Launch } from './launch.ts';

/** All that a launch is resolved from. Paths may be holes (`@RUN@/…`) when only a plan is made. */
export interface Resolution {
  readonly case: Case;
  readonly suite: Suite;
  readonly site: Site;
  readonly partition: Partition;
  readonly image: Image;
  /** Root of the unpacked image. */
  readonly root: string;
  /** Id of the run: the nonce that outputs carry. */
  readonly runId: string;
  /** Staged inputs of the suite and the working directory of this step, on the host. */
  readonly suiteDirectory: string;
  readonly workDirectory: string;
  readonly mpi: string;
  readonly runtime: Runtime;
  readonly launcher: Launcher;
  readonly firstNode?: number;
}

/** The part of a resolution that placeholders come from. */
export type PlaceholderGround = Pick<Resolution, 'case' | 'site' | 'partition' | 'image' | 'runId' | 'runtime'>;

/** The values that placeholders stand for. A value that this image or site lacks is left out, and its use is an error. */
export function placeholderValues(from: PlaceholderGround): Readonly<Record<string, PlaceholderValue>> {
  const { nodes, ranks, threads } = from.case.geometry;
  const { image, partition } = from;
  return {
    nodes,
    ranks,
    threads,
    ranks_per_node: ranks / nodes,
    ...from.case.parameters,
    suite: from.runtime.targets.suite,
    work: from.runtime.targets.work,
    nonce: from.runId,
    'image.architecture': image.architecture,
    ...('abi' in image.mpi && { 'image.mpi.abi': image.mpi.abi, 'image.mpi.family': image.mpi.family }),
    'partition.name': partition.name,
    ...(partition.transport && { 'partition.transport': partition.transport }),
    'site.name': from.site.name,
  };
}

/** Fills a text or throws LAUNCH_PLACEHOLDER_EMPTY naming the case, the place and what is missing. */
function filler(from: Resolution): (text: string, where: string) => string {
  const values = placeholderValues(from);
  return (text, where) => {
    const filled = fillText(text, values);
    const [first] = filled.unknown;
    if (first === undefined) return filled.text;
    const why =
      first.startsWith('image.mpi') && 'unknown' in from.image.mpi
        ? `no MPI was found in the image: ${from.image.mpi.unknown}`
        : first === 'partition.transport'
          ? `name the transport of partition ${from.partition.name} in ${from.site.file}`
          : 'this image or site does not have it';
    throw launchPlaceholderEmpty(`${from.case.name}: ${where} needs {{${first}}}`, why);
  };
}

/** Variables the program sees: the image's, then the site's, then the test's; later ones win. */
function environmentOf(from: Resolution, fill: (text: string, where: string) => string): Record<string, string> {
  const { image, site } = from;
  const merged: Record<string, string> = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    ...image.environment,
    ...site.environment,
  };
  for (const [name, value] of Object.entries(from.case.test.environment))
    merged[name] = fill(value, `environment ${name}`);
  merged.ASSAY_NONCE = from.runId;
  merged.ASSAY_CASE = from.case.name;
  // A program of the suite has no path of its own to the image's MPI: name the directories the image's own would search.
  if ('libraryPath' in image.mpi && image.mpi.libraryPath.length > 0 && runsSuiteProgram(from)) {
    const path = [...image.mpi.libraryPath, ...(merged.LD_LIBRARY_PATH?.split(':') ?? [])];
    merged.LD_LIBRARY_PATH = [...new Set(path.filter((entry) => entry !== ''))].join(':');
  }
  const sorted: Record<string, string> = {};
  for (const name of Object.keys(merged).sort()) sorted[name] = merged[name] ?? '';
  return sorted;
}

/** True when the command is a program that the suite brings, not one of the image. */
export function runsSuiteProgram(from: Pick<Resolution, 'case'>): boolean {
  return from.case.test.command[0]?.startsWith('{{suite}}/') === true;
}

/** The Launch of a case. */
export function resolveLaunch(from: Resolution): Launch {
  const fill = filler(from);
  const { test, geometry } = from.case;
  const [program = '', ...words] = test.command.map((word, index) => fill(word, `word ${index + 1} of the command`));
  const environment = environmentOf(from, fill);
  const files = Object.fromEntries(
    Object.entries(test.files).map(([name, text]) => [name, fill(text, `file ${name}`)]),
  );
  const { targets } = from.runtime;
  const { mounts } = from.partition;
  const what = { program, words, environment, files, geometry, limit: test.timeLimitSeconds, mpi: from.mpi };
  const kinds = [from.runtime.kind, from.launcher.kind];
  const whole = [what, from.suite.digest, from.image.digest, ...kinds, ...(mounts.length > 0 ? [mounts] : [])];
  const base: Launch = {
    case: from.case.name,
    // A run's id holds nothing that JSON would escape, so it can be taken out of the text.
    id: digestOf(canonicalJson(whole).replaceAll(from.runId, '@RUN_ID@')),
    geometry,
    ...(from.firstNode !== undefined && { firstNode: from.firstNode }),
    argv: argv(program, ...words),
    environment,
    mounts: [
      { source: from.suiteDirectory, target: targets.suite },
      { source: from.workDirectory, target: targets.work },
      ...mounts,
    ],
    workingDirectory: targets.work,
    files,
    image: { digest: from.image.digest, root: from.root },
    mpi: from.mpi,
    mpiFamily: 'family' in from.image.mpi ? from.image.mpi.family : 'unknown',
    runtime: from.runtime.kind,
    launcher: from.launcher.kind,
    limitSeconds: test.timeLimitSeconds,
  };
  const inRuntime = (launch: Launch) => from.runtime.wrap(launch, from.site.runtime);
  const started = (launch: Launch) => from.launcher.wrap(launch, from.site.launcher);
  return from.launcher.where === 'outside' ? started(inRuntime(base)) : inRuntime(started(base));
}
