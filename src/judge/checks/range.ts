/** `range`: the number, or every number of the series, lies between two ends. */
import { Type } from '../../base/schema.ts';
import { defineCaseCheck, invalid, judged } from '../check.ts';
import { numberOf, seriesOf, show } from '../evidence.ts';

/** Both ends belong to the range; one of them may be left out. */
export const range = defineCaseCheck({
  kind: 'range',
  of: 'number-or-series',
  options: { min: Type.Optional(Type.Number()), max: Type.Optional(Type.Number()) },
  lint: ({ min, max }) => {
    if (min === undefined && max === undefined) return ['declare "min", "max" or both'];
    return min !== undefined && max !== undefined && min > max ? ['"min" is above "max"'] : [];
  },
  evaluate: (of, { min, max }, observed) => {
    const isSeries = observed.series.some((one) => one.name === of);
    const looked = isSeries ? seriesOf(observed, of, 1) : numberOf(observed, of);
    if ('why' in looked) return invalid(looked.why);
    const values = 'values' in looked.ok ? looked.ok.values : [looked.ok.value];
    const outside = values.findIndex((value) => value < (min ?? value) || value > (max ?? value));
    const value = values[Math.max(outside, 0)] ?? Number.NaN;
    const which = isSeries && outside >= 0 ? `value ${outside + 1} of ${of}` : of;
    const shown = isSeries && outside < 0 ? `${values.length} values` : show(value, looked.ok.unit);
    const ends = [min !== undefined && `at least ${min}`, max !== undefined && `at most ${max}`].filter(Boolean);
    const message = `${which} is ${shown}, expected ${ends.join(' and ')}`;
    return judged(outside < 0, message, { value, min: min ?? null, max: max ?? null });
  },
});
