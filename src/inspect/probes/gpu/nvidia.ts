/** NVIDIA on one node: driver, cards by kind, then each card. */
import { factFrom, known, type SmallFiles, smallFact, textOf } from '../../answers.ts';
import type { Fact } from '../../facts.ts';
import type { NodeAnswer, NodeAnswers, NodeAsk, ProbeRow } from '../../probe.ts';
import { absenceOf, type Bus, busWords, gpusOf, pciAddress } from './bus.ts';
import { kindsFact, orNotStated } from './kinds.ts';
import { linkMost, nvidiaCardRows, ownRows } from './nvidia-card.ts';
import { fieldFact, type LoggedCard, loggedCards, statedFact } from './nvidia-field.ts';
import { headOf, type NvidiaLog, readNvidiaLog } from './nvidia-log.ts';
import {
  bannerPath,
  bannerVersion,
  driverParameters,
  excludedFact,
  memoryNodeRows,
  moduleKind,
  type ProcCard,
  procCardRows,
  procCards,
} from './nvidia-proc.ts';

/** Small files of the driver. */
export const nvidiaPatterns: readonly string[] = ['/sys/module/nvidia/version', bannerPath];

/** Seconds for one call: without the persistence daemon each wakes every card, a second or more each. */
export const smiSeconds = 20;

/** Commands and files. */
export const nvidiaAsks: readonly NodeAsk[] = [
  { id: 'nvidia-smi', kind: 'command', argv: ['nvidia-smi', '-q', '-x'], limitSeconds: smiSeconds },
  {
    id: 'nvidia-information',
    kind: 'command',
    // Several lines a file, and a broken card may hold its reader for ever: so no file that all facts wait for.
    argv: [
      ...(['find', '/proc/driver/nvidia/gpus', '(', '-name', 'information'] as const),
      ...['-o', '-name', 'numa_status', ')', '-exec', 'grep', '-H', '.', '{}', '+'],
    ],
    limitSeconds: 10,
  },
  { id: 'nvidia-parameters', kind: 'file', path: '/proc/driver/nvidia/params' },
];

/** Keys in the fingerprint. */
export const nvidiaFingerprint: readonly string[] = ['nvidia-driver', 'nvidia-cards', 'nvidia-modes', 'nvidia-links'];

/** Rows of card N that are a node's own. */
export function nvidiaOwnKeys(index: number): readonly string[] {
  return ownRows.map((key) => `nvidia${index}.${key}`);
}

function driverFact(sys: SmallFiles, bus: Bus, absent: Fact | undefined, log: NvidiaLog, source: string): Fact {
  const fact = smallFact(sys, '/sys/module/nvidia/version');
  if ('value' in fact) return fact;
  const version = bannerVersion(sys.values.get(bannerPath) ?? '');
  if (version) return { value: version, source: bannerPath };
  if (fact.unknown !== 'absent') return fact;
  // Where neither file can be seen, as in some containers, nvidia-smi still speaks to the driver.
  const stated = headOf(log, 'driver_version');
  if (stated !== undefined) return statedFact(stated, source);
  return (
    absent ?? {
      unknown: 'absent',
      why: `${busWords(bus, 'nvidia')}; the driver nvidia is not loaded`,
      source: fact.source,
    }
  );
}

/** Why the cards cannot be told, or undefined: only a whole answer of a command that ended well tells all of them. */
function smiTrouble(answer: NodeAnswer, log: NvidiaLog, bus: Bus): Fact | undefined {
  const { source } = answer;
  const words = busWords(bus, 'nvidia');
  if (answer.kind === 'unknown') return { unknown: answer.unknown, why: `${words}; ${answer.why}`, source };
  if (answer.status !== 0) return factFrom(answer, () => undefined);
  if (log.fault || !log.root) return { unknown: 'error', why: `${log.said[0] ?? log.fault}`.slice(0, 200), source };
  if (loggedCards(log, source).length === 0)
    return { unknown: 'error', why: `${words}; nvidia-smi shows none`, source };
  return undefined;
}

/** Cards, modes and links by kind. */
function summaryRows(cards: readonly LoggedCard[], trouble: Fact | undefined, source: string): readonly ProbeRow[] {
  const say = (key: string, of: (card: LoggedCard) => readonly Fact[]): ProbeRow => ({
    key,
    fact: trouble ?? kindsFact(cards.map(of), source),
  });
  const words = (label: string, fact: Fact): Fact =>
    'value' in fact ? { value: `${label} ${fact.value}`, source } : fact;
  return [
    say('nvidia-cards', (card) => [
      fieldFact(card, 'product_name'),
      fieldFact(card, 'fb_memory_usage/total'),
      fieldFact(card, 'vbios_version'),
    ]),
    say('nvidia-modes', (card) => [words('ECC', fieldFact(card, 'ecc_mode/current_ecc')), words('MIG', migFact(card))]),
    say('nvidia-links', (card) => [linkMost(card)]),
  ];
}

/** Drivers before 450 know no MIG; a later one that does not state it is not understood. */
function migFact(card: LoggedCard): Fact {
  const fact = fieldFact(card, 'mig_mode/current_mig');
  const version = headOf(card.log, 'driver_version');
  return Number.parseInt(version ?? '', 10) < 450 ? orNotStated(fact) : fact;
}

/** Rows of each card: nvidia-smi's, else what the kernel driver knows by itself. */
function cardRows(cards: readonly LoggedCard[], proc: readonly ProcCard[]): readonly ProbeRow[] {
  const logged = cards.map((card) => [
    ...nvidiaCardRows(card),
    ...memoryNodeRows(proc.find(({ address }) => address === pciAddress(card.element.id ?? ''))),
  ]);
  const each = cards.length > 0 ? logged : proc.map((card) => [...procCardRows(card), ...memoryNodeRows(card)]);
  return each.flatMap((rows, index) => rows.map(({ key, fact }) => ({ key: `nvidia${index}.${key}`, fact })));
}

/** Rows that only a node with the driver has. */
function driverRows(sys: SmallFiles, log: NvidiaLog, cards: readonly LoggedCard[], bus: Bus, answers: NodeAnswers) {
  const smi = answers('nvidia-smi');
  const proc = answers('nvidia-information');
  const cuda = headOf(log, 'cuda_version');
  const onBus = gpusOf(bus, 'nvidia')?.length;
  const warnings = log.said.filter((line) => /^(warning|error)\b/i.test(line));
  const rows: ProbeRow[] = [
    { key: 'nvidia-module', fact: moduleKind(sys) },
    { key: 'nvidia-excluded', fact: excludedFact(procCards(textOf(proc) ?? ''), proc) },
    { key: 'nvidia-parameters', fact: factFrom(answers('nvidia-parameters'), driverParameters) },
    { key: 'nvidia-cuda', fact: cuda === undefined ? noCuda(smi, log) : statedFact(cuda, smi.source) },
  ];
  // A step may be given some of the cards only.
  if (cards.length > 0 && !log.fault && onBus)
    rows.push(known('nvidia-visible', `${cards.length} of ${onBus} on the PCI bus`, smi.source));
  if (warnings.length > 0) rows.push(known('nvidia-warnings', warnings.join('; ').slice(0, 500), smi.source));
  return rows;
}

function noCuda(smi: NodeAnswer, log: NvidiaLog): Fact {
  if (smi.kind === 'unknown' || smi.status !== 0) return factFrom(smi, () => undefined);
  const { source } = smi;
  if (log.fault) return { unknown: 'error', why: log.fault, source };
  return { unknown: 'absent', why: 'this nvidia-smi does not state the version of CUDA', source };
}

/** All rows of NVIDIA. */
export function nvidiaRows(sys: SmallFiles, bus: Bus, answers: NodeAnswers): readonly ProbeRow[] {
  const smi = answers('nvidia-smi');
  const absent = absenceOf(bus, 'nvidia');
  const log = readNvidiaLog(textOf(smi) ?? '');
  const driver = driverFact(sys, bus, absent, log, smi.source);
  const cards = loggedCards(log, smi.source);
  const driverKnown = 'value' in driver && driver.value !== 'none';
  if (absent && cards.length === 0) {
    const none = nvidiaFingerprint.slice(1).map((key) => ({ key, fact: absent }));
    return [
      { key: 'nvidia-driver', fact: driver },
      ...none,
      ...(driverKnown ? driverRows(sys, log, cards, bus, answers) : []),
    ];
  }
  return [
    { key: 'nvidia-driver', fact: driver },
    ...summaryRows(cards, smiTrouble(smi, log, bus), smi.source),
    ...driverRows(sys, log, cards, bus, answers),
    ...cardRows(cards, procCards(textOf(answers('nvidia-information')) ?? '')),
  ];
}
