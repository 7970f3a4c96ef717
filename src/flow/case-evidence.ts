/** The evidence of every case of a run: how its step ended, what its output says, what was seen of its ranks. */
import { join } from 'node:path';
import { inParallel } from '../base/parallel.ts';
import { showBytes } from '../base/quantity.ts';
import type { Facts } from '../inspect/facts.ts';
import { factValue } from '../inspect/facts.ts';
import type { SeenRank } from '../inspect/read-ranks.ts';
import type { CheckDeclaration } from '../judge/check.ts';
import type { CaseEvidence } from '../judge/judge.ts';
import type { Oversubscription } from '../judge/performance.ts';
import type { StepEnd } from '../judge/status.ts';
import { placeholderValues } from '../launch/resolve.ts';
import type { ObservationDeclaration } from '../observe/declaration.ts';
import { lastWords } from '../observe/last-words.ts';
import { largestOutput, type StepOutput } from '../observe/observation.ts';
import { observe } from '../observe/observe.ts';
import { isMadeToSay, saidTransport } from '../observe/said-transport.ts';
import { type AllocationState, type StepEvent, stepOf, wasLost } from '../run/state.ts';
import { partitionOf } from '../site/place.ts';
import { fillValue } from '../suite/placeholder.ts';
import type { Case } from '../suite/suite.ts';
import type { System } from '../system/system.ts';
import { identityFindings } from './identity.ts';
import type { NodeEvidenceOfAllocation } from './node-evidence.ts';
import type { OpenSite } from './open-site.ts';
import type { RunDirectory } from './read-run-directory.ts';

/** What one case's evidence was made of, beside what judging needs. */
export interface CaseSource {
  readonly case: Case;
  readonly evidence: CaseEvidence;
  readonly allocation?: AllocationState;
  readonly step?: StepEvent;
  readonly ranks: readonly SeenRank[];
  /** What its MPI or UCX said of the transport, where its variables made them speak; see `observe/said-transport.ts`. */
  readonly saidTransport: readonly string[];
}

/** `srun`'s own failures, as the job script sets SLURM_EXIT_ERROR. */
const slurmError = 250;

/** Cases whose files are read at a time. */
const atOnce = 8;

/** Evidence of every case of every suite, in the order of the suites. */
export async function caseEvidence(
  system: System,
  run: RunDirectory,
  site: OpenSite,
  nodes: ReadonlyMap<string, NodeEvidenceOfAllocation>,
): Promise<readonly CaseSource[]> {
  const cases = run.suites.flatMap((suite) => suite.cases);
  const sources = new Map<Case, CaseSource>();
  await inParallel(cases, atOnce, async (item) => {
    sources.set(item, await sourceOf(system, run, site, nodes, item));
  });
  return cases.flatMap((item) => sources.get(item) ?? []);
}

async function sourceOf(
  system: System,
  run: RunDirectory,
  site: OpenSite,
  nodes: ReadonlyMap<string, NodeEvidenceOfAllocation>,
  item: Case,
): Promise<CaseSource> {
  const found = stepOf(run.state, item.name);
  const skip = run.state.skips.find((one) => one.case === item.name);
  const seen = found && nodes.get(found.allocation.plan.id);
  const ranks = (seen?.ranks ?? []).filter((rank) => rank.case === item.name);
  const values = placeholderValues({
    case: item,
    site: site.site,
    partition: partitionOf(site.site, run.opened.partition),
    image: run.opened.image,
    runId: run.opened.run,
    runtime: site.runtime,
  });
  const fill = <T>(value: unknown): T => fillValue(value, values).value as T;
  const observations = fill<Readonly<Record<string, ObservationDeclaration>>>(item.test.observations);
  const output = found?.step ? await outputOf(system, run, found.step, observations) : {};
  const evidence: CaseEvidence = {
    name: item.name,
    suite: item.suite,
    test: item.test.name,
    parameters: item.parameters,
    step: skip
      ? { state: 'skipped', exitCode: null, why: skip.why }
      : await withLastWords(system, run, endOf(item, found), found?.step),
    observed: observe(observations, output),
    checks: fill<Readonly<Record<string, CheckDeclaration>>>(item.test.checks),
    performance: item.test.performance,
    oversubscription: oversubscription(item, seen?.facts ?? []),
    findings: skip || !found?.step ? [] : identityFindings(run, item, found.step, ranks, seen),
  };
  return {
    case: item,
    evidence,
    ranks,
    saidTransport: found?.step ? await transportSaid(system, run, item, found.allocation, found.step) : [],
    ...(found && { allocation: found.allocation }),
    ...(found?.step && { step: found.step }),
  };
}

/** How the step of a case ended, from its own status, or from what became of its allocation. */
function endOf(item: Case, found: ReturnType<typeof stepOf>): StepEnd {
  if (!found) return { state: 'not-run', exitCode: null, why: 'no allocation held it' };
  const { step, allocation } = found;
  if (step) {
    if (step.exit === 0 && !step.lost) return { state: 'completed', exitCode: 0, why: '' };
    if (step.exit === 0)
      return { state: 'node-fail', exitCode: 0, why: `srun lost ${step.lost?.join(', ')} and still ended with 0` };
    if (allocation.ended && wasLost(allocation))
      return {
        state: allocation.ended.state === 'preempted' ? 'preempted' : 'node-fail',
        exitCode: step.exit,
        why: allocation.ended.why,
      };
    // timeout(1): 124 when SIGTERM was enough, 137 when SIGKILL was needed.
    const overTime = step.ended - step.began >= item.test.timeLimitSeconds;
    if (step.exit === 124 || (step.exit === 137 && overTime))
      return { state: 'timeout', exitCode: step.exit, why: `the limit is ${item.test.timeLimitSeconds} s` };
    if (step.exit === slurmError || step.lost)
      return { state: 'launch-failed', exitCode: step.exit, why: 'srun itself failed; see its stderr' };
    return { state: 'failed', exitCode: step.exit, why: '' };
  }
  const ended = allocation.ended;
  if (!ended)
    return { state: 'not-run', exitCode: null, why: `the allocation is ${allocation.word || allocation.state}` };
  const why = ended.why || `the allocation ended as ${ended.state}`;
  switch (ended.state) {
    case 'timeout':
      return { state: 'allocation-limit', exitCode: null, why };
    case 'cancelled':
    case 'preempted':
    case 'node-fail':
      return { state: ended.state, exitCode: null, why };
    default:
      return { state: 'not-run', exitCode: null, why };
  }
}

/** Bytes read from either end of a standard error: what matters stands there, however long it is. */
const endsRead = 16 * 1024;

/** A failed step's end with what the program said of it. */
async function withLastWords(system: System, run: RunDirectory, end: StepEnd, step?: StepEvent): Promise<StepEnd> {
  if (!step || !(end.state === 'failed' || end.state === 'launch-failed')) return end;
  const kept = step.files.find((file) => file.path === `allocations/${step.allocation}/steps/${step.step}/stderr`);
  if (!kept) return end;
  const read = (offset: number) => system.files.readRange(join(run.paths.directory, kept.path), offset, endsRead);
  try {
    const head = Buffer.from(await read(0)).toString('utf8');
    const tail =
      kept.size > endsRead ? Buffer.from(await read(Math.max(endsRead, kept.size - endsRead))).toString('utf8') : '';
    const said = lastWords(head + tail);
    return said === ''
      ? end
      : { ...end, why: [end.why, `standard error says: ${said}`].filter((part) => part !== '').join('; ') };
  } catch {
    // A file that is gone or replaced is told by the integrity of the run directory.
    return end;
  }
}

/** Bytes of an output in which a library's first words are looked for. */
const wordsRead = 1024 * 1024;

/** What libraries said of the transport at the beginning of the outputs, where the launch made them speak. */
async function transportSaid(
  system: System,
  run: RunDirectory,
  item: Case,
  allocation: AllocationState,
  step: StepEvent,
): Promise<readonly string[]> {
  const launch = allocation.plan.steps.find((one) => one.launch.case === item.name)?.launch;
  if (!launch || !isMadeToSay(launch.environment)) return [];
  const texts: string[] = [];
  for (const name of ['stderr', 'stdout']) {
    const path = `allocations/${step.allocation}/steps/${step.step}/${name}`;
    if (!step.files.some((file) => file.path === path)) continue;
    try {
      texts.push(Buffer.from(await system.files.readRange(join(run.paths.directory, path), 0, wordsRead)).toString());
    } catch {
      // A file that is gone or replaced is told by the integrity of the run directory.
    }
  }
  return saidTransport(texts);
}

/** The files that the observations name, as text; only those that the journal wrote down. */
async function outputOf(
  system: System,
  run: RunDirectory,
  step: StepEvent,
  observations: Readonly<Record<string, ObservationDeclaration>>,
): Promise<StepOutput> {
  const base = `allocations/${step.allocation}/steps/${step.step}`;
  const output: Record<string, StepOutput[string]> = {};
  for (const file of new Set(Object.values(observations).map((one) => one.file ?? 'stdout'))) {
    const path = file === 'stdout' || file === 'stderr' ? `${base}/${file}` : `${base}/work/${file}`;
    const kept = step.files.find((one) => one.path === path);
    if (!kept) continue;
    if (kept.size > largestOutput) {
      output[file] = { unreadable: `has ${showBytes(kept.size)}, more than ${showBytes(largestOutput)}` };
      continue;
    }
    const text = await system.files.readTextIfThere(join(run.paths.directory, path));
    if (text !== undefined) output[file] = text;
  }
  return output;
}

/**
 * Whether more ranks ran than there are physical cores. Nodes that share a boot id are one machine, whatever the
 * scheduler was told; facts that are unknown prove nothing, and performance then does not count either.
 */
function oversubscription(item: Case, facts: readonly Facts[]): Oversubscription {
  const machines = new Map<string, number>();
  for (const node of facts) {
    const boot = factValue(node, 'kernel', 'boot-id');
    const cores = Number(factValue(node, 'hardware', 'cores'));
    if (boot === undefined || !(cores > 0))
      return { oversubscribed: 'yes', why: `the cores of ${node.node} are not known` };
    machines.set(boot, cores);
  }
  if (machines.size === 0) return { oversubscribed: 'yes', why: 'no node told its cores' };
  const cores = [...machines.values()].reduce((sum, one) => sum + one, 0);
  const wanted = item.geometry.ranks * item.geometry.threads;
  if (wanted <= cores && machines.size >= item.geometry.nodes) return { oversubscribed: 'no' };
  const nodes = facts.length > machines.size ? ` (${facts.length} nodes share ${machines.size} machine)` : '';
  return { oversubscribed: 'yes', why: `${wanted} ranks and threads on ${cores} physical cores${nodes}` };
}
