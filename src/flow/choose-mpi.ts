/** Preflight of a run: whether its cases will start with this image here, and under which `--mpi`. */
import type { Image } from '../image/image.ts';
import type { Facts } from '../inspect/facts.ts';
import { runsSuiteProgram } from '../launch/resolve.ts';
import type { InjectedLibrary, PlannedMount, PreflightFinding, StartedProgram } from '../preflight/finding.ts';
import { type Preflight, preflight } from '../preflight/preflight.ts';
import type { Partition } from '../site/site.ts';
import type { Suite } from '../suite/suite.ts';
import { preflightRefused } from './errors.ts';
import type { OpenSite } from './open-site.ts';

/** The choice, with the findings it rests on. */
export interface MpiChoice {
  readonly choice: string;
  readonly why: string;
  readonly findings: readonly PreflightFinding[];
}

/** The MPI ABIs for which a suite brings a program: the ends of the names `bin/ARCHITECTURE/PROGRAM.ABI`. */
function buildsOf(suite: Suite, architecture: string): readonly string[] {
  return suite.inputs.flatMap(({ path }) => {
    const match = new RegExp(`^bin/${architecture}/[A-Za-z0-9_-]+\\.(.+)$`).exec(path);
    return match?.[1] ? [match[1]] : [];
  });
}

/** What preflight is asked about. `mpi` is what the user insists on. */
export interface StartGround {
  readonly site: OpenSite;
  readonly partition: Partition;
  /** As its containers see it; `bare` without the mounts of the site, where that is another. */
  readonly image: Image;
  readonly bare?: Image;
  /** A mounted folder that was not looked at to its end. */
  readonly unseen?: string;
  readonly facts: readonly Facts[];
  readonly mpi: string | undefined;
  readonly injected: readonly InjectedLibrary[];
  readonly mounts: readonly PlannedMount[];
  /** Programs that the cases start, by the name of their suite; left out where nobody looked. */
  readonly started?: ReadonlyMap<string, readonly StartedProgram[]>;
}

/** Preflight of one suite's cases, or of `ranks` ranks of a program of the image. */
export function forecastStart(ground: StartGround, what: Suite | { readonly ranks: number }): Preflight {
  const { site, partition, image, bare, unseen, facts, mpi, injected, mounts } = ground;
  const suite = 'cases' in what ? what : undefined;
  const cases = suite?.cases ?? [];
  const own = cases.some((item) => runsSuiteProgram({ case: item }));
  const commands = cases.flatMap((item) => (runsSuiteProgram({ case: item }) ? [] : item.test.command.slice(0, 1)));
  const started = suite && ground.started?.get(suite.name);
  const pathSet = [site.site.environment, ...cases.map((item) => item.test.environment)].some(
    (environment) => environment.LD_LIBRARY_PATH !== undefined,
  );
  return preflight({
    image,
    ...(bare && { bare }),
    facts,
    partition,
    environment: site.site.environment,
    injected,
    mounts,
    wish: {
      launcher: site.launcher.kind,
      ranks: 'ranks' in what ? what.ranks : Math.max(1, ...cases.map((item) => item.geometry.ranks)),
      program: own && suite ? { builds: buildsOf(suite, image.architecture) } : 'image',
      ...(commands.length > 0 && { commands: [...new Set(commands)] }),
      ...(started && { started }),
      ...((pathSet || unseen !== undefined) && { ownLibraryPath: true }),
      ...(mpi !== undefined && { mpi }),
    },
  });
}

/**
 * Asks preflight for every suite and takes the strictest answer; throws PREFLIGHT_REFUSED naming each reason when a
 * suite cannot start. With `despite` the reasons are part of the choice instead.
 */
export function chooseMpi(ground: StartGround, suites: readonly Suite[], despite: boolean): MpiChoice {
  const answers = suites.map((suite) => forecastStart(ground, suite));
  const findings = answers.flatMap((answer) => answer.findings);
  const failing = uniqueFindings(findings.filter((finding) => finding.outcome === 'will-fail'));
  const reasons = failing.map((finding) => finding.message).join('; ');
  if (failing.length > 0 && !despite)
    throw preflightRefused(
      `${ground.image.name} will not start here: ${reasons}`,
      `${failing.find((finding) => finding.hint !== '')?.hint ?? "look at the image's own MPI"}; all reasons: assay preflight. --despite-preflight runs it all the same`,
    );
  const choice = ground.mpi ?? answers.find((answer) => answer.mpi !== 'none')?.mpi ?? 'none';
  const why = findings.find((finding) => finding.check === 'pmi')?.message ?? 'no suite asks for MPI';
  return {
    choice,
    why: failing.length > 0 ? `despite preflight: ${reasons}` : why,
    findings: uniqueFindings(findings),
  };
}

/** Each finding once: several suites ask the same. */
export function uniqueFindings(findings: readonly PreflightFinding[]): readonly PreflightFinding[] {
  const seen = new Set<string>();
  return findings.filter(({ check, message }) => {
    const key = `${check} ${message}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
