/** What a failed program said on standard error, in a line or two: enough to know where to look. Pure. */
import { cutText, plainLine } from '../base/plain-text.ts';

const telling = /error|fail|fatal|abort|cannot|denied|not found|no such|killed|exceeded|segmentation/i;

/** Longest quotation, in characters. */
const longest = 400;

/** The first line that speaks of a fault, and the last one; all of them when they are few. Empty when nothing was said. */
export function lastWords(stderr: string): string {
  const lines = [...new Set(stderr.split('\n').map((line) => plainLine(line)))].filter((line) => line !== '');
  const few = lines.length <= 3 ? lines : [lines.find((line) => telling.test(line)), lines.at(-1)];
  return cutText([...new Set(few)].join(' | '), longest);
}
