/**
 * In what the ranks of one case differ: their program, the libraries they hold, the processors and the memory they may use.
 * Ranks are sampled, so what was seen in one and missed in another is a difference only when neither was still loading. Pure.
 */
import { hexOf } from '../../base/digest.ts';
import { listLength, listOf } from '../../base/number-list.ts';
import { isSettled, type SeenRank } from '../read-ranks.ts';
import { type WholeRank, wholeRanks } from './main-process.ts';

/** One thing in which ranks differ, as a sentence that names them. */
export interface RankDifference {
  readonly about: 'executable' | 'library' | 'processors' | 'memory';
  readonly text: string;
}

/** The differences, at most `most` of them; the last then says how many more there are. */
export function rankDifferences(seen: readonly SeenRank[], most = 20): readonly RankDifference[] {
  const ranks = wholeRanks(seen);
  const settled = ranks.filter(({ main }) => isSettled(main));
  const found: readonly RankDifference[] = [
    ...unlike('executable', 'program', settled, ({ main }) => main.executable),
    ...fileDifferences(ranks),
    ...holdings(settled),
    ...unlike('processors', 'processors they may use', settled, ({ main }) =>
      shown(main.processors === undefined ? undefined : listLength(main.processors)),
    ),
    ...unlike('processors', "limit of processors' time", ranks, ({ main }) => shown(main.limits.time)),
    ...unlike('memory', 'number of memory nodes', ranks, ({ main }) =>
      shown(main.memoryNodes === undefined ? undefined : listLength(main.memoryNodes)),
    ),
    ...unlike('memory', 'limit of memory in bytes', ranks, ({ main }) => shown(main.limits.memory)),
  ];
  const left = found.length - most;
  if (left <= 0) return found;
  return [...found.slice(0, most), { about: 'library', text: `… and ${left} more differences between ranks` }];
}

function shown(value: string | number | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

/** `ranks 0-2`, or `rank 3 on node2`. */
function named(ranks: readonly WholeRank[]): string {
  const [first] = ranks;
  if (ranks.length === 1 && first) return `rank ${first.rank} on ${first.node}`;
  return `ranks ${listOf(ranks.map(({ rank }) => rank))}`;
}

/** Ranks that say one thing, most ranks first. What is not known of a rank says nothing. */
function groupsOf(
  ranks: readonly WholeRank[],
  of: (rank: WholeRank) => string | undefined,
): readonly (readonly [string, readonly WholeRank[]])[] {
  const groups = new Map<string, WholeRank[]>();
  for (const rank of ranks) {
    const value = of(rank);
    if (value === undefined) continue;
    const group = groups.get(value);
    if (group) group.push(rank);
    else groups.set(value, [rank]);
  }
  return [...groups].sort(([, a], [, b]) => b.length - a.length || (a[0]?.rank ?? 0) - (b[0]?.rank ?? 0));
}

function unlike(
  about: RankDifference['about'],
  what: string,
  ranks: readonly WholeRank[],
  of: (rank: WholeRank) => string | undefined,
): readonly RankDifference[] {
  const groups = groupsOf(ranks, of);
  if (groups.length < 2) return [];
  return [{ about, text: `${what}: ${groups.map(([value, some]) => `${value} for ${named(some)}`).join(', ')}` }];
}

/** One path that is another file for some ranks: another content, or another origin. */
function fileDifferences(ranks: readonly WholeRank[]): readonly RankDifference[] {
  const paths = new Set(ranks.flatMap(({ libraries }) => [...libraries.keys()]));
  return [...paths].flatMap((path) =>
    unlike('library', path, ranks, ({ libraries }) => {
      const { origin, digest } = libraries.get(path) ?? {};
      return origin && digest ? `that of the ${origin} (sha256:${hexOf(digest).slice(0, 12)})` : undefined;
    }),
  );
}

/** Libraries that some ranks hold and others never had. */
function holdings(settled: readonly WholeRank[]): readonly RankDifference[] {
  const paths = new Set(settled.flatMap(({ libraries }) => [...libraries.keys()]));
  return [...paths].flatMap((path): readonly RankDifference[] => {
    const holding = settled.filter(({ libraries }) => libraries.has(path) && !libraries.get(path)?.released);
    const without = settled.filter(({ libraries }) => !libraries.has(path));
    if (holding.length === 0 || without.length === 0) return [];
    const { origin, digest } = holding[0]?.libraries.get(path) ?? {};
    const file = origin && digest ? ` (of the ${origin}, sha256:${hexOf(digest).slice(0, 12)})` : '';
    const text =
      holding.length <= without.length
        ? `${named(holding)} had ${path}${file}, which ${named(without)} had not`
        : `${named(without)} had not ${path}${file}, which ${named(holding)} had`;
    return [{ about: 'library', text }];
  });
}
