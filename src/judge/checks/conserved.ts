/** `conserved`: a series stays where it began. */
import { Type } from '../../base/schema.ts';
import { defineCaseCheck, invalid, judged } from '../check.ts';
import { seriesOf } from '../evidence.ts';

const positive = Type.Optional(Type.Number({ minimum: 0 }));

/**
 * Drift of a conserved quantity. `absolute` bounds max |x − x0| in the series' unit, `relative` the same as a fraction
 * of |x0|, `slope` the least-squares slope for each value of the series: each one that is declared must hold. `skip`
 * leaves out that many values at the start, where the system still relaxes; x0 is the first one after them.
 */
export const conserved = defineCaseCheck({
  kind: 'conserved',
  of: 'series',
  options: {
    absolute: positive,
    relative: positive,
    slope: positive,
    skip: Type.Optional(Type.Integer({ minimum: 0 })),
  },
  lint: ({ absolute, relative, slope }) =>
    absolute === undefined && relative === undefined && slope === undefined
      ? ['declare "absolute", "relative" or "slope"']
      : [],
  evaluate: (of, options, observed) => {
    const skip = options.skip ?? 0;
    const looked = seriesOf(observed, of, skip + (options.slope === undefined ? 2 : 3));
    if ('why' in looked) return invalid(looked.why);
    const values = looked.ok.values.slice(skip);
    const start = values[0] ?? Number.NaN;
    const drift = values.reduce((most, value) => Math.max(most, Math.abs(value - start)), 0);
    const slope = slopeOf(values);
    const data = { start, drift, slope, values: values.length };
    if (options.relative !== undefined && start === 0)
      return invalid(`${of} begins at 0: a relative drift means nothing`);
    const bounds: readonly (readonly [string, number, number | undefined])[] = [
      ['drift', drift, options.absolute],
      ['relative drift', drift / Math.abs(start), options.relative],
      ['slope', Math.abs(slope), options.slope],
    ];
    const declared = bounds.filter(([, , allowed]) => allowed !== undefined);
    const broken = declared.filter(([, size, allowed]) => !(size <= (allowed ?? 0)));
    const parts = (broken.length > 0 ? broken : declared).map(
      ([name, size, allowed]) => `${name} ${size.toPrecision(3)}, allowed ${(allowed ?? 0).toPrecision(3)}`,
    );
    const message = `${of} over ${values.length} values: ${parts.join('; ')}`;
    return judged(broken.length === 0, message, data);
  },
});

/** Least-squares slope of the values against their index. */
function slopeOf(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value / values.length, 0);
  let above = 0;
  let below = 0;
  for (const [index, value] of values.entries()) {
    above += (index - middle) * (value - mean);
    below += (index - middle) ** 2;
  }
  return below === 0 ? 0 : above / below;
}
