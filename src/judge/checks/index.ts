/** The checks there are. Adding a kind is a file, a line here and a test. */
import type { Check } from '../check.ts';
import { conserved } from './conserved.ts';
import { equals } from './equals.ts';
import { invariantAcross } from './invariant-across.ts';
import { monotone } from './monotone.ts';
import { oneOfTexts } from './one-of.ts';
import { range } from './range.ts';
import { tolerance } from './tolerance.ts';

/** Every kind of check. */
export const checks: readonly Check[] = [equals, tolerance, range, oneOfTexts, conserved, monotone, invariantAcross];
