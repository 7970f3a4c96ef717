/**
 * Ways of messages that ranks had at hand: plug-ins they had loaded, devices and shared memory they had mapped. That a way
 * was at hand does not prove that a message went it: only a measurement or the library's own word does. Pure.
 */
import type { SeenRank } from '../read-ranks.ts';
import { transportOf } from './library-role.ts';

/** What the ranks of a case had at hand. Plug-ins in words: `Open MPI btl: self, tcp, vader`. */
export interface TransportsLoaded {
  /** Still loaded when a rank was looked at for the last time. */
  readonly held: readonly string[];
  /** Loaded to be asked, and let go by every rank: not used. */
  readonly released: readonly string[];
  /** Devices, and kinds of shared memory, such as `/dev/infiniband/uverbs0`. */
  readonly opened: readonly string[];
}

/** The ways of all these ranks together. */
export function transportsLoaded(ranks: readonly SeenRank[]): TransportsLoaded {
  const held = new Map<string, Set<string>>();
  const released = new Map<string, Set<string>>();
  const note = (into: Map<string, Set<string>>, path: string): void => {
    const way = transportOf(path);
    if (way) into.set(way.owner, (into.get(way.owner) ?? new Set()).add(way.way));
  };
  for (const { libraries } of ranks) for (const library of libraries) if (!library.released) note(held, library.path);
  for (const { libraries } of ranks)
    for (const library of libraries) {
      const way = transportOf(library.path);
      if (way && !held.get(way.owner)?.has(way.way)) note(released, library.path);
    }
  return {
    held: inWords(held),
    released: inWords(released),
    opened: [...new Set(ranks.flatMap((rank) => rank.opened))].sort(),
  };
}

function inWords(ways: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] {
  return [...ways].map(([owner, names]) => `${owner}: ${[...names].sort().join(', ')}`).sort();
}
