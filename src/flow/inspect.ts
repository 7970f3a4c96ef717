/** `assay inspect`: facts of this host, or of every node of an allocation, taken there by the collector. */
import { join } from 'node:path';
import { loadCollectorTemplates, renderCollector } from '../inspect/collector.ts';
import { type Deviation, deviationsAmong, isUntold } from '../inspect/comparison/uniformity.ts';
import type { Facts } from '../inspect/facts.ts';
import { localFacts } from '../inspect/local.ts';
import { probes } from '../inspect/probes/index.ts';
import { readFacts } from '../inspect/read-collected.ts';
import { driveAllocations, settle } from '../run/drive.ts';
import { openJournal } from '../run/journal.ts';
import { takeLock } from '../run/lock.ts';
import type { PlannedAllocation } from '../run/plan.ts';
import { newRunId, runPaths } from '../run/run.ts';
import { stageAllocation } from '../run/stage.ts';
import type { AllocationState } from '../run/state.ts';
import { partitionOf } from '../site/place.ts';
import type { System } from '../system/system.ts';
import { ciVariables } from './ci-variables.ts';
import { nodesTooMany, nodesUnanswered } from './errors.ts';
import { renderJobScript } from './job-template.ts';
import { type OpenSite, openSite } from './open-site.ts';
import { reachScheduler } from './reach-scheduler.ts';

/** What was asked: this host, or so many nodes of a partition. */
export interface InspectRequest {
  readonly nodes?: number;
  readonly site?: string;
  readonly partition?: string;
}

/** Facts of each node, and in what the nodes differ. */
export interface Inspected {
  readonly nodes: readonly Facts[];
  readonly deviations: readonly Deviation[];
}

/** Longest time of an allocation that only takes facts, in seconds. */
const factsLimit = 300;

/** Takes facts. */
export async function inspect(system: System, request: InspectRequest, signal: AbortSignal): Promise<Inspected> {
  if (request.nodes === undefined) {
    const inventory = async () => (await import('../system/inventory.ts')).machineInventory();
    return { nodes: [await localFacts(system, { inventory, slow: true })], deviations: [] };
  }
  const site = await openSite(system, request.site);
  const nodes = await nodeFacts(system, site, partitionOf(site.site, request.partition).name, request.nodes, signal);
  const deviations = deviationsAmong(nodes, probes).filter((one) => !isUntold(one, nodes.length));
  return { nodes, deviations };
}

/** Facts of so many nodes of a partition, taken inside an allocation of their own; its directory is removed afterwards. */
async function nodeFacts(
  system: System,
  site: OpenSite,
  partitionName: string,
  nodes: number,
  signal: AbortSignal,
): Promise<readonly Facts[]> {
  const partition = partitionOf(site.site, partitionName);
  if (nodes > partition.nodes)
    throw nodesTooMany(
      `an allocation of partition ${partition.name} holds ${partition.nodes} nodes, and ${nodes} are asked for`,
      'ask for fewer, or correct `nodes` of the partition in the site file',
    );
  const runId = newRunId(system.clock.now(), system.random(4));
  const directory = join(site.site.directories.runs, `.inspect-${runId}`);
  const paths = runPaths(directory);
  const nonce = system.random(16);
  const limitSeconds = Math.min(factsLimit, partition.timeLimitSeconds);
  const allocation: PlannedAllocation = {
    id: 'a1',
    key: `assay-inspect-${runId}`,
    partition,
    nodes,
    limitSeconds,
    exclude: [],
    steps: [],
  };
  const templates = await loadCollectorTemplates(system.files);
  const collector = renderCollector(templates, { nonce, probes, ranksLimitSeconds: limitSeconds });
  await system.files.makeDirectory(directory);
  const lock = await takeLock(system, paths.lock);
  try {
    const journal = await openJournal(system, paths.journal);
    const ci = ciVariables(system);
    if (ci) await journal.append({ type: 'driver', ci });
    await journal.append({ type: 'planned', allocations: [allocation], skips: [] });
    const drive = {
      system,
      journal,
      paths,
      lock,
      scheduler: await reachScheduler(system, site.scheduler),
      intervalSeconds: site.scheduler.interval(site.site.scheduler),
      waitAtMostSeconds: site.site.waitAtMostSeconds,
      // Facts that come when nobody waits for them any more are of no use.
      onHold: 'cancel' as const,
      onInterrupt: 'cancel' as const,
      stage: async ({ plan }: AllocationState) => {
        const texts = await renderJobScript(system, { site, runId, directory }, plan);
        return stageAllocation(system, plan, { ...texts, collector, sample: '' }, paths);
      },
      signal,
    };
    const driven = await driveAllocations(drive);
    await settle(drive, journal.state());
    const facts = await readNodeFiles(system, join(paths.allocation('a1'), 'facts'), nonce);
    if (facts.length < nodes) {
      const why = driven === 'ended' ? (journal.state().allocations[0]?.ended?.why ?? '') : `the wait was ${driven}`;
      throw nodesUnanswered(
        `${facts.length} of ${nodes} nodes answered${why ? `: ${why}` : ''}`,
        `look at ${paths.allocation('a1')}/job.out and collector.out`,
      );
    }
    await system.files.remove(directory);
    return facts;
  } finally {
    await lock.release();
  }
}

async function readNodeFiles(system: System, directory: string, nonce: string): Promise<readonly Facts[]> {
  const facts: Facts[] = [];
  for (const name of await system.files.list(directory)) {
    if (!name.endsWith('.facts')) continue;
    const node = name.slice(0, -'.facts'.length);
    facts.push(readFacts(await system.files.readText(join(directory, name)), { nonce, probes, node, slow: true }));
  }
  return facts;
}
