/** What an NVIDIA card says of its own faults: memory errors, pages and rows given up, a link below what it could be. */
import type { Fact } from '../../facts.ts';
import { isNotApplicable, joinedFact } from './kinds.ts';
import { fieldFact, type LoggedCard } from './nvidia-field.ts';

/** The elements that are added up, by generation: Ampere and later count SRAM and DRAM apart, earlier cards give a total. */
const counters: Readonly<Record<'corrected' | 'uncorrected', readonly string[]>> = {
  corrected: ['single_bit/total', 'sram_correctable', 'dram_correctable'],
  uncorrected: [
    ...['double_bit/total', 'sram_uncorrectable', 'sram_uncorrectable_parity', 'sram_uncorrectable_secded'],
    'dram_uncorrectable',
  ],
};

function sumFact(facts: readonly Fact[], source: string): Fact {
  const failed = facts.find((fact) => 'unknown' in fact && fact.unknown !== 'absent');
  if (failed) return failed;
  const values = facts.flatMap((fact) => ('value' in fact ? [fact.value] : []));
  const numbers = values.filter((value) => !isNotApplicable(value));
  if (values.length === 0) return facts[0] ?? { unknown: 'absent', why: 'no counter is stated', source };
  if (numbers.length === 0) return { value: 'N/A', source };
  const odd = numbers.find((value) => !/^\d{1,15}$/.test(value));
  if (odd !== undefined) return { unknown: 'error', why: `${source} counts "${odd}"`, source };
  return { value: String(numbers.reduce((sum, value) => sum + Number(value), 0)), source };
}

/** Errors since the driver was loaded (volatile) and in the card's life (aggregate). */
export function eccErrors(card: LoggedCard, kind: 'corrected' | 'uncorrected'): Fact {
  const sum = (scope: string): Fact =>
    sumFact(
      counters[kind].map((counter) => fieldFact(card, `ecc_errors/${scope}/${counter}`)),
      card.source,
    );
  return joinedFact(
    ['volatile', 'aggregate'].map((scope) => [sum(scope), (value: string) => `${scope} ${value}`] as const),
    card.source,
  );
}

/** Pages that cards before Ampere no longer use, by cause. */
export function retiredPages(card: LoggedCard): Fact {
  const of = (name: string): Fact => fieldFact(card, `retired_pages/${name}`);
  const pending = fieldFact(card, 'retired_pages/pending_retirement', 'retired_pages/pending_blacklist');
  return joinedFact(
    [
      [of('multiple_single_bit_retirement/retired_count'), (value) => `single-bit ${value}`],
      [of('double_bit_retirement/retired_count'), (value) => `double-bit ${value}`],
      [pending, (value) => `pending ${value}`],
    ],
    card.source,
  );
}

/** Rows that Ampere and later have replaced. A failed replacement, or a pending one, needs an administrator. */
export function remappedRows(card: LoggedCard): Fact {
  const of = (name: string): Fact => fieldFact(card, `remapped_rows/remapped_row_${name}`);
  // Without rows to remap the element itself says N/A.
  const whole = fieldFact(card, 'remapped_rows');
  if ('value' in whole) return whole;
  return joinedFact(
    [
      [of('corr'), (value) => `correctable ${value}`],
      [of('unc'), (value) => `uncorrectable ${value}`],
      [of('pending'), (value) => `pending ${value}`],
      [of('failure'), (value) => `failure ${value}`],
    ],
    card.source,
  );
}

/** `16x` lanes, or a generation, as a number. */
function countOf(fact: Fact): number | undefined {
  const digits = 'value' in fact ? /^(\d{1,2})x?$/.exec(fact.value)?.[1] : undefined;
  return digits === undefined ? undefined : Number(digits);
}

/** A field that is no number: unknown as it is, or not applicable, or not understood. */
function noCount(fact: Fact): Fact {
  if ('unknown' in fact || isNotApplicable(fact.value)) return fact;
  return { unknown: 'error', why: `${fact.source} says "${fact.value.slice(0, 80)}"`, source: fact.source };
}

/**
 * `no`, or in what the link is below the most that card and slot allow. The width never sleeps; the generation falls in
 * every state but the fastest (P0), so only there does a lower one count.
 */
export function linkFault(card: LoggedCard): Fact {
  const of = (path: string): Fact => fieldFact(card, `pci/pci_gpu_link_info/${path}`);
  const [widthNow, widthMost] = [of('link_widths/current_link_width'), of('link_widths/max_link_width')];
  const [width, widest] = [countOf(widthNow), countOf(widthMost)];
  const [now, most] = [countOf(of('pcie_gen/current_link_gen')), countOf(of('pcie_gen/max_link_gen'))];
  if (width === undefined) return noCount(widthNow);
  if (widest === undefined) return noCount(widthMost);
  const state = fieldFact(card, 'performance_state');
  if ('unknown' in state && state.unknown !== 'absent') return state;
  const awake = 'value' in state && state.value === 'P0';
  const faults = [
    ...(width < widest ? [`width x${width} of x${widest}`] : []),
    ...(awake && now !== undefined && most !== undefined && now < most ? [`generation ${now} of ${most} in P0`] : []),
  ];
  return { value: faults.length > 0 ? faults.join(', ') : 'no', source: card.source };
}
