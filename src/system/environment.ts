/** The process around Assay: variables, user, host, working directory. */
import { hostname, userInfo } from 'node:os';

/** What Assay may know of its own process. */
export interface Environment {
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly directory: string;
  readonly user: string;
  readonly uid: number;
  readonly host: string;
  /** True when standard output is a terminal. */
  readonly terminal: boolean;
}

/** The environment of this process. */
export function processEnvironment(): Environment {
  const user = userInfo();
  return {
    variables: process.env,
    directory: process.cwd(),
    user: user.username,
    uid: user.uid,
    host: hostname(),
    terminal: process.stdout.isTTY === true,
  };
}

// What an enclosing allocation leaves behind and what would reach an inner job: snakemake-executor-plugin-slurm #22 and
// others lost runs to inherited SLURM_CPU_BIND and SLURM_MEM_PER_CPU.
const inherited =
  /^(SLURM_|SLURMD_|SBATCH_|SRUN_|SALLOC_|SQUEUE_|SACCT_|SCANCEL_|SINFO_|PMI_|PMIX_|PRTE_|OMPI_|PALS_|HYDRA_|MPI_LOCAL)/;
const kept = new Set(['SLURM_CONF']);

/**
 * Variables for a scheduler's client: the caller's, without those an enclosing job set, with times as seconds since
 * 1970 (SLURM_TIME_FORMAT) and the C locale.
 */
export function scrubbed(variables: Environment['variables']): Record<string, string> {
  const clean: Record<string, string> = {};
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined || (inherited.test(name) && !kept.has(name))) continue;
    clean[name] = value;
  }
  return { ...clean, LC_ALL: 'C', SLURM_TIME_FORMAT: '%s' };
}

/** The few variables a job starts from; nothing else of the caller reaches it, so two callers make equal jobs. */
export function jobEnvironment(environment: Environment): Record<string, string> {
  const { HOME, SHELL, SLURM_CONF } = environment.variables;
  return {
    PATH: environment.variables.PATH ?? '/usr/local/bin:/usr/bin:/bin',
    HOME: HOME ?? '/',
    USER: environment.user,
    LOGNAME: environment.user,
    LANG: 'C.UTF-8',
    SHELL: SHELL ?? '/bin/sh',
    ...(SLURM_CONF && { SLURM_CONF }),
  };
}
