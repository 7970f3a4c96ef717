/** Which libraries of the host were part of what ran: evidence is void for others. Pure. */
import type { InjectedLibrary } from '../certify/evidence.ts';
import type { SeenRank } from '../inspect/read-ranks.ts';
import type { OpenedMount } from '../run/event.ts';

/**
 * Those that ranks were seen to load, by their path in the container, and those that the site mounts as files where no rank
 * was seen with that content; sorted by path, each once.
 */
export function injectedInto(
  mounts: readonly OpenedMount[],
  cases: readonly { readonly ranks: readonly Pick<SeenRank, 'libraries'>[] }[],
): readonly InjectedLibrary[] {
  const loaded = cases
    .flatMap(({ ranks }) => ranks.flatMap(({ libraries }) => libraries))
    .flatMap(({ path, origin, digest }) => (origin === 'host' && digest ? [{ path, digest }] : []));
  const seen = new Set(loaded.map(({ digest }) => digest));
  const mounted = mounts.flatMap(({ target, digest, libraries }) =>
    digest && libraries && !seen.has(digest) ? [{ path: target, digest }] : [],
  );
  const once = new Map([...loaded, ...mounted].map((one) => [`${one.path} ${one.digest}`, one]));
  return [...once].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}
