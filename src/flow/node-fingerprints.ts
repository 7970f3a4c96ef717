/** Which kernel, fabric, MPI and GPU stack the nodes of a run had, by fingerprint. Pure. */
import type { NodeEvidence } from '../certify/evidence.ts';
import { type Facts, factValue } from '../inspect/facts.ts';
import { fingerprintsOf } from '../inspect/fingerprint.ts';
import { probes } from '../inspect/probes/index.ts';
import type { DerivedRun } from './derive-run.ts';

/**
 * One entry for each node; two for a node that changed between two allocations. An allocation in which steps ran and not
 * every node told its facts adds an entry of unknown fingerprints.
 */
export function nodeFingerprints({
  nodes,
  directory,
}: Pick<DerivedRun, 'nodes' | 'directory'>): readonly NodeEvidence[] {
  const told = new Map<string, NodeEvidence>();
  for (const one of nodes.flatMap(({ facts }) => facts).map(evidenceOf))
    told.set(JSON.stringify([one.node, one.fingerprints]), one);
  const silent = directory.state.allocations.flatMap(({ plan, steps }): readonly NodeEvidence[] => {
    const facts = nodes.find(({ allocation }) => allocation === plan.id)?.facts ?? [];
    const left = plan.nodes - new Set(facts.map(({ node }) => node)).size;
    if (steps.size === 0 || left <= 0) return [];
    const unknown = `${left} of ${plan.nodes} nodes did not tell their facts`;
    return [{ node: `allocation ${plan.id}`, fingerprints: { kernel: { unknown } } }];
  });
  return [...told.values(), ...silent];
}

function evidenceOf(facts: Facts): NodeEvidence {
  const prints = fingerprintsOf(facts, probes);
  const kernel = prints.find(({ name }) => name === 'kernel');
  const release = factValue(facts, 'kernel', 'release');
  return {
    node: facts.node,
    fingerprints: Object.fromEntries(
      prints.map((print) => [
        print.name,
        'digest' in print ? print.digest : { unknown: `${print.unknown}: ${print.why}` },
      ]),
    ),
    ...(release !== undefined && { release }),
    ...(kernel && 'text' in kernel && { kernelLines: kernel.text.trimEnd().split('\n') }),
  };
}
