/**
 * What ranks might use, and which way their messages took, case by case. Ranks that were looked at while they started say
 * nothing of their processors, and what is not known in both runs is not compared.
 */
import { listLength } from '../base/number-list.ts';
import type { RankRow, RunRecord } from '../store/run-record.ts';
import { type Compared, changesBetween, joined } from './cause.ts';
import { type CauseKind, weightOf } from './weights.ts';

/** What differs in processors, limits and transport of the cases that both runs have. */
export function rankCauses(left: RunRecord, right: RunRecord): Compared {
  const compared = (kind: CauseKind, name: string, of: (record: RunRecord) => ReadonlyMap<string, string>) => {
    const sayings = (record: RunRecord) =>
      new Map([...of(record)].map(([place, value]) => [place, new Map([[name, value]])] as const));
    const { changes, equal } = changesBetween(sayings(left), sayings(right));
    const causes = changes.map((change) => ({ kind, ...change, weight: weightOf(kind, name) }));
    return { causes, hidden: [], unknown: [], equal: equal.length };
  };
  return joined([
    compared('mpi', 'transport in use', transports),
    compared('placement', 'processors of a rank', (record) =>
      ofRanks(record, ({ settled, processors }) => (settled && processors ? listLength(processors) : undefined)),
    ),
    compared('placement', 'limit of processor time', (record) => ofRanks(record, (rank) => rank.processorLimit)),
    compared('placement', 'limit of memory in bytes', (record) => ofRanks(record, (rank) => rank.memoryLimit)),
  ]);
}

/** By case what its ranks say, each value once; a case of which one rank does not say it is left out. */
function ofRanks(
  { ranks }: RunRecord,
  of: (rank: RankRow) => string | number | undefined,
): ReadonlyMap<string, string> {
  const said = new Map<string, Set<string | number | undefined>>();
  for (const rank of ranks) {
    const values = said.get(rank.case) ?? new Set();
    said.set(rank.case, values.add(of(rank)));
  }
  return new Map(
    [...said].flatMap(([name, values]) =>
      values.has(undefined) ? [] : [[name, [...values].map(String).sort().join(', ')] as const],
    ),
  );
}

function transports({ notes }: RunRecord): ReadonlyMap<string, string> {
  return new Map(
    notes.flatMap(({ case: name, about, text }) =>
      about === 'transport-in-use' && !text.startsWith('unknown') ? [[name, text] as const] : [],
    ),
  );
}
