/** Findings of checks, and the verdict of a case: the worst of its findings. */

/** `fail`: the container's fault. `invalid`: evidence missing. `error`: the site's or harness's fault. Only `pass` passes. */
export type Verdict = 'pass' | 'fail' | 'invalid' | 'error' | 'skip';

/** From harmless to worst. A proven fault of the container outweighs what was not proven. */
export const severity: readonly Verdict[] = ['pass', 'skip', 'error', 'invalid', 'fail'];

/** The result of one check, or of something that kept checks from being computed. */
export interface Finding {
  /** Name of the check in the suite, or of the harness's own (`status`, `identity`, `wireup` …). */
  readonly check: string;
  /** `physics`, `wireup`, `status`, `observation`, `identity`, `placement`, `performance` … */
  readonly kind: string;
  readonly verdict: Verdict;
  /** One sentence for people, with the numbers. */
  readonly message: string;
  /** What was computed, what against, for machines. */
  readonly data?: Readonly<Record<string, number | string | boolean | null>>;
}

/** The worst verdict of some findings; a case without any finding proved nothing and is `invalid`. */
export function worst(findings: readonly Finding[]): Verdict {
  let rank = -1;
  for (const finding of findings) rank = Math.max(rank, severity.indexOf(finding.verdict));
  return severity[rank] ?? 'invalid';
}
