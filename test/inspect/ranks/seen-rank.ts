/** Seen ranks for tests. */
import type { Digest } from '../../../src/base/digest.ts';
import type { MappedLibrary, SeenRank } from '../../../src/inspect/read-ranks.ts';

/** A library of the image, or of what `more` says. */
export function library(path: string, more: Partial<MappedLibrary> = {}): MappedLibrary {
  const digest: Digest = `sha256:${'a'.repeat(64)}`;
  return { path, device: 'fe:00', inode: String(path.length), origin: 'image', digest, ...more };
}

/** A rank that nothing was loading any more when it was looked at last. */
export function seenRank(
  rank: number,
  paths: readonly (string | MappedLibrary)[],
  more: Partial<SeenRank> = {},
): SeenRank {
  return {
    step: '0',
    rank,
    node: `node${rank + 1}`,
    case: 'suite/test',
    pid: 100 + rank,
    executable: '/usr/bin/app',
    processors: '0-1',
    memoryNodes: '0',
    cgroups: [],
    limits: { memory: 'none', time: 'none' },
    libraries: paths.map((one) => (typeof one === 'string' ? library(one) : one)),
    opened: [],
    quiet: 9,
    unread: [],
    ...more,
  };
}
