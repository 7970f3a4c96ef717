/** `assay plan`: what `run` would do, word for word, with the run's directory and id as named holes. It runs nothing. */
import { type Argv, argv } from '../base/argv.ts';
import type { Ask } from '../base/ask.ts';
import type { PlannedAllocation } from '../run/plan.ts';
import { runPaths } from '../run/run.ts';
import { partitionOf } from '../site/place.ts';
import { jobEnvironment } from '../system/environment.ts';
import type { System } from '../system/system.ts';
import { askedPrograms } from './asked-programs.ts';
import { chooseMpi, type MpiChoice } from './choose-mpi.ts';
import { renderJobScript } from './job-template.ts';
import { type KnownFacts, knownFacts } from './known-facts.ts';
import { imageUnderMounts } from './mounted-image.ts';
import { openSite } from './open-site.ts';
import { openSuites } from './open-suites.ts';
import { placeCases, planCases } from './place-cases.ts';
import { prepareForPlan } from './prepare-image.ts';
import { mountedLibraries, plannedMounts, preparationWith, seeMounts } from './site-mounts.ts';

/** A question as words: the command, or the request with its body. */
function askWords(ask: Ask): Argv {
  if (ask.kind === 'exec') return ask.argv;
  return ask.kind === 'http' ? argv(ask.method, ask.url, ask.body ?? '') : argv('read', ask.path);
}

/** The holes: the run's directory and its id, which also is the nonce that outputs carry. */
export const runHole = '@RUN@';
export const runIdHole = '@RUN_ID@';

/** What `assay plan` is asked for. */
export interface PlanRequest {
  readonly suites: readonly string[];
  readonly image: string;
  readonly site?: string;
  readonly partition?: string;
  readonly mpi?: string;
  /** Whether the job scripts are wanted too. */
  readonly scripts: boolean;
  /** Plan also what preflight says will fail. */
  readonly despitePreflight?: boolean;
  /** File of facts, as `assay inspect --json` writes it; else what its nodes told last, or this host's own facts. */
  readonly facts?: string;
}

/** One allocation of the plan: its submission, and its job script. */
export interface PlannedJob {
  readonly allocation: PlannedAllocation;
  readonly submit: Argv;
  /** When they were asked for: the script, and the file of steps that it reads. */
  readonly script?: string;
  readonly steps?: string;
}

/** The first wave, and what is known about the start. */
export interface RunPlan {
  readonly image: { readonly name: string; readonly digest: string };
  readonly mpi: MpiChoice;
  /** Whose facts it rests on and how old they are, and what speaks against trusting them. */
  readonly facts: Omit<KnownFacts, 'facts'>;
  readonly jobs: readonly PlannedJob[];
  readonly skips: readonly { readonly case: string; readonly why: string }[];
}

/** Plans without running. The image is pulled and looked at, as `run` would. */
export async function plan(system: System, request: PlanRequest): Promise<RunPlan> {
  const site = await openSite(system, request.site);
  const partition = partitionOf(site.site, request.partition);
  const suites = await openSuites(system, request.suites);
  const seen = await seeMounts(system, partition.mounts);
  const [{ image, root }, { facts, ...from }] = await Promise.all([
    prepareForPlan(system, site, request.image, preparationWith(site.runtime.preparation, seen)),
    knownFacts(system, site, partition.name, request.facts),
  ]);
  const mounts = await plannedMounts(system, root, seen);
  const under = await imageUnderMounts(system, image, root, seen, site.site.environment);
  const injected = mountedLibraries(under.libraries);
  const started = await askedPrograms(system, { site, partition, image, root }, suites);
  const start = { ...under, site, partition, facts, mpi: request.mpi, injected, mounts, started };
  const mpi = chooseMpi(start, suites, request.despitePreflight === true);
  const ground = {
    site,
    partition: partition.name,
    suites,
    image,
    root,
    runId: runIdHole,
    directory: runHole,
    mpi: mpi.choice,
  };
  const { placed, skips } = placeCases(ground);
  const jobs: PlannedJob[] = [];
  for (const allocation of planCases(ground, placed, 1)) {
    const directory = runPaths(runHole).allocation(allocation.id);
    const asked = site.scheduler.submit({
      key: allocation.key,
      script: `${directory}/job.sh`,
      scriptText: '',
      directory,
      output: `${directory}/job.out`,
      nodes: allocation.nodes,
      limitSeconds: allocation.limitSeconds,
      partition,
      exclude: allocation.exclude,
      environment: jobEnvironment(system.environment),
    });
    const submit = askWords(asked.ask);
    const scripts = request.scripts ? await renderJobScript(system, ground, allocation) : {};
    jobs.push({ allocation, submit, ...scripts });
  }
  return { image: { name: image.name, digest: image.digest }, mpi, facts: from, jobs, skips };
}
