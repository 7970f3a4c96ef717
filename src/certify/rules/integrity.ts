import type { IntegrityEvidence, IntegrityKind, RunEvidence } from '../evidence.ts';
import { hold, type Problem, refuse, ruleOverRuns } from '../rule.ts';

const looked: readonly IntegrityKind[] = ['journal', 'files'];

/** The run directory is as the run left it: an edited one is a fault, a missing piece proves nothing. */
export const integrity = ruleOverRuns(
  'integrity',
  'that nothing in the run directory was changed or removed after the run',
  ({ runs }) => ({
    problems: runs.flatMap((run) => [
      ...looked
        .filter((kind) => !run.integrity.some((look) => look.kind === kind))
        .map((kind) => hold(`run ${run.id}: the ${kind} was not checked`)),
      ...run.integrity.filter(({ kind }) => kind !== 'scheduler-record').flatMap((look) => problemOf(run, look)),
    ]),
    good: 'the journal is whole and every file is as it was written',
    shown: runs.flatMap(({ id, journalDigest }) => `run ${id}: journal ${journalDigest}`),
  }),
);

function problemOf(run: RunEvidence, look: IntegrityEvidence): readonly Problem[] {
  if (look.outcome === 'ok') return [];
  const where = look.where.length > 0 ? ` (${look.where.join(', ')})` : '';
  const line = `run ${run.id}: ${look.message}${where}`;
  return [look.outcome === 'altered' || look.outcome === 'disagrees' ? refuse(line) : hold(line)];
}
