/**
 * What NVIDIA's tools and services tell beside the cards: the topology; DCGM and the fabric manager, where they are
 * installed. No diagnosis is run: it takes the cards from who uses them. What DCGM has watched already costs nothing.
 */
import { factOrNone } from '../../answers.ts';
import type { Fact } from '../../facts.ts';
import type { NodeAnswer, NodeAnswers, NodeAsk, ProbeRow } from '../../probe.ts';
import { absenceOf, type Bus } from './bus.ts';
import { smiSeconds } from './nvidia.ts';
import { topologyRows } from './nvidia-topology.ts';

/** Commands of the slow tier. */
export const serviceAsks: readonly NodeAsk[] = [
  { id: 'nvidia-topology', kind: 'command', argv: ['nvidia-smi', 'topo', '-m'], limitSeconds: smiSeconds, slow: true },
  { id: 'fabric-manager', kind: 'command', argv: ['nv-fabricmanager', '--version'], limitSeconds: 10, slow: true },
  { id: 'dcgm', kind: 'command', argv: ['dcgmi', '--version'], limitSeconds: 10, slow: true },
  { id: 'dcgm-health', kind: 'command', argv: ['dcgmi', 'health', '--check'], limitSeconds: 10, slow: true },
];

/** `3.3.5` of `dcgmi --version` or of `nv-fabricmanager --version`, each of which words it in its own way. */
function serviceVersion(text: string): string | undefined {
  return /version\D{0,12}(\d+(?:\.\d+)+)/i.exec(text)?.[1];
}

/**
 * The health that DCGM's background watches have seen (`dcgmi health --check`, dcgmi-health): `Healthy`, `Warning`,
 * `Failure`; `not watched` where nobody has switched them on. Its status is not zero in that case.
 */
function watchedHealth(answer: NodeAnswer): Fact {
  return factOrNone(
    answer,
    (text) => {
      if (/health watches not enabled/i.test(text)) return 'not watched';
      return /^\|?\s*Overall Health\s*\|\s*(Healthy|Warning|Failure)\b/m.exec(text)?.[1];
    },
    { anyStatus: true },
  );
}

/** Rows of these; none on a node that is proved to have no card of NVIDIA. */
export function serviceRows(bus: Bus, answers: NodeAnswers): readonly ProbeRow[] {
  if (absenceOf(bus, 'nvidia')) return [];
  return [
    ...topologyRows(answers('nvidia-topology')),
    { key: 'fabric-manager', fact: factOrNone(answers('fabric-manager'), serviceVersion) },
    { key: 'dcgm', fact: factOrNone(answers('dcgm'), serviceVersion) },
    { key: 'dcgm-health', fact: watchedHealth(answers('dcgm-health')) },
  ];
}
