/** AMD on one node: driver, cards by kind, compute nodes, then each card. */
import { factFrom, type SmallFiles, smallFact, smallFiles, textOf } from '../../answers.ts';
import type { Fact } from '../../facts.ts';
import type { NodeAnswer, NodeAnswers, NodeAsk, ProbeRow } from '../../probe.ts';
import { amdCardRows, amdKind, amdModes, ownRows } from './amd-card.ts';
import { type AmdCard, amdCards, amdDriver, cardPatterns, toolSource } from './amd-file.ts';
import { linkFact } from './amd-health.ts';
import { amdSmiCards, rocmSmiCards, type ToolCard } from './amd-tools.ts';
import { absenceOf, type Bus, busWords, gpusOf } from './bus.ts';
import { computeUnits, gfxTarget, kfdNodes, kfdProperties } from './kfd.ts';
import { countedKinds, kindsFact } from './kinds.ts';

const kfd = '/sys/class/kfd/kfd/topology/nodes';

/** Small files that answer without a card. */
export const amdPatterns: readonly string[] = [
  ...['/sys/module/amdgpu', '/sys/module/amdgpu/version', '/opt/rocm/.info/version'],
];

/** Commands, and the files of the cards apart from all others. */
export const amdAsks: readonly NodeAsk[] = [
  { id: 'amd', kind: 'small', patterns: cardPatterns, limitSeconds: 10 },
  {
    id: 'kfd',
    kind: 'command',
    argv: [
      ...(['find', `${kfd}/`, '-mindepth', '2', '-maxdepth', '2', '-name', 'properties'] as const),
      ...['-exec', 'grep', '-HE', `^(${kfdProperties.join('|')}) `, '{}', '+'],
    ],
    limitSeconds: 10,
  },
];

/** AMD's own tools, which start Python: of the slow tier. */
export const amdToolAsks: readonly NodeAsk[] = [
  { id: 'amd-smi', kind: 'command', argv: ['amd-smi', 'static'], limitSeconds: 15, slow: true },
  {
    id: 'rocm-smi',
    kind: 'command',
    // Only options that every release has: an unknown one ends the tool. Not --showallinfo, which names processes.
    argv: ['rocm-smi', '--showproductname', '--showvbios', '--showbus', '--showmaxpower', '--json'],
    limitSeconds: 15,
    slow: true,
  },
];

/** Keys in the fingerprint. */
export const amdFingerprint: readonly string[] = ['amd-driver', 'amd-cards', 'amd-modes', 'amd-links'];

/** Rows of card N that are a node's own. */
export function amdOwnKeys(index: number): readonly string[] {
  return ownRows.map((key) => `amd${index}.${key}`);
}

function driverFact(sys: SmallFiles, bus: Bus, absent: Fact | undefined): Fact {
  const fact = smallFact(sys, '/sys/module/amdgpu/version');
  if ('value' in fact) return fact;
  // amdgpu built into the kernel tree states no version of its own: the kernel's build stands for it.
  if (sys.directories.includes('/sys/module/amdgpu')) return { value: 'in-tree', source: '/sys/module/amdgpu' };
  if (fact.unknown !== 'absent') return fact;
  return (
    absent ?? {
      unknown: 'absent',
      why: `${busWords(bus, 'amd')}; the driver amdgpu is not loaded`,
      source: fact.source,
    }
  );
}

/** Summaries over all cards, or why there are none: a card without its driver shows nothing of itself. */
function summaryRows(cards: readonly AmdCard[], bus: Bus): readonly ProbeRow[] {
  const source = amdDriver;
  const onBus = gpusOf(bus, 'amd')?.length ?? 0;
  const held = cards.length > 0 && cards.length === onBus;
  const why = busWords(bus, 'amd');
  const trouble: Fact = { unknown: bus.gpus ? 'error' : 'absent', why, source };
  const say = (key: string, of: (card: AmdCard) => readonly Fact[]): ProbeRow => ({
    key,
    fact: held ? kindsFact(cards.map(of), source) : trouble,
  });
  return [say('amd-cards', amdKind), say('amd-modes', amdModes), say('amd-links', (card) => [linkFact(card, 'max')])];
}

/** Why a card has no compute node: only where KFD shows none at all is that no failure. */
function missingNode(topology: NodeAnswer, bus: Bus): Fact {
  const source = kfd;
  if (bus.kfdNodes === 0) return { unknown: 'absent', why: 'KFD shows no compute node', source };
  const fact = factFrom(topology, () => undefined);
  if ('unknown' in fact && topology.kind === 'content' && topology.status === 0)
    return { unknown: 'error', why: 'KFD shows compute nodes, but none at the address of this card', source };
  return fact;
}

/** The cards that amdgpu holds, with what tools say of them. */
function heldCards(bus: Bus, answers: NodeAnswers, tools: readonly ToolCard[]): readonly AmdCard[] {
  const topology = answers('kfd');
  const addresses = (gpusOf(bus, 'amd') ?? []).flatMap((gpu) => (gpu.driver === 'amdgpu' ? [gpu.address] : []));
  return amdCards(addresses, {
    files: smallFiles(answers('amd')),
    nodes: kfdNodes(textOf(topology) ?? ''),
    noNode: missingNode(topology, bus),
    tools,
  });
}

function cardRows(cards: readonly AmdCard[]): readonly ProbeRow[] {
  return cards.flatMap((card, index) =>
    amdCardRows(card).map(({ key, fact }) => ({ key: `amd${index}.${key}`, fact })),
  );
}

/** Compute nodes by kind, `8 x gfx90a / 104 CU / 4 links`. */
function computeKinds(text: string): string | undefined {
  const kinds = kfdNodes(text).map((node) => {
    const links = node.properties.get('io_links_count') ?? '?';
    return `${gfxTarget(node) ?? 'gfx not stated'} / ${computeUnits(node) ?? '?'} CU / ${links} links`;
  });
  return kinds.length > 0 ? countedKinds(kinds) : undefined;
}

/** Rows of AMD by what the kernel shows. */
export function amdRows(sys: SmallFiles, bus: Bus, answers: NodeAnswers): readonly ProbeRow[] {
  const absent = absenceOf(bus, 'amd');
  const driver = driverFact(sys, bus, absent);
  if (absent)
    return [{ key: 'amd-driver', fact: driver }, ...amdFingerprint.slice(1).map((key) => ({ key, fact: absent }))];
  const cards = heldCards(bus, answers, []);
  return [
    { key: 'amd-driver', fact: driver },
    ...summaryRows(cards, bus),
    { key: 'amd-compute', fact: factFrom(answers('kfd'), computeKinds) },
    { key: 'rocm', fact: smallFact(sys, '/opt/rocm/.info/version') },
    ...cardRows(cards),
  ];
}

/** Rows of cards that AMD's tools know and the kernel does not state; they stand in for the unknown ones. */
export function amdToolRows(bus: Bus, answers: NodeAnswers): readonly ProbeRow[] {
  const tools = [
    ...amdSmiCards(textOf(answers('amd-smi')) ?? ''),
    ...(rocmSmiCards(textOf(answers('rocm-smi')) ?? '') ?? []),
  ];
  return cardRows(heldCards(bus, answers, tools)).filter(({ fact }) => fact.source === toolSource);
}
