/** `one-of`: the text is one of a list. */
import { Type } from '../../base/schema.ts';
import { defineCaseCheck, invalid, judged } from '../check.ts';
import { singleOf } from '../evidence.ts';

/** Exact, case counts. */
export const oneOfTexts = defineCaseCheck({
  kind: 'one-of',
  of: 'value',
  options: { values: Type.Array(Type.String(), { minItems: 1, uniqueItems: true }) },
  evaluate: (of, { values }, observed) => {
    const looked = singleOf(observed, of);
    if ('why' in looked) return invalid(looked.why);
    const { value } = looked.ok;
    if (typeof value !== 'string') return invalid(`${of} is a number, not a text`);
    const message = `${of} is "${value}", expected one of ${values.map((one) => `"${one}"`).join(', ')}`;
    return judged(values.includes(value), message, { value });
  },
});
