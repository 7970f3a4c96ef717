/** Captured outputs and declarations, as the tests of parsers need them. */
import { readFileSync } from 'node:fs';
import type { ObservationDeclaration } from '../../src/observe/declaration.ts';
import { observe } from '../../src/observe/observe.ts';
import type { Reading } from '../../src/observe/parser.ts';

/** A captured output under test/fixtures. */
export function fixture(path: string): string {
  return readFileSync(new URL(`../fixtures/${path}`, import.meta.url), 'utf8');
}

/** What one declaration reads from a text, through `observe`. */
export function readOne(text: string, declaration: ObservationDeclaration): Reading {
  const { observations, series, missing } = observe({ x: declaration }, { [declaration.file ?? 'stdout']: text });
  const all = [...observations, ...series, ...missing];
  if (all.length !== 1 || !all[0]) throw new Error(`${all.length} readings of one declaration`);
  return all[0];
}

/** The value, the values, or why there is none. */
export function valueIn(text: string, declaration: ObservationDeclaration): number | string | readonly number[] {
  const reading = readOne(text, declaration);
  return 'why' in reading ? `missing: ${reading.why}` : 'values' in reading ? reading.values : reading.value;
}
