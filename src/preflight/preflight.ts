/**
 * Preflight: will it start? In: an image, what is known of the nodes, and how a case is to be started. Out: findings,
 * each with its evidence, and the `--mpi` value to start with. Pure: it runs nothing, asks nothing, and what is not known
 * is said to be so, never taken for granted.
 */
import { checkAbi, checkArchitecture, checkLibc, checkOs } from './compatibility.ts';
import type { Forecast, PreflightFinding, PreflightInput } from './finding.ts';
import { checkPmi } from './process-management.ts';

/** The answer. `mpi` is what to pass to `srun --mpi=`; `none` where nothing better is known to work. */
export interface Preflight {
  readonly outcome: Forecast;
  readonly findings: readonly PreflightFinding[];
  readonly mpi: string;
}

/** Looks at everything; the outcome is the worst of the findings. */
export function preflight(input: PreflightInput): Preflight {
  const pmi = checkPmi(input);
  const findings = [checkArchitecture(input), checkOs(input), checkLibc(input), checkAbi(input), pmi.finding];
  const has = (outcome: Forecast): boolean => findings.some((finding) => finding.outcome === outcome);
  return {
    outcome: has('will-fail') ? 'will-fail' : has('cannot-tell') ? 'cannot-tell' : 'ok',
    findings,
    mpi: pmi.mpi,
  };
}
