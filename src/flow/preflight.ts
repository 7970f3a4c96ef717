/** `assay preflight`: will this image start here, and why not? It reads image and facts, and runs nothing. */
import type { Image } from '../image/image.ts';
import type { Forecast, PreflightFinding, Start } from '../preflight/finding.ts';
import { partitionOf } from '../site/place.ts';
import type { System } from '../system/system.ts';
import { askedPrograms } from './asked-programs.ts';
import { forecastStart, uniqueFindings } from './choose-mpi.ts';
import { injectedLibraries } from './injected-libraries.ts';
import { type KnownFacts, knownFacts } from './known-facts.ts';
import { imageUnderMounts } from './mounted-image.ts';
import { openSite } from './open-site.ts';
import { openSuites } from './open-suites.ts';
import { prepareForPlan } from './prepare-image.ts';
import { mountedLibraries, plannedMounts, preparationWith, seeMounts } from './site-mounts.ts';

/** What `assay preflight` is asked for. */
export interface PreflightRequest {
  readonly image: string;
  readonly site?: string;
  readonly partition?: string;
  /** `--mpi` that the user insists on. */
  readonly mpi?: string;
  /** Suites whose cases are to start; without one, a program of the image with `ranks` ranks. */
  readonly suites: readonly string[];
  readonly ranks: number;
  /** File of facts, as `assay inspect --json` writes it; else what its nodes told last, or this host's own facts. */
  readonly facts?: string;
  /** Libraries of this host, or folders of them, beside those that the site mounts, that will be put into the container. */
  readonly inject: readonly string[];
}

/** What is expected of the image here. */
export interface PreflightResult {
  readonly image: Pick<Image, 'name' | 'digest' | 'architecture' | 'mpi' | 'libc'>;
  /** Root of the unpacked image. */
  readonly root: string;
  readonly partition: string;
  /** Nodes whose facts were taken. */
  readonly nodes: readonly string[];
  /** Whose facts these are and how old, and what speaks against trusting them. */
  readonly facts: Omit<KnownFacts, 'facts'>;
  readonly outcome: Forecast;
  readonly start: Start;
  /** What to pass to `srun --mpi=`. */
  readonly mpi: string;
  readonly findings: readonly PreflightFinding[];
}

/** Worst first. */
const outcomes: readonly Forecast[] = ['will-fail', 'cannot-tell', 'ok'];
const starts: readonly Start[] = ['aborts', 'singletons', 'unknown', 'starts'];

/** Foretells the start. The image is pulled and unpacked if it is not yet. */
export async function preflight(system: System, request: PreflightRequest): Promise<PreflightResult> {
  const site = await openSite(system, request.site);
  const partition = partitionOf(site.site, request.partition);
  const suites = await openSuites(system, request.suites);
  const asked = await injectedLibraries(system, request.inject);
  const seen = await seeMounts(system, partition.mounts);
  const [{ image, root }, known] = await Promise.all([
    prepareForPlan(system, site, request.image, preparationWith(site.runtime.preparation, seen)),
    knownFacts(system, site, partition.name, request.facts),
  ]);
  const { facts, ...from } = known;
  const mounts = await plannedMounts(system, root, seen);
  const under = await imageUnderMounts(system, image, root, seen, site.site.environment);
  const injected = mountedLibraries(under.libraries, asked);
  const started = await askedPrograms(system, { site, partition, image, root }, suites);
  const ground = { ...under, site, partition, facts, mpi: request.mpi, injected, mounts, started };
  const starting = suites.length > 0 ? suites : [{ ranks: request.ranks }];
  const answers = starting.map((what) => forecastStart(ground, what));
  const { name, digest, architecture, mpi, libc } = image;
  return {
    image: { name, digest, architecture, mpi, libc },
    root,
    partition: partition.name,
    nodes: facts.map(({ node }) => node),
    facts: from,
    outcome: outcomes.find((one) => answers.some(({ outcome }) => outcome === one)) ?? 'ok',
    start: starts.find((one) => answers.some(({ start }) => start === one)) ?? 'starts',
    mpi: request.mpi ?? answers.find((answer) => answer.mpi !== 'none')?.mpi ?? 'none',
    findings: uniqueFindings(answers.flatMap(({ findings }) => findings)),
  };
}
