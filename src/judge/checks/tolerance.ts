/** `tolerance`: the number is this one, within a stated tolerance. */
import { Type } from '../../base/schema.ts';
import { boundOptions, compare, lintBound } from '../bound.ts';
import { defineCaseCheck, invalid, judged } from '../check.ts';
import { numberOf, show } from '../evidence.ts';

/** A reference value with a tolerance: absolute, relative to the expectation, or in units of the last place. */
export const tolerance = defineCaseCheck({
  kind: 'tolerance',
  of: 'number',
  options: { expect: Type.Number(), ...boundOptions },
  lint: (options) => {
    if (options.relative !== undefined && options.absolute === undefined && options.expect === 0)
      return ['"relative" of 0 allows nothing: use "absolute"'];
    return lintBound(options, 'needed');
  },
  evaluate: (of, options, observed) => {
    const looked = numberOf(observed, of);
    if ('why' in looked) return invalid(looked.why);
    const { value, unit } = looked.ok;
    const { holds, difference, allowed, measure } = compare(value, options.expect, options);
    const message = `${of} is ${show(value, unit)}, expected ${options.expect}: off by ${difference.toPrecision(3)}${
      measure === 'ulp' ? ' ulp' : ''
    }, allowed ${allowed.toPrecision(3)}`;
    return judged(holds, message, { value, expect: options.expect, difference, allowed, measure });
  },
});
