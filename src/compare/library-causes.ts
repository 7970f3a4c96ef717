/**
 * Libraries that ranks had loaded. Ranks are sampled while they run, and a plug-in that is loaded only to be asked and
 * let go is seen in some ranks and missed in others. So a library that one run shows and the other does not is a cause
 * only when nothing speaks for chance; a library that gave way to another file of its name always is.
 */
import type { RunRecord } from '../store/run-record.ts';
import { type Cause, type Compared, sides } from './cause.ts';
import { withoutRun } from './volatile.ts';
import { weightOf } from './weights.ts';

/** In how many sampled ranks of each case a library was, and how many there were. */
interface Seen {
  /** By case: the ranks that were read. */
  readonly sampled: ReadonlyMap<string, number>;
  /** By path, by case: the ranks that had it. */
  readonly having: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** By path: what is known of the file, each as `host sha256:…`. */
  readonly files: ReadonlyMap<string, ReadonlySet<string>>;
}

/** What differs in the libraries of the cases that both runs have. */
export function libraryCauses(left: RunRecord, right: RunRecord): Compared {
  const others = new Set(right.cases.map((one) => one.name));
  const shared = new Set(left.cases.map((one) => one.name).filter((name) => others.has(name)));
  const [had, has] = [seenIn(left, shared), seenIn(right, shared)];
  const unknown = unseen(left, right, shared, had, has);
  if (had.sampled.size === 0 || has.sampled.size === 0) return { causes: [], hidden: [], unknown, equal: 0 };
  const causes: Cause[] = [];
  const hidden: Cause[] = [];
  let equal = 0;
  const gone = [...had.having.keys()].filter((path) => !has.having.has(path));
  const come = new Set([...has.having.keys()].filter((path) => !had.having.has(path)));
  const sameImage = left.image.digest === right.image.digest;
  for (const path of had.having.keys()) {
    if (!has.having.has(path)) continue;
    const change = otherFile(had.files.get(path), has.files.get(path), sameImage);
    if (change) causes.push({ ...causeOf(path, path, casesWith(had, path)), ...change });
    else equal += 1;
  }
  for (const path of gone) {
    const instead = [...come].find((other) => familyOf(other) === familyOf(path));
    if (instead === undefined) {
      (isSteady(had, has, path) ? causes : hidden).push(causeOf(path, undefined, casesWith(had, path)));
      continue;
    }
    come.delete(instead);
    causes.push(causeOf(path, instead, casesWith(had, path)));
  }
  for (const path of come)
    (isSteady(has, had, path) ? causes : hidden).push(causeOf(undefined, path, casesWith(has, path)));
  return { causes, hidden, unknown, equal };
}

/** Cases of which a run saw no rank, as one thing that is not known; steps that are too short to be seen are such. */
function unseen(
  left: RunRecord,
  right: RunRecord,
  shared: ReadonlySet<string>,
  had: Seen,
  has: Seen,
): readonly Cause[] {
  const ran = (record: RunRecord) =>
    new Set(record.cases.flatMap(({ name, seconds }) => (seconds === undefined ? [] : [name])));
  const [was, is] = [ran(left), ran(right)];
  const where = [...shared].filter(
    (name) => was.has(name) && is.has(name) && !(had.sampled.has(name) && has.sampled.has(name)),
  );
  if (where.length === 0) return [];
  const told = (seen: Seen) => (where.some((name) => seen.sampled.has(name)) ? 'seen' : undefined);
  const all = where.length === shared.size;
  return [
    {
      kind: 'library',
      name: 'libraries of ranks',
      ...sides(told(had), told(has)),
      where: all ? [] : where.sort(),
      weight: weightOf('library', ''),
    },
  ];
}

function seenIn(record: RunRecord, wanted: ReadonlySet<string>): Seen {
  const sampled = new Map<string, number>();
  const having = new Map<string, Map<string, number>>();
  const files = new Map<string, Set<string>>();
  for (const rank of record.ranks) {
    if (rank.libraries.length === 0 || !wanted.has(rank.case)) continue;
    sampled.set(rank.case, (sampled.get(rank.case) ?? 0) + 1);
    for (const { path, origin, digest } of rank.libraries) {
      if (!origin || !digest) continue;
      const name = withoutRun(record, path);
      files.set(name, (files.get(name) ?? new Set()).add(`${origin} ${digest}`));
    }
    for (const path of new Set(rank.libraries.map((one) => withoutRun(record, one.path)))) {
      const cases = having.get(path) ?? new Map<string, number>();
      having.set(path, cases.set(rank.case, (cases.get(rank.case) ?? 0) + 1));
    }
  }
  return { sampled, having, files };
}

/**
 * One path, two files: another origin, or another content of the host's; what is in an image changes with the image, and
 * is told by it. Undefined where nothing proves a difference.
 */
function otherFile(
  had: ReadonlySet<string> | undefined,
  has: ReadonlySet<string> | undefined,
  sameImage: boolean,
): Pick<Cause, 'left' | 'right'> | undefined {
  if (!had || !has) return undefined;
  const [left, right] = [[...had].sort().join(', '), [...has].sort().join(', ')];
  if (left === right) return undefined;
  const allOfImage = [...had, ...has].every((file) => file.startsWith('image '));
  return allOfImage && !sameImage ? undefined : { left, right };
}

/** The file name up to its version: `libmpi.so.40.30.4` is of the family `libmpi.so`. */
function familyOf(path: string): string {
  const file = path.slice(path.lastIndexOf('/') + 1);
  return file.slice(0, Math.max(file.indexOf('.so'), 0) + 3);
}

/** Fewest ranks that must agree, in each run, before a library that only one of them shows is no chance of sampling. */
const fewestRanks = 3;

/** True when every rank of the cases that had it had it, and enough ranks of the same cases in the other run had not. */
function isSteady(here: Seen, there: Seen, path: string): boolean {
  const cases = [...(here.having.get(path) ?? [])];
  const ranks = cases.reduce((sum, [, count]) => sum + count, 0);
  const others = cases.reduce((sum, [name]) => sum + (there.sampled.get(name) ?? 0), 0);
  const all = cases.every(([name, count]) => count === here.sampled.get(name));
  return all && ranks >= fewestRanks && others >= fewestRanks;
}

function casesWith(seen: Seen, path: string): readonly string[] {
  const cases = [...(seen.having.get(path)?.keys() ?? [])].sort();
  return cases.length === seen.sampled.size ? [] : cases;
}

function causeOf(left: string | undefined, right: string | undefined, where: readonly string[]): Cause {
  const name = familyOf(left ?? right ?? '');
  return { kind: 'library', name, ...sides(left, right), where, weight: weightOf('library', name) };
}
