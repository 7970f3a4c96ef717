import { showDuration } from '../../base/quantity.ts';
import type { RunEvidence } from '../evidence.ts';
import type { Policy } from '../policy.ts';
import { hold, momentOf, type Problem, ruleOverRuns } from '../rule.ts';

/** Clocks of two machines may differ by so much, in seconds, before a run counts as made in the future. */
const clockSkew = 300;

/** The evidence is fresh. Age counts from a run's start: a resumed run's first results are as old as that. */
export const age = ruleOverRuns('age', 'that the evidence is not too old', ({ runs }, policy, now) => ({
  problems: runs.flatMap((run) => problemsOf(run, policy, now)),
  good: `begun at ${runs.map(({ startedAt }) => startedAt).join(', ')}, within ${showDays(policy.maxAgeSeconds)}`,
}));

function problemsOf(run: RunEvidence, policy: Policy, now: string): readonly Problem[] {
  const [started, ended, moment] = [momentOf(run.startedAt), momentOf(run.endedAt), momentOf(now)];
  if (moment === undefined) return [hold(`the time of the decision cannot be read: "${now}"`)];
  if (started === undefined || ended === undefined) return [hold(`run ${run.id}: its start or end is not a time`)];
  if (ended < started) return [hold(`run ${run.id} ended before it began`)];
  if ((ended - moment) / 1000 > clockSkew)
    return [hold(`run ${run.id} ended in the future (${run.endedAt}); check the clocks`)];
  const old = (moment - started) / 1000;
  if (old <= policy.maxAgeSeconds) return [];
  return [
    hold(`run ${run.id} began ${showDays(old)} ago; the policy asks for ${showDays(policy.maxAgeSeconds)} at most`),
  ];
}

function showDays(seconds: number): string {
  return seconds < 2 * 86400 ? showDuration(seconds) : `${Math.round(seconds / 8640) / 10} days`;
}
