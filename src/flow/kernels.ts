/** `assay kernels`: which kernels are blessed, and which nodes run one. From the blessings and from the store. */
import { HarnessError } from '../base/error.ts';
import { type Census, census, type SeenNode } from '../certify/kernels/census.ts';
import { readKernelStatement } from '../certify/kernels/read-statement.ts';
import { loadTrust } from '../certify/trust.ts';
import { fingerprintKeys, fingerprintOf } from '../inspect/fingerprint.ts';
import { probes } from '../inspect/probes/index.ts';
import { type NodeFacts, newestNodeFacts } from '../store/read-nodes.ts';
import { openStore } from '../store/store.ts';
import type { System } from '../system/system.ts';
import { readBlessings } from './blessings.ts';
import { factsOf } from './node-facts.ts';
import { openSite } from './open-site.ts';

/** What is asked. */
export interface KernelsRequest {
  readonly site?: string;
  /** Files of public keys whose statements count. */
  readonly keys: readonly string[];
}

/** What is known, and from where. */
export interface Kernels extends Census {
  readonly site: string;
  readonly folder: string;
  /** ISO 8601 UTC. */
  readonly at: string;
  /** Why no node is known, when the store could not be read. */
  readonly store?: string;
}

/** Looks them up. A store that is not there is told, and leaves the blessings alone to be shown. */
export async function kernels(system: System, request: KernelsRequest): Promise<Kernels> {
  const trust = await loadTrust(system, request.keys);
  const { site } = await openSite(system, request.site);
  const folder = site.directories.blessings;
  const statements = (await readBlessings(system, folder)).map((file) => readKernelStatement(file, trust));
  const stored = await seenNodes(system, site.directories.store, site.name);
  const at = system.clock.now();
  return {
    site: site.name,
    folder,
    at,
    ...census(site.name, statements, 'nodes' in stored ? stored.nodes : [], at),
    ...('missing' in stored && { store: stored.missing }),
  };
}

async function seenNodes(
  system: System,
  path: string,
  site: string,
): Promise<{ readonly nodes: readonly SeenNode[] } | { readonly missing: string }> {
  try {
    const store = await openStore(system, path, 'read');
    try {
      return { nodes: (await newestNodeFacts(store, site, kernelKeys)).map(seenNode) };
    } finally {
      store.close();
    }
  } catch (error) {
    if (!(error instanceof HarnessError)) throw error;
    return { missing: error.message };
  }
}

// The release is among them, and its group is the first: a node that told no kernel told nothing of use here.
const kernelKeys = fingerprintKeys('kernel', probes);

function seenNode({ node, run, at, facts }: NodeFacts): SeenNode {
  const print = fingerprintOf('kernel', factsOf({ node, facts }), probes);
  const release = facts.find(({ group, key }) => group === 'kernel' && key === 'release')?.value;
  return {
    node,
    run,
    at,
    ...(release !== undefined && { release }),
    kernel: 'digest' in print ? print.digest : { unknown: `${print.unknown}: ${print.why}` },
  };
}
