/**
 * Preflight: will it start? In: an image, what is known of the nodes, and how a case is to be started. Out: findings,
 * each with its evidence, and the `--mpi` value to start with. Pure: it runs nothing, asks nothing, and what is not known
 * is said to be so, never taken for granted.
 */
import { checkAbi, checkArchitecture, checkLibc, checkOs } from './compatibility.ts';
import { checkEnvironment } from './environment.ts';
import { checkFabric } from './fabric.ts';
import { checkFiles } from './files.ts';
import type { Forecast, PreflightFinding, PreflightInput, Start } from './finding.ts';
import { checkGpu } from './gpu.ts';
import { checkInjected, checkLibraries } from './libraries.ts';
import { checkMounts } from './mounts.ts';
import { checkKernel, checkLevel } from './node-ground.ts';
import { checkPmi } from './process-management.ts';
import { checkProgram } from './program.ts';

/** The answer. `mpi` is what to pass to `srun --mpi=`; `none` where nothing better is known to work. */
export interface Preflight {
  readonly outcome: Forecast;
  /** What the ranks of a case are expected to do. */
  readonly start: Start;
  readonly findings: readonly PreflightFinding[];
  readonly mpi: string;
}

/** Findings that tell of more than the start: a program may start and still miss its GPU or fabric. */
const beside: readonly PreflightFinding['check'][] = ['gpu', 'fabric'];

/** The groups of facts that are looked at: no other is needed to foretell a start. */
export const factGroups: readonly string[] = ['fabric', 'gpu', 'hardware', 'kernel', 'mpi'];

/** Looks at everything; the outcome is the worst of the findings. */
export function preflight(input: PreflightInput): Preflight {
  const pmi = checkPmi(input);
  const findings = [
    checkArchitecture(input),
    checkOs(input),
    checkLevel(input),
    checkKernel(input),
    checkLibc(input),
    checkAbi(input),
    checkProgram(input),
    checkLibraries(input),
    checkInjected(input),
    checkMounts(input),
    pmi.finding,
    checkGpu(input),
    checkFabric(input),
    checkFiles(input),
    checkEnvironment(input),
  ];
  const has = (outcome: Forecast): boolean => findings.some((finding) => finding.outcome === outcome);
  return {
    outcome: has('will-fail') ? 'will-fail' : has('cannot-tell') ? 'cannot-tell' : 'ok',
    start: startOf(findings, pmi.start),
    findings,
    mpi: pmi.mpi,
  };
}

/** What keeps a program from starting at all goes before how its ranks would find each other. */
function startOf(findings: readonly PreflightFinding[], pmi: Start): Start {
  const deciding = findings.filter(({ check }) => check !== 'pmi' && !beside.includes(check));
  if (deciding.some(({ outcome }) => outcome === 'will-fail')) return 'aborts';
  return deciding.some(({ outcome }) => outcome === 'cannot-tell') ? 'unknown' : pmi;
}
