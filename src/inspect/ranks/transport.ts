/**
 * Ways of messages that ranks had at hand: plug-ins they had loaded, devices and shared memory they had mapped. That a way
 * was at hand does not prove that a message went it: only a measurement or the library's own word does. Pure.
 */
import type { SeenRank } from '../read-ranks.ts';
import { transportOf } from './library-role.ts';

/** What the ranks of a case had at hand. Plug-ins in words: `Open MPI btl: self, tcp, vader`. */
export interface TransportsLoaded {
  /** Still loaded when a rank was looked at for the last time, as far as that can be told. */
  readonly held: readonly string[];
  /** Loaded to be asked, and let go by every rank while it ran: not used. */
  readonly released: readonly string[];
  /** Devices, and kinds of shared memory, such as `/dev/infiniband/uverbs0`. */
  readonly opened: readonly string[];
}

/** The ways of all these ranks together. */
export function transportsLoaded(ranks: readonly SeenRank[]): TransportsLoaded {
  const held = new Map<string, Set<string>>();
  const released = new Map<string, Set<string>>();
  const note = (into: Map<string, Set<string>>, { owner, way }: Way): void => {
    into.set(owner, (into.get(owner) ?? new Set()).add(way));
  };
  const seen = ranks.map((rank) => ({ over: isOver(rank), ways: waysOf(rank) }));
  for (const { ways } of seen) for (const way of ways) if (!way.released) note(held, way);
  for (const { over, ways } of seen)
    if (!over) for (const way of ways) if (!held.get(way.owner)?.has(way.way)) note(released, way);
  for (const { over, ways } of seen)
    if (over) for (const way of ways) if (!released.get(way.owner)?.has(way.way)) note(held, way);
  return {
    held: inWords(held),
    released: inWords(released),
    opened: [...new Set(ranks.flatMap((rank) => rank.opened))].sort(),
  };
}

interface Way {
  readonly owner: string;
  readonly way: string;
  readonly released: boolean;
}

function waysOf({ libraries }: SeenRank): readonly Way[] {
  return libraries.flatMap(({ path, released }) => {
    const way = transportOf(path);
    return way ? [{ ...way, released: released === true }] : [];
  });
}

/** Caught in MPI_Finalize, which lets everything go: whoever uses Open MPI holds one pml, so what is gone tells nothing. */
function isOver(rank: SeenRank): boolean {
  const messaging = waysOf(rank).filter(({ owner }) => owner === 'Open MPI pml');
  return messaging.length > 0 && messaging.every(({ released }) => released);
}

/** Ways of Open MPI that stay within a node, or a process. */
const within: readonly string[] = ['self', 'sm', 'vader', 'smcuda', 'smhip'];

/**
 * The one way by which ranks on several nodes can have reached each other, when the plug-ins that they held leave no other:
 * Open MPI's pml `ob1` goes by a btl, `cm` by an mtl. Undefined where there are several, or none is seen.
 */
export function onlyWayBetweenNodes(ranks: readonly SeenRank[]): string | undefined {
  if (new Set(ranks.map(({ node }) => node)).size < 2) return undefined;
  const ways = ranks.filter((rank) => !isOver(rank)).flatMap((rank) => waysOf(rank).filter((way) => !way.released));
  const of = (owner: string) => [...new Set(ways.filter((way) => way.owner === owner).map(({ way }) => way))];
  const [pml, ...others] = of('Open MPI pml');
  if (others.length > 0) return undefined;
  const left =
    pml === 'ob1' ? of('Open MPI btl').filter((way) => !within.includes(way)) : pml === 'cm' ? of('Open MPI mtl') : [];
  return left.length === 1 ? left[0] : undefined;
}

function inWords(ways: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] {
  return [...ways].map(([owner, names]) => `${owner}: ${[...names].sort().join(', ')}`).sort();
}
