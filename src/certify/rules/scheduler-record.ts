import type { RunEvidence } from '../evidence.ts';
import type { Policy } from '../policy.ts';
import { hold, type Problem, refuse, ruleOverRuns } from '../rule.ts';

/** The scheduler's own accounting tells the same story as the run directory, which its owner could have written. */
export const schedulerRecord = ruleOverRuns(
  'scheduler-record',
  "that the scheduler's own record confirms the run: jobs, nodes, times and exit states",
  ({ runs }, policy) => {
    const silent = runs.filter((run) => !run.integrity.some(confirms));
    return {
      problems: runs.flatMap((run) => problemsOf(run, policy)),
      good:
        silent.length === 0
          ? "the scheduler's record agrees"
          : `the scheduler has no record of ${silent.map(({ id }) => `run ${id}`).join(', ')}; the policy asks for it only when available`,
    };
  },
);

function confirms({ kind, outcome }: { readonly kind: string; readonly outcome: string }): boolean {
  return kind === 'scheduler-record' && outcome === 'ok';
}

function problemsOf(run: RunEvidence, policy: Policy): readonly Problem[] {
  const looks = run.integrity.filter(({ kind }) => kind === 'scheduler-record');
  if (looks.length === 0) return [hold(`run ${run.id}: the scheduler's record was not asked for`)];
  return looks.flatMap((look) => {
    const where = look.where.length > 0 ? ` (${look.where.join(', ')})` : '';
    const line = `run ${run.id}: ${look.message}${where}`;
    if (look.outcome === 'ok') return [];
    if (look.outcome === 'disagrees' || look.outcome === 'altered') return [refuse(line)];
    // `missing` is a question that failed, which no policy waives; `silent` is an answer: no record.
    return look.outcome === 'silent' && policy.schedulerRecord === 'when-available' ? [] : [hold(line)];
  });
}
