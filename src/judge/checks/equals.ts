/** `equals`: the value is exactly this number or text. */
import { Type } from '../../base/schema.ts';
import { defineCaseCheck, invalid, judged } from '../check.ts';
import { show, singleOf } from '../evidence.ts';

/** Exact equality; a number is compared as a double, so 16 and 16.0 are the same. */
export const equals = defineCaseCheck({
  kind: 'equals',
  of: 'value',
  options: { expect: Type.Unsafe<number | string>({ type: ['number', 'string'] }) },
  evaluate: (of, options, observed) => {
    const looked = singleOf(observed, of);
    if ('why' in looked) return invalid(looked.why);
    const { value, unit } = looked.ok;
    const { expect } = options;
    if (typeof value !== typeof expect)
      return invalid(`${of} is a ${typeof value}, the expectation a ${typeof expect}`);
    const shown = typeof value === 'number' ? show(value, unit) : `"${value}"`;
    const message = `${of} is ${shown}, expected ${typeof expect === 'string' ? `"${expect}"` : expect}`;
    return judged(value === expect, message, { value, expect });
  },
});
