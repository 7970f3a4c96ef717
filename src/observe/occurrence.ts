/** Which of several places counts, when a program prints a thing more than once. */
import { quoted } from './lines.ts';
import { readValue } from './number.ts';
import { type Declared, found, foundSeries, missing, type Occurrence, type Reading } from './parser.ts';

/** One place where the wanted thing was printed. */
export interface Hit {
  readonly text: string;
  readonly line: number;
  /** The unit printed with it, when the parser finds it apart from the value. */
  readonly unit?: string | undefined;
}

/**
 * The reading that some hits give. A series takes all of them, in order. A single value takes what `occurrence` says;
 * `all-equal` takes the value that all agree on, and differing values are a contradiction, never a choice of ours.
 * `what` names the thing in messages.
 */
export function pick(hits: readonly Hit[], declared: Declared, occurrence: Occurrence, what: string): Reading {
  const first = hits[0];
  const last = hits.at(-1);
  if (!first || !last) return missing(declared, `${what} is not in ${declared.file}`);
  const wanted =
    declared.shape === 'series' ? hits : occurrence === 'first' ? [first] : occurrence === 'last' ? [last] : hits;
  const values: (number | string)[] = [];
  for (const hit of wanted) {
    if (hit.unit !== undefined && hit.unit !== declared.unit)
      return missing(
        declared,
        `line ${hit.line}: it is in ${quoted(hit.unit)}, but declared in ${quoted(declared.unit)}`,
      );
    const value = readValue(hit.text, declared);
    if ('why' in value) return missing(declared, `line ${hit.line} of ${declared.file}: ${value.why}`);
    values.push(value.ok);
  }
  if (declared.shape === 'series') {
    const numbers = values.filter((value) => typeof value === 'number');
    return foundSeries(declared, numbers, first.line);
  }
  const other = values.findIndex((value) => value !== values[0]);
  if (other > 0)
    return missing(
      declared,
      `${what} contradicts itself: ${values[0]} on line ${wanted[0]?.line}, ${values[other]} on line ${wanted[other]?.line}`,
    );
  return found(declared, values[0] ?? '', wanted[0]?.line ?? 1);
}
