/** Everything the gate looks at, gathered anew: run directories, the registry as it is now, the scheduler's own record. */

import { canonicalJson, type Digest } from '../base/digest.ts';
import { messageOf } from '../base/error.ts';
import { type ImageRef, parseImageRef, showImageRef } from '../base/image-ref.ts';
import type {
  BlessedNow,
  Candidate,
  Evidence,
  IntegrityEvidence,
  KernelEvidence,
  RunEvidence,
  TagNow,
  UnreadableRun,
  Untold,
} from '../certify/evidence.ts';
import { noDigest } from '../certify/evidence.ts';
import { readManifest } from '../oci/manifest.ts';
import type { Repository } from '../oci/registry.ts';
import type { RunRecord } from '../store/run-record.ts';
import type { System } from '../system/system.ts';
import { type DerivedRun, deriveRun } from './derive-run.ts';
import { injectedInto } from './injected-evidence.ts';
import { nodeFingerprints } from './node-fingerprints.ts';
import { openRepository } from './open-repository.ts';
import type { OpenSite } from './open-site.ts';
import { placeCases, planCases } from './place-cases.ts';
import { outcomeOf, reasonOf } from './run-record.ts';
import { schedulerRecord } from './scheduler-record.ts';

/** What evidence is asked for. */
export interface EvidenceRequest {
  /** Run directories. */
  readonly directories: readonly string[];
  readonly site: OpenSite;
  /** Where the image is to go. */
  readonly target: ImageRef & { readonly kind: 'registry' };
  /** Digest of a run's journal as the pipeline knew it when the run ended. */
  readonly expect?: Digest;
  /** What was said of kernels, where the policy asks for blessed ones. */
  readonly kernels?: KernelEvidence;
}

/** What one run is compared with. */
type RunGround = Pick<EvidenceRequest, 'site' | 'expect'>;

/** Evidence with what promotion needs beside it. */
export interface Gathered {
  readonly evidence: Evidence;
  readonly source?: Repository;
  readonly target: Repository;
}

/** Gathers. What cannot be read or asked becomes unknown with the reason; nothing is taken for granted. */
export async function gatherEvidence(system: System, request: EvidenceRequest): Promise<Gathered> {
  const { site } = request;
  const kernels = request.kernels && { kernels: request.kernels };
  const derived: DerivedRun[] = [];
  const unreadable: UnreadableRun[] = [];
  for (const directory of request.directories) {
    try {
      derived.push(await deriveRun(system, directory, site));
    } catch (error) {
      unreadable.push({ directory, why: messageOf(error) });
    }
  }
  const target = openRepository(system, request.target, site.site.registries);
  const blessedNow = await askBlessed(target, request.target.tag ?? 'latest');
  const [first] = derived;
  if (!first) {
    const candidate: Candidate = { name: 'not known', repository: '', digest: noDigest, resolved: noDigest };
    const unknown = { unknown: 'no run could be read' };
    const evidence: Evidence = {
      candidate,
      tagNow: unknown,
      blessedNow,
      runs: [],
      unreadable,
      untestedPlatforms: unknown,
      ...kernels,
    };
    return { evidence, target };
  }
  const { image } = first.directory.opened;
  const ref = parseImageRef(image.name);
  const source = openRepository(system, ref, site.site.registries);
  const candidate: Candidate = {
    name: image.name,
    repository: source.name,
    ...(ref.tag && { tag: ref.tag }),
    digest: image.digest,
    resolved: image.resolved,
  };
  const runs: RunEvidence[] = [];
  for (const run of derived) runs.push(await runEvidence(system, run, request));
  return {
    evidence: {
      candidate,
      tagNow: await askTag(source, ref),
      blessedNow,
      runs,
      unreadable,
      untestedPlatforms: await platformsBeside(source, candidate),
      ...kernels,
    },
    source,
    target,
  };
}

async function askBlessed(target: Repository, tag: string): Promise<BlessedNow> {
  try {
    const manifest = await target.manifest(tag);
    return manifest ? { digest: manifest.digest } : 'none';
  } catch (error) {
    return { unknown: messageOf(error) };
  }
}

async function askTag(source: Repository, ref: ImageRef): Promise<TagNow> {
  if (ref.digest !== undefined || ref.tag === undefined) return 'not-a-tag';
  try {
    const manifest = await source.manifest(ref.tag);
    return manifest ? { digest: manifest.digest } : { unknown: `${showImageRef(ref)} is gone` };
  } catch (error) {
    return { unknown: messageOf(error) };
  }
}

async function platformsBeside(source: Repository, candidate: Candidate): Promise<readonly string[] | Untold> {
  if (candidate.resolved === candidate.digest) return [];
  try {
    const manifest = await source.manifest(candidate.resolved);
    if (!manifest) return { unknown: `${candidate.resolved} is gone from ${source.name}` };
    const read = readManifest(manifest, candidate.name);
    if (read.kind !== 'index') return [];
    return read.index.manifests
      .filter((entry) => entry.digest !== candidate.digest)
      .map(({ platform, digest }) => (platform ? `${platform.os}/${platform.architecture}` : digest));
  } catch (error) {
    return { unknown: messageOf(error) };
  }
}

/** One run as evidence: judged again, and its directory compared with journal, site and the scheduler's record. */
export async function runEvidence(system: System, run: DerivedRun, request: RunGround): Promise<RunEvidence> {
  const { directory, cases } = run;
  const { opened, state, suites } = directory;
  const recorded = await recordedVerdicts(system, run);
  return {
    id: opened.run,
    site: opened.site.name,
    siteDigest: opened.site.digest,
    startedAt: opened.time,
    endedAt: state.finishedAt ?? state.lastTime ?? opened.time,
    journalDigest: directory.head,
    assayVersion: opened.assay,
    user: opened.user,
    outcome: recorded?.run.outcome ?? outcomeOf(run),
    tested: opened.image.digest,
    suites: suites.map(({ name, digest, cases: planned }) => ({
      name,
      digest,
      planned: planned.map((one) => one.name),
    })),
    cases: cases.map(({ case: item, judgement }) => {
      const before = recorded?.cases.find((one) => one.name === item.name)?.verdict;
      return {
        name: item.name,
        suite: item.suite,
        verdict: judgement.verdict,
        reason: reasonOf(judgement),
        findings: judgement.findings,
        ...(before && { recorded: before }),
      };
    }),
    performance: cases.flatMap(({ judgement }) =>
      judgement.performance.map(({ metric, outcome, message }) => ({ case: judgement.name, metric, outcome, message })),
    ),
    integrity: [journalIntegrity(run, request), ...fileIntegrity(run), ...(await schedulerRecord(system, run))],
    nodes: nodeFingerprints(run),
    injected: injectedInto(directory.opened.mounts ?? [], cases),
  };
}

/** What the run wrote down of itself: kept beside, to see disagreement. */
async function recordedVerdicts(system: System, run: DerivedRun): Promise<RunRecord | undefined> {
  const text = await system.files.readTextIfThere(`${run.directory.paths.results}/record.json`);
  try {
    const value = JSON.parse(text ?? '') as RunRecord;
    return Array.isArray(value.cases) && typeof value.run?.outcome === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The chain holds, its end is the one the pipeline saw, and its launches are those that suites, site and image make. */
function journalIntegrity(run: DerivedRun, { site, expect }: RunGround): IntegrityEvidence {
  const { directory } = run;
  const where = [directory.paths.journal];
  const bad = (message: string): IntegrityEvidence => ({ kind: 'journal', outcome: 'altered', message, where });
  if (directory.journalBroken) return bad(`the journal was changed: ${directory.journalBroken}`);
  if (expect !== undefined && directory.head !== expect)
    return bad(`the journal ends at ${directory.head}, not at ${expect} as the pipeline saw it`);
  if (directory.opened.site.digest !== site.site.digest)
    return bad(`the run used another site file than ${site.site.file} is now`);
  if (!directory.state.finishedAt)
    return { kind: 'journal', outcome: 'missing', message: 'the run did not come to its end', where };
  if (!launchesAgree(run, site))
    return bad('the commands in the journal are not those that suites, site and image make');
  return { kind: 'journal', outcome: 'ok', message: `the chain of ${directory.events.length} events holds`, where };
}

function launchesAgree({ directory }: DerivedRun, site: OpenSite): boolean {
  const { opened, state, suites, paths } = directory;
  const ground = {
    site,
    partition: opened.partition,
    suites,
    image: opened.image,
    root: opened.tree.root,
    runId: opened.run,
    directory: paths.directory,
    mpi: opened.mpi.choice,
  };
  try {
    const { placed } = placeCases(ground);
    return state.allocations.every((allocation) => {
      const names = new Set(allocation.plan.steps.map((step) => step.launch.case));
      const own = placed.filter((item) => names.has(item.case));
      const number = Number(allocation.plan.id.slice(1));
      const steps = planCases(ground, own, number).flatMap((plan) => plan.steps.map((step) => step.launch.id));
      return canonicalJson(steps) === canonicalJson(allocation.plan.steps.map((step) => step.launch.id));
    });
  } catch {
    return false;
  }
}

function fileIntegrity({ directory }: DerivedRun): readonly IntegrityEvidence[] {
  const { discrepancies } = directory;
  if (discrepancies.length === 0)
    return [{ kind: 'files', outcome: 'ok', message: 'every output is as the journal wrote it down', where: [] }];
  return (['altered', 'missing'] as const).flatMap((outcome): IntegrityEvidence[] => {
    const found = discrepancies.filter((one) => one.outcome === outcome);
    const [first] = found;
    if (!first) return [];
    const more = found.length > 1 ? ` (and ${found.length - 1} more)` : '';
    return [{ kind: 'files', outcome, message: `${first.message}${more}`, where: found.map((one) => one.path) }];
  });
}
