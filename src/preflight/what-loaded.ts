/**
 * What ranks really had loaded against what preflight foretold from the image: its MPI, from the image, with a client for the
 * process management chosen. It says what is otherwise; a verdict is not its business. Pure.
 */
import { hexOf } from '../base/digest.ts';
import { listOf } from '../base/number-list.ts';
import type { Image } from '../image/image.ts';
import { type LibraryRole, libraryRole } from '../inspect/ranks/library-role.ts';
import { type WholeRank, wholeRanks } from '../inspect/ranks/main-process.ts';
import { isSettled, type MappedLibrary, type SeenRank } from '../inspect/read-ranks.ts';
import { pmiKind } from '../launch/pmi.ts';

/** What preflight went by. `mpi` is the value of `--mpi`. */
export interface Foretold {
  readonly image: Pick<Image, 'mpi' | 'libraries'>;
  readonly mpi: string;
}

/** Tells the role of a library that a rank had loaded: by what the image's ELF headers say of it, else by its name. */
export function rolesIn(image: Foretold['image']): (library: MappedLibrary) => LibraryRole | undefined {
  const sonames = new Map(image.libraries.map(({ path, soname }) => [path, soname]));
  const known = new Map<string, LibraryRole | undefined>();
  return ({ path, origin }) => {
    const key = `${origin === 'host'} ${path}`;
    if (known.has(key)) return known.get(key);
    const isMpi = origin !== 'host' && 'path' in image.mpi && image.mpi.path === path;
    const role = isMpi ? 'mpi' : libraryRole(path, origin === 'host' ? undefined : sonames.get(path));
    known.set(key, role);
    return role;
  };
}

/** What is otherwise than foretold, a sentence each; empty when all is as foretold, or no rank was seen. */
export function otherThanForetold(foretold: Foretold, seen: readonly SeenRank[]): readonly string[] {
  const ranks = wholeRanks(seen).filter(({ libraries }) => libraries.size > 0);
  if (ranks.length === 0) return [];
  const { image } = foretold;
  const roleOf = rolesIn(image);
  const ofRole = (rank: WholeRank, role: LibraryRole) =>
    [...rank.libraries.values()].filter((library) => roleOf(library) === role);
  const having = (role: LibraryRole) => (rank: WholeRank) => ofRole(rank, role).length > 0;
  const withMpi = ranks.filter(having('mpi'));
  if ('unknown' in image.mpi)
    return sentences(
      withMpi,
      (rank) => ofRole(rank, 'mpi'),
      (who, what) => `${who} had loaded ${what}; preflight could not tell the MPI of the image`,
    );
  const { path, abi, family } = image.mpi;
  if (withMpi.length === 0)
    return [
      `no MPI was loaded in ${named(ranks)}, where preflight foretold ${abi} of the image: the program uses none, or had not come so far when it was looked at last`,
    ];
  const needsClient = family === 'openmpi' && pmiKind(foretold.mpi) === 'pmix';
  const clientless = withMpi.filter((rank) => !having('pmi')(rank) && isSettled(rank.main));
  return [
    ...sentences(
      withMpi,
      (rank) => ofRole(rank, 'mpi').filter((one) => one.path !== path || one.origin === 'host'),
      (who, what) => `${who} had loaded ${what}; preflight foretold ${path} of the image`,
    ),
    ...sentences(
      withMpi,
      (rank) => ofRole(rank, 'pmi').filter((one) => one.origin === 'host'),
      (who, what) => `${who} had loaded ${what} for process management, where preflight went by that of the image`,
    ),
    ...(needsClient && clientless.length > 0
      ? [`no client of PMIx was loaded in ${named(clientless)}, though preflight chose --mpi=${foretold.mpi}`]
      : []),
  ];
}

/** One sentence for each list of libraries that some ranks have. */
function sentences(
  ranks: readonly WholeRank[],
  of: (rank: WholeRank) => readonly MappedLibrary[],
  say: (who: string, what: string) => string,
): readonly string[] {
  const groups = new Map<string, WholeRank[]>();
  for (const rank of ranks) {
    const what = of(rank).map(inWords).sort().join(' and ');
    if (what === '') continue;
    const group = groups.get(what);
    if (group) group.push(rank);
    else groups.set(what, [rank]);
  }
  return [...groups].map(([what, some]) => say(named(some), what));
}

function inWords({ path, origin, digest }: MappedLibrary): string {
  const where = origin === undefined ? ', neither of the image nor of the host' : ` of the ${origin}`;
  return `${path}${where}${digest ? ` (sha256:${hexOf(digest).slice(0, 12)})` : ''}`;
}

function named(ranks: readonly WholeRank[]): string {
  return ranks.length === 1 ? `rank ${ranks[0]?.rank}` : `ranks ${listOf(ranks.map(({ rank }) => rank))}`;
}
