import { hold, ruleOf } from '../rule.ts';

/** There is evidence, all of it could be read, and every run came to its end. */
export const readable = ruleOf(
  'evidence',
  'that there is at least one finished run, and that everything given as evidence can be read',
  ({ runs, unreadable }) => ({
    problems: [
      ...unreadable.map(({ directory, why }) => hold(`${directory} could not be read: ${why}`)),
      ...runs
        .filter(({ outcome }) => !['accepted', 'rejected', 'unproven'].includes(outcome))
        .map(({ id }) => hold(`run ${id} did not come to its end; resume it: assay run --resume ${id}`)),
      ...(runs.length === 0 && unreadable.length === 0 ? [hold('no run of this image was given as evidence')] : []),
    ],
    good: `${runs.length === 1 ? 'one finished run' : `${runs.length} finished runs`}`,
    shown: runs.map(
      ({ id, site, user, startedAt, endedAt }) => `${id} on ${site} by ${user}, ${startedAt} to ${endedAt}`,
    ),
  }),
);
