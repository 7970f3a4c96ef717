/** Causes, and how what places say (nodes their facts, cases their variables) is compared place by place. */
import type { CauseKind } from './weights.ts';

/** Something that differs between two runs and may be why their results do. */
export interface Cause {
  readonly kind: CauseKind;
  /** What differs: `kernel.release`, the name of a package, a variable, a library. */
  readonly name: string;
  /** What each run had; a side is missing where that run had none. */
  readonly left?: string;
  readonly right?: string;
  /** The nodes or cases in which it differs, by name; empty when it is all of them, or when it has no such place. */
  readonly where: readonly string[];
  readonly weight: number;
}

/** What one kind of comparison came to. `hidden` differ by nature; `unknown` were not known in at least one run. */
export interface Compared {
  readonly causes: readonly Cause[];
  readonly hidden: readonly Cause[];
  readonly unknown: readonly Cause[];
  /** How many things were compared and are the same. */
  readonly equal: number;
}

/** What places say, by place and name; null is "not known", a missing name "not there". */
export type Sayings = ReadonlyMap<string, ReadonlyMap<string, string | null>>;

/** One name in which the same places say something else, and which ones (all that both runs have: empty). */
export interface Change {
  readonly name: string;
  readonly left?: string;
  readonly right?: string;
  readonly where: readonly string[];
}

/** The changes place by place, over the places that both have; the same change in several places is one. */
export function changesBetween(
  left: Sayings,
  right: Sayings,
): { readonly changes: readonly Change[]; readonly unknown: readonly Change[]; readonly equal: readonly string[] } {
  const places = [...left.keys()].filter((place) => right.has(place));
  const changed = new Map<string, Change>();
  const unknown = new Map<string, Change>();
  const names = new Set<string>();
  for (const place of places) {
    const [a, b] = [left.get(place), right.get(place)];
    for (const name of new Set([...(a?.keys() ?? []), ...(b?.keys() ?? [])])) {
      names.add(name);
      const [was, is] = [a?.get(name), b?.get(name)];
      if (was === is && was !== null) continue;
      const into = was === null || is === null ? unknown : changed;
      const key = JSON.stringify([name, was ?? null, is ?? null]);
      const where = [...(into.get(key)?.where ?? []), place];
      into.set(key, { name, ...sides(was ?? undefined, is ?? undefined), where });
    }
  }
  const all = ({ where, ...change }: Change): Change => ({
    ...change,
    where: where.length === places.length ? [] : [...where].sort(),
  });
  const different = new Set([...changed.values(), ...unknown.values()].map((change) => change.name));
  return {
    changes: [...changed.values()].map(all),
    unknown: [...unknown.values()].map(all),
    equal: [...names].filter((name) => !different.has(name)),
  };
}

/** The two sides as members that are left out where there is nothing. */
export function sides(left: string | undefined, right: string | undefined): Pick<Cause, 'left' | 'right'> {
  return { ...(left !== undefined && { left }), ...(right !== undefined && { right }) };
}

/** Several comparisons as one. */
export function joined(parts: readonly Compared[]): Compared {
  return {
    causes: parts.flatMap((part) => part.causes),
    hidden: parts.flatMap((part) => part.hidden),
    unknown: parts.flatMap((part) => part.unknown),
    equal: parts.reduce((sum, part) => sum + part.equal, 0),
  };
}
