/**
 * Runs for people. In come RunRecords; out come views, and text drawn from them for Markdown and the terminal. It never
 * judges and never changes a verdict. Names, messages and paths come from images and logs, so all of them are made
 * harmless before they are shown.
 */
import { severity, type Verdict } from '../judge/verdict.ts';
import type { RunRow } from '../store/run-record.ts';

/** What a run's outcome means, in one sentence. */
export const outcomeMeaning: Readonly<Record<RunRow['outcome'], string>> = {
  accepted: 'every case passed',
  rejected: 'a case failed, or left evidence that proves nothing',
  unproven: 'no fault is proven, and not every case passed',
  interrupted: 'the run did not end',
};

/** The worst verdict first. */
export const worstFirst: readonly Verdict[] = [...severity].reverse();

/** `2 fail, 1 skip, 5 pass`: the worst first, without those that none has. */
export function showCounts(counts: Readonly<Partial<Record<Verdict, number>>>): string {
  const shown = worstFirst.filter((verdict) => (counts[verdict] ?? 0) > 0).map((one) => `${counts[one]} ${one}`);
  return shown.length > 0 ? shown.join(', ') : 'no cases';
}

/** How many have each verdict. */
export function countVerdicts(cases: readonly { readonly verdict: Verdict }[]): Partial<Record<Verdict, number>> {
  const counts: Partial<Record<Verdict, number>> = {};
  for (const { verdict } of cases) counts[verdict] = (counts[verdict] ?? 0) + 1;
  return counts;
}

/** The order of plain code units, the same in every locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
