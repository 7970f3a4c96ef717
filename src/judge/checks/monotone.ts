/** `monotone`: a series only rises, or only falls. */
import { oneOf, Type } from '../../base/schema.ts';
import { defineCaseCheck, invalid, judged } from '../check.ts';
import { seriesOf, show } from '../evidence.ts';

/** `rising` and `falling` are strict; `slack` is how far a value may go against the direction, in the series' unit. */
export const monotone = defineCaseCheck({
  kind: 'monotone',
  of: 'series',
  options: {
    direction: oneOf(['rising', 'never-falling', 'falling', 'never-rising']),
    slack: Type.Optional(Type.Number({ minimum: 0 })),
  },
  lint: ({ direction, slack }) =>
    slack !== undefined && !direction.startsWith('never-') ? ['"slack" goes with never-falling or never-rising'] : [],
  evaluate: (of, { direction, slack = 0 }, observed) => {
    const looked = seriesOf(observed, of, 2);
    if ('why' in looked) return invalid(looked.why);
    const { values, unit } = looked.ok;
    const sign = direction === 'rising' || direction === 'never-falling' ? 1 : -1;
    const strict = !direction.startsWith('never-');
    const steps = values.slice(1).map((value, index) => sign * (value - (values[index] ?? Number.NaN)));
    const wrong = steps.findIndex((step) => (strict ? step <= 0 : step < -slack));
    if (wrong < 0) return judged(true, `${of} is ${direction} over ${values.length} values`, { count: values.length });
    const from = values[wrong] ?? Number.NaN;
    const to = values[wrong + 1] ?? Number.NaN;
    const message = `${of} is not ${direction}: value ${wrong + 1} is ${show(from, unit)}, the next ${show(to, unit)}`;
    return judged(false, message, { count: values.length, from, to });
  },
});
