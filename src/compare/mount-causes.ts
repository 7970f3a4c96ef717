/** What the site put into the containers of two runs, target by target. */
import type { MountRow, RunRecord } from '../store/run-record.ts';
import { type Cause, type Compared, sides } from './cause.ts';
import { weightOf } from './weights.ts';

/** A mount that came, went, or shows another path or another content; that of a folder is told by what ranks load. */
export function mountCauses(left: RunRecord, right: RunRecord): Compared {
  const [had, has] = [mountsOf(left), mountsOf(right)];
  const causes: Cause[] = [];
  let equal = 0;
  for (const target of new Set([...had.keys(), ...has.keys()])) {
    const [was, is] = [had.get(target), has.get(target)];
    const both = was !== undefined && is !== undefined;
    // A file whose content one of the two hosts could not read is compared by its path alone.
    const withDigest = !both || (was.digest !== undefined && is.digest !== undefined);
    const [before, now] = [was && textOf(was, withDigest), is && textOf(is, withDigest)];
    if (before === now) equal += 1;
    else
      causes.push({ kind: 'mount', name: target, ...sides(before, now), where: [], weight: weightOf('mount', target) });
  }
  return { causes, hidden: [], unknown: [], equal };
}

function mountsOf({ mounts = [] }: RunRecord): ReadonlyMap<string, MountRow> {
  return new Map(mounts.map((mount) => [mount.target, mount]));
}

function textOf({ source, readOnly, digest }: MountRow, withDigest: boolean): string {
  return [source, ...(readOnly ? ['read-only'] : []), ...(withDigest && digest ? [digest] : [])].join(' ');
}
