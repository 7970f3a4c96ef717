/**
 * Facts to judge a start by: those of a file; else what the nodes of the partition told last, from the store; else this
 * host's own. Whose they are and how old is told with them.
 */
import { HarnessError } from '../base/error.ts';
import { foldHosts } from '../base/host-list.ts';
import { showDuration } from '../base/quantity.ts';
import { type Facts, factValue } from '../inspect/facts.ts';
import { localFacts } from '../inspect/local.ts';
import { factGroups } from '../preflight/preflight.ts';
import { type NodeFacts, newestPartitionFacts } from '../store/read-nodes.ts';
import { openStore } from '../store/store.ts';
import type { System } from '../system/system.ts';
import { readFactsFile } from './facts-file.ts';
import { factsOf } from './node-facts.ts';
import type { OpenSite } from './open-site.ts';

/** Facts with where they come from. */
export interface KnownFacts {
  readonly facts: readonly Facts[];
  /** Whose they are and how old, for people; starts with the names of the nodes. */
  readonly whose: string;
  /** What speaks against trusting them, or why there are no better ones; empty when all is well. */
  readonly doubts: readonly string[];
}

/** Seconds after which facts are called old, and after which those of one node give way to younger ones of others. */
const oldSeconds = 30 * 86400;

/** Longest wait for a store that others write to, in seconds: there is something to fall back on. */
const storeWait = 5;

/**
 * The facts of a file as `assay inspect --json` writes it, where one is named (FLOW_FACTS_INVALID); else those of the nodes of
 * a partition that runs brought into the site's store; else this host's. A store that cannot be read is no error, but told.
 */
export async function knownFacts(
  system: System,
  site: OpenSite,
  partition: string,
  file?: string,
): Promise<KnownFacts> {
  if (file !== undefined) {
    const facts = await readFactsFile(system, file);
    return { facts, whose: `${foldHosts(facts.map(({ node }) => node))}, of ${file}`, doubts: [] };
  }
  // Without a scheduler the node is this host, which can be asked now; and its store may be in a home that others share.
  const stored = site.scheduler.kind === 'local' ? { nodes: [] } : await storedFacts(system, site, partition);
  if (stored.nodes.length > 0) return ofNodes(system, site, stored.nodes, partition);
  const facts = await localFacts(system);
  const whose = `${facts.node}, this host, now`;
  return { facts: [facts], whose, doubts: stored.why === undefined ? [] : [stored.why] };
}

async function storedFacts(
  system: System,
  { site }: OpenSite,
  partition: string,
): Promise<{ readonly nodes: readonly NodeFacts[]; readonly why?: string }> {
  try {
    const store = await openStore(system, site.directories.store, 'read', { limitSeconds: storeWait });
    try {
      const nodes = await newestPartitionFacts(store, site.name, partition, factGroups);
      return { nodes: nodes.filter(({ facts }) => facts.length > 0) };
    } finally {
      store.close();
    }
  } catch (error) {
    if (!(error instanceof HarnessError)) throw error;
    if (error.code === 'STORE_MISSING') return { nodes: [] };
    return { nodes: [], why: `what the nodes told before cannot be read: ${error.message}` };
  }
}

async function ofNodes(
  system: System,
  site: OpenSite,
  all: readonly NodeFacts[],
  partition: string,
): Promise<KnownFacts> {
  const now = Date.parse(system.clock.now());
  const aged = all
    .map((node) => ({ node, seconds: Math.max(0, (now - Date.parse(node.at)) / 1000) }))
    .sort((a, b) => a.seconds - b.seconds);
  const youngest = aged[0]?.seconds ?? 0;
  // A node that told nothing for so long while others did may be gone, and must not decide for those that are there.
  const kept = aged.filter(({ seconds }) => seconds <= youngest + oldSeconds);
  const names = foldHosts(kept.map(({ node }) => node.node));
  const oldest = kept.at(-1)?.seconds ?? 0;
  const runs = new Set(kept.map(({ node }) => node.run));
  const age =
    runs.size === 1
      ? `${showAge(youngest)} ago in run ${[...runs][0]}`
      : `${showAge(youngest)} to ${showAge(oldest)} ago in ${runs.size} runs`;
  const facts = kept.map(({ node }) => factsOf(node)).sort((a, b) => (a.node < b.node ? -1 : 1));
  const left = aged.length - kept.length;
  const offered = await offeredHere(system, site, facts);
  return {
    facts: [...facts, ...offered],
    whose: `${names} of partition ${partition}, told ${age}`,
    doubts: [
      ...(oldest > oldSeconds ? [`the facts are up to ${showAge(oldest)} old; a run or --facts brings new ones`] : []),
      ...(left > 0 ? [`${left} nodes that told nothing for much longer are left out`] : []),
      ...(await otherKernels(system, facts)),
      ...offered.map(({ node }) => `no node told what its srun offers: what that of ${node} does is taken`),
    ],
  };
}

/** What the srun of this host offers, where it matters and no node told: one Slurm mostly has the same plugins everywhere. */
async function offeredHere(system: System, site: OpenSite, nodes: readonly Facts[]): Promise<readonly Facts[]> {
  const offers = (facts: Facts) => factValue(facts, 'mpi', 'plugins') !== undefined;
  if (site.launcher.kind !== 'srun' || nodes.some(offers)) return [];
  const { node, groups } = await localFacts(system);
  const plugins = groups.mpi?.plugins;
  const here = { node, groups: plugins ? { mpi: { plugins } } : {} };
  return offers(here) ? [here] : [];
}

/** Nodes that ran another kernel than this host does now: one of them may have been updated since. */
async function otherKernels(system: System, facts: readonly Facts[]): Promise<readonly string[]> {
  const here = (await system.files.readTextIfThere('/proc/sys/kernel/osrelease'))?.trim();
  const releases = [...new Set(facts.flatMap((node) => factValue(node, 'kernel', 'release') ?? []))].sort();
  if (here === undefined || releases.every((release) => release === here)) return [];
  return [
    `the nodes ran Linux ${releases.join(' and ')} then, and this host runs ${here}: they may have been updated since`,
  ];
}

/** `45 d`, `3 h 2 min`: an age for people. */
function showAge(seconds: number): string {
  return seconds >= 2 * 86400 ? `${Math.floor(seconds / 86400)} d` : showDuration(Math.round(seconds));
}
