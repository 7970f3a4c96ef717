/** What NVIDIA's kernel driver says below /proc/driver/nvidia (its README, "Using the /proc File System Interface"). */
import { factFrom, type SmallFiles, smallFact } from '../../answers.ts';
import type { Fact } from '../../facts.ts';
import type { NodeAnswer, ProbeRow } from '../../probe.ts';
import { pciAddress } from './bus.ts';
import { statedFact } from './nvidia-field.ts';

/** The banner of the loaded kernel module. */
export const bannerPath = '/proc/driver/nvidia/version';

/** `535.54.03` of the banner, whichever way this release words it: `Kernel Module  535…`, `Open Kernel Module for x86_64  595…`. */
export function bannerVersion(banner: string): string | undefined {
  return /Kernel Module\s+(?:for \S+\s+)?(\d[\d.]+)/.exec(banner)?.[1];
}

/** Which of NVIDIA's two kernel modules is loaded: they behave differently (GSP firmware, P2P, huge pages). */
export function moduleKind(sys: SmallFiles): Fact {
  const fact = smallFact(sys, bannerPath);
  if ('unknown' in fact) return fact;
  if (bannerVersion(fact.value)) {
    return { value: /\bOpen Kernel Module\b/.test(fact.value) ? 'open' : 'proprietary', source: bannerPath };
  }
  return { unknown: 'error', why: `${bannerPath} was not understood`, source: bannerPath };
}

/** Parameters in force, `Name: value` lines of /proc/driver/nvidia/params, as `Name=value`, without empty ones. */
export function driverParameters(text: string): string {
  return text
    .split('\n')
    .flatMap((line) => {
      const [, name, value] = /^(\w+):\s*"?([ -!#-~]*?)"?\s*$/.exec(line) ?? [];
      return name && value ? [`${name}=${value}`] : [];
    })
    .sort()
    .join(' ');
}

/** One card as the driver's folder of it says. */
export interface ProcCard {
  readonly address: string;
  /** Of its file `information`. */
  readonly information: ReadonlyMap<string, string>;
  /** Of its file `numa_status`, which cards have whose memory is a NUMA node of the system. */
  readonly numa: ReadonlyMap<string, string>;
}

/** Cards by address, in the lines `PATH:NAME: value` of `find … -exec grep -H`. Paths hold colons themselves. */
export function procCards(text: string): readonly ProcCard[] {
  const cards = new Map<string, { information: Map<string, string>; numa: Map<string, string> }>();
  for (const line of text.split('\n')) {
    const match = /^\/proc\/driver\/nvidia\/gpus\/([^/]+)\/(information|numa_status):([A-Za-z ]+):\s*(.*)$/.exec(line);
    const address = pciAddress(match?.[1] ?? '');
    if (!address || !match?.[3]) continue;
    const card = cards.get(address) ?? { information: new Map(), numa: new Map() };
    card[match[2] === 'information' ? 'information' : 'numa'].set(match[3].trim(), (match[4] ?? '').trim());
    cards.set(address, card);
  }
  return [...cards].sort(([a], [b]) => (a < b ? -1 : 1)).map(([address, card]) => ({ address, ...card }));
}

/** How many cards the driver was told to leave alone: nvidia-smi does not show them. */
export function excludedFact(cards: readonly ProcCard[], answer: NodeAnswer): Fact {
  return factFrom(answer, () => {
    const stated = cards.filter(({ information }) => information.has('GPU Excluded'));
    const excluded = stated.filter(({ information }) => information.get('GPU Excluded') === 'Yes').length;
    return stated.length === 0 ? undefined : excluded === 0 ? 'none' : String(excluded);
  });
}

/** The NUMA node that a card's memory is, as on POWER9 and Grace: `250, online`. */
export function memoryNodeRows(card: ProcCard | undefined): readonly ProbeRow[] {
  const [node, status] = [card?.numa.get('Node'), card?.numa.get('Status')];
  if (!card || !node || !/^\d{1,5}$/.test(node) || !/^\w+$/.test(status ?? '')) return [];
  const source = `/proc/driver/nvidia/gpus/${card.address}/numa_status`;
  return [{ key: 'memory-node', fact: { value: `${node}, ${status}`, source } }];
}

/** What `information` can say of a card where nvidia-smi says nothing. A card that was never used has `??` for its VBIOS. */
export function procCardRows(card: ProcCard): readonly ProbeRow[] {
  const source = `/proc/driver/nvidia/gpus/${card.address}/information`;
  const field = (name: string): Fact => {
    const value = card.information.get(name);
    if (value === undefined) return { unknown: 'absent', why: `${source} does not state ${name}`, source };
    if (value.includes('??')) return { unknown: 'error', why: `${source} says ${value}: not used yet`, source };
    return statedFact(value, source);
  };
  return [
    { key: 'model', fact: field('Model') },
    { key: 'address', fact: { value: card.address, source } },
    { key: 'uuid', fact: field('GPU UUID') },
    { key: 'vbios', fact: field('Video BIOS') },
    { key: 'gsp-firmware', fact: field('GPU Firmware') },
  ];
}
