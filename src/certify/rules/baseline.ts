import type { Evidence } from '../evidence.ts';
import type { Policy } from '../policy.ts';
import { blessedAlready, bootstrapInForce, hold, type Problem, ruleOf } from '../rule.ts';

/** There is a blessed image to be compared with, and it is the one compared with; or the policy explicitly bootstraps. */
export const baseline = ruleOf(
  'baseline',
  'that there is a blessed image to compare with; the very first one needs an explicit bootstrap in the policy',
  (evidence, policy, now) => ({
    problems: problemsOf(evidence, policy, now),
    good: goodOf(evidence, policy, now),
  }),
);

function goodOf(evidence: Evidence, policy: Policy, now: string): string {
  const bootstrap = bootstrapInForce(evidence, policy, now);
  if (bootstrap) return `BOOTSTRAP: the first image enters without a baseline, because: ${bootstrap.reason}`;
  if (blessedAlready(evidence)) return 'this very image is blessed already';
  const compared = evidence.runs.some(({ baseline: digest }) => digest !== undefined);
  return compared
    ? 'compared with the image that is blessed now'
    : 'there is a blessed image; no run was compared with it';
}

function problemsOf(evidence: Evidence, policy: Policy, now: string): readonly Problem[] {
  const { blessedNow, runs } = evidence;
  if (blessedNow === 'none') {
    if (bootstrapInForce(evidence, policy, now)) return [];
    const until = policy.bootstrap?.until;
    return [
      hold(
        until
          ? `no image was ever promoted there, and the policy's bootstrap ended at ${until}`
          : 'no image was ever promoted there; to let the first one in, the policy must say bootstrap: {reason: …}',
      ),
    ];
  }
  if ('unknown' in blessedNow) return [hold(`which image is blessed now is unknown: ${blessedNow.unknown}`)];
  if (blessedAlready(evidence)) return [];
  return runs
    .filter((run) => run.baseline !== undefined && run.baseline !== blessedNow.digest)
    .map((run) =>
      hold(`run ${run.id} was compared with ${run.baseline}, but ${blessedNow.digest} is blessed now; run it again`),
    );
}
