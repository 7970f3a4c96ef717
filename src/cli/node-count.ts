/** The option `--nodes`. */
import { usageInvalid } from './errors.ts';

/** The number, or undefined when the option is not given; USAGE_INVALID for anything but a whole number above 0. */
export function nodeCount(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const nodes = Number(text);
  if (/^\d+$/.test(text) && nodes > 0) return nodes;
  throw usageInvalid(`"${text}" is no number of nodes`, 'write a whole number above 0, such as --nodes 4');
}
