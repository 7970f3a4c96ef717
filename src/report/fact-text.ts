/** Facts in cells of a table. */
import { cutText } from '../base/plain-text.ts';
import type { Fact } from '../inspect/facts.ts';

/** Bytes of a cell. */
const cellBytes = 60;

/** The value, or why there is none, however long; `–` where the node has no such fact. */
export function factText(fact: Fact | undefined): string {
  if (!fact) return '–';
  return 'value' in fact ? fact.value : `unknown (${fact.unknown}): ${fact.why}`;
}

/**
 * A fact beside another that it is compared with, cut to a cell. Of a long list of words (a command line, options of a
 * kernel) only those are shown that the other lacks, behind `…`, so that the cut never hides the difference.
 */
export function factBeside(fact: Fact | undefined, other: Fact | undefined): string {
  const text = factText(fact);
  if (text.length <= cellBytes || !fact || !('value' in fact) || !other || !('value' in other))
    return cutText(text, cellBytes);
  const others = new Set(other.value.split(/\s+/));
  const words = text.split(/\s+/).filter((word) => !others.has(word));
  return cutText(words.length > 0 ? `… ${words.join(' ')}` : '… the same words', cellBytes);
}
