import { refuse, ruleOverRuns } from '../rule.ts';

/** What the runs tested is the very manifest that asks to be promoted. */
export const image = ruleOverRuns(
  'image',
  'that the image tested is the image to be promoted, by digest',
  ({ candidate, runs }) => ({
    problems: runs
      .filter(({ tested }) => tested !== candidate.digest)
      .map(({ id, tested }) => refuse(`run ${id} tested ${tested}, not ${candidate.digest}`)),
    good: `${candidate.digest} is what was tested`,
  }),
);
