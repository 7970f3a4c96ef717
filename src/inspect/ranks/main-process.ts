/** The ranks of a case, each with all its processes together: a wrapper and what it started are one rank. Pure. */
import type { MappedLibrary, SeenRank } from '../read-ranks.ts';

/** One rank: its main process, and the libraries of all of its processes by path. */
export interface WholeRank {
  readonly rank: number;
  readonly node: string;
  /** The process that had most libraries; of equal ones the last. */
  readonly main: SeenRank;
  readonly libraries: ReadonlyMap<string, MappedLibrary>;
}

/** Ranks in the order of their numbers. */
export function wholeRanks(seen: readonly SeenRank[]): readonly WholeRank[] {
  const byNumber = new Map<number, SeenRank[]>();
  for (const one of seen) {
    const processes = byNumber.get(one.rank);
    if (processes) processes.push(one);
    else byNumber.set(one.rank, [one]);
  }
  return [...byNumber]
    .sort(([a], [b]) => a - b)
    .flatMap(([rank, processes]): readonly WholeRank[] => {
      const [first, ...others] = processes;
      if (!first) return [];
      const main = others.reduce((a, b) => (b.libraries.length >= a.libraries.length ? b : a), first);
      const libraries = new Map<string, MappedLibrary>();
      for (const { libraries: some } of processes)
        for (const library of some) {
          const known = libraries.get(library.path);
          // What one process still holds the rank holds.
          if (!known || (known.released && !library.released)) libraries.set(library.path, library);
        }
      return [{ rank, node: main.node, main, libraries }];
    });
}
