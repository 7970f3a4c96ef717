/** Loaded modules (Environment Modules, Lmod), and variables that change how MPI, OpenMP, fabrics, GPUs and runtimes behave. */
import { assignments, known, textOf, unknown } from '../answers.ts';
import type { NodeAnswer, Probe, ProbeRow } from '../probe.ts';
import { namesSecret, withoutCredentials } from '../secret-names.ts';

/** What the module systems leave in the environment (module(1), lmod.readthedocs.io). */
const moduleNames = ['LOADEDMODULES', '_LMFILES_', 'LMOD_VERSION', 'MODULES_CMD', 'MODULESHOME'];

/** The allow-list: names, and beginnings of names with `*`. Nothing else of the environment is read. */
export const allowedVariables: readonly string[] = [
  ...[
    'OMPI_*',
    'PMIX_*',
    'PRTE_*',
    'PMI_*',
    'MPICH_*',
    'MPIR_*',
    'I_MPI_*',
    'MV2_*',
    'MVP_*',
    'MPI_*',
    'SHMEM_*',
    'SLURM_MPI_TYPE',
  ],
  ...[
    'UCX_*',
    'UCC_*',
    'HCOLL_*',
    'FI_*',
    'PSM2_*',
    'PSM3_*',
    'HFI_*',
    'RDMAV_*',
    'MLX5_*',
    'MLX4_*',
    'IBV_*',
    'CXI_*',
  ],
  ...[
    'NCCL_*',
    'RCCL_*',
    'NVSHMEM_*',
    'CUDA_*',
    'NVIDIA_*',
    'HIP_*',
    'HSA_*',
    'ROCR_*',
    'ROCM_*',
    'GPU_*',
    'AMD_*',
    'ZE_*',
    'SYCL_*',
  ],
  ...['OMP_*', 'GOMP_*', 'KMP_*', 'MKL_*', 'OPENBLAS_*', 'BLIS_*', 'MALLOC_*', 'GLIBC_TUNABLES'],
  ...['LD_*', 'CRAY_MPICH_*', 'CRAY_CPU_TARGET', 'CRAY_ACCEL_TARGET', 'PE_ENV', 'DARSHAN_*'],
  ...['APPTAINER_*', 'SINGULARITY_*', 'ENROOT_*', 'PODMANHPC_*', 'CONDA_PREFIX', 'VIRTUAL_ENV', 'SPACK_ENV'],
];

/** Those that belong to one process or one step, and are another the next time. */
const ofOneStep: readonly string[] = [
  ...[
    'PMIX_NAMESPACE',
    'PMIX_RANK',
    'PMIX_SERVER_*',
    'PMIX_DSTORE_*',
    'PMIX_HOSTNAME',
    'PMIX_SYSTEM_TMPDIR',
    'PMIX_VERSION',
    'PMIX_ID',
  ],
  ...[
    'PMI_RANK',
    'PMI_SIZE',
    'PMI_FD',
    'PMI_JOBID',
    'PMI_PORT',
    'PMI_ID',
    'PMI_UNIVERSE_SIZE',
    'PMI_CONTROL_*',
    'PMI_LOCAL_*',
  ],
  ...[
    'OMPI_COMM_WORLD_*',
    'OMPI_UNIVERSE_SIZE',
    'OMPI_FIRST_RANKS',
    'OMPI_NUM_APP_CTX',
    'OMPI_APP_CTX_*',
    'OMPI_FILE_LOCATION',
  ],
  ...['OMPI_MCA_orte_*', 'OMPI_MCA_ess_base_*', 'MPI_LOCALRANKID', 'MPI_LOCALNRANKS', 'MPIR_RANK', 'SHMEM_RANK'],
];

function isOfOneStep(name: string): boolean {
  return ofOneStep.some((entry) => (entry.endsWith('*') ? name.startsWith(entry.slice(0, -1)) : name === entry));
}

/** A value as a fact may hold it: one line, nothing secret. */
function shown(name: string, value: string): string {
  if (namesSecret(name)) return '***';
  return (
    withoutCredentials(value)
      .replaceAll(/[\0-\x1f\x7f]/g, ' ')
      .trim() || 'empty'
  );
}

/** Loaded modules in the order of loading, which decides about PATH; the files behind them; and what loads them. */
function moduleRows(found: ReadonlyMap<string, string>, answer: NodeAnswer): readonly ProbeRow[] {
  const list = (name: string): string => (found.get(name) ?? '').split(':').filter(Boolean).join(' ') || 'none';
  const lmod = found.get('LMOD_VERSION');
  const other = found.get('MODULES_CMD') ?? found.get('MODULESHOME');
  const system = lmod ? `Lmod ${lmod}` : other ? `Environment Modules (${other})` : 'none';
  return [
    known('modules', list('LOADEDMODULES'), `${answer.source} LOADEDMODULES`),
    known('module-files', list('_LMFILES_'), `${answer.source} _LMFILES_`),
    known('module-system', system, answer.source),
  ];
}

export const environment: Probe = {
  name: 'environment',
  asks: [{ id: 'variables', kind: 'variables', names: [...moduleNames, ...allowedVariables] }],
  fingerprints: {},
  ownKeys: [],
  read: (answers) => {
    const answer = answers('variables');
    if (answer.kind === 'unknown') return [unknown('modules', answer.unknown, answer.why, answer.source)];
    const found = assignments(textOf(answer) ?? '');
    const rows = [...found]
      .filter(([name]) => !moduleNames.includes(name) && !isOfOneStep(name))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => known(name, shown(name, value), `${answer.source} ${name}`));
    return [...moduleRows(found, answer), ...rows];
  },
};
