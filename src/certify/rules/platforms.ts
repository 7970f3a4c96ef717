import { hold, ruleOf } from '../rule.ts';

/** No platform gets in on another one's evidence. Only the tested manifest is ever promoted, never its index. */
export const platforms = ruleOf(
  'platforms',
  'that the tag offers no platform that was not tested',
  ({ candidate, untestedPlatforms }, policy) => {
    if ('unknown' in untestedPlatforms)
      return {
        problems: [hold(`which platforms ${candidate.name} offers is unknown: ${untestedPlatforms.unknown}`)],
        good: '',
      };
    // BuildKit lists its own attestations as images of the platform unknown/unknown; nobody runs them.
    const list = untestedPlatforms.filter((platform) => platform !== 'unknown/unknown').join(', ');
    if (list === '') return { problems: [], good: 'the tested platform is the only one' };
    if (policy.untestedPlatforms === 'leave-behind')
      return { problems: [], good: `only the tested platform is promoted; not tested and left behind: ${list}` };
    return {
      problems: [
        hold(
          `${candidate.name} also offers ${list}, not tested; push the tested platform alone, or let the policy say untested_platforms: leave-behind`,
        ),
      ],
      good: '',
    };
  },
);
