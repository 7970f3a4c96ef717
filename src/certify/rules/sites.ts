import { hold, ruleOverRuns } from '../rule.ts';

/** Evidence counts for the site it was taken on, and is void for others. */
export const sites = ruleOverRuns(
  'sites',
  'that the runs were made on a site that the policy names',
  ({ runs }, policy) => ({
    problems: runs
      .filter(({ site }) => policy.sites.length > 0 && !policy.sites.includes(site))
      .map(({ id, site }) => hold(`run ${id} was made on ${site}; the policy counts ${policy.sites.join(', ')}`)),
    good:
      policy.sites.length === 0
        ? 'the policy names no site, so any counts'
        : `run on ${runs.map(({ site }) => site).join(', ')}`,
  }),
);
