/**
 * Runs for other programs. In comes a RunRecord, or the view of its cases made here; out comes text in the other
 * program's form. A writer never judges, never drops a case, and never touches the world: the caller writes the file.
 */
import type { Verdict } from '../judge/verdict.ts';
import type { RunRecord } from '../store/run-record.ts';

/** One case as other programs see it. */
export interface CaseView {
  readonly suite: string;
  /** Stable from run to run: no image, site or job in it. */
  readonly name: string;
  readonly verdict: Verdict;
  readonly reason: string;
  readonly seconds?: number;
  readonly findings: readonly {
    readonly check: string;
    readonly kind: string;
    readonly verdict: Verdict;
    readonly message: string;
  }[];
  /** Where the whole output is, as the reader of the report can find it. */
  readonly logPath?: string;
}

/** The cases of a run in its order, each with its findings; `logPathOf` says where the output of a case is. */
export function caseViews(
  record: Pick<RunRecord, 'cases' | 'findings'>,
  logPathOf: (caseName: string) => string | undefined = () => undefined,
): readonly CaseView[] {
  const findings = new Map<string, CaseView['findings'][number][]>(record.cases.map(({ name }) => [name, []]));
  for (const finding of record.findings) findings.get(finding.case)?.push(finding);
  return record.cases.map(({ suite, name, verdict, reason, seconds }) => {
    const logPath = logPathOf(name);
    return {
      suite,
      name,
      verdict,
      reason,
      findings: findings.get(name) ?? [],
      ...(seconds !== undefined && { seconds }),
      ...(logPath !== undefined && { logPath }),
    };
  });
}
