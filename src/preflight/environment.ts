/** Variables of the image that fight those of the host: the image's win in the container. */
import type { ImageMpi } from '../image/image.ts';
import type { PreflightFinding, PreflightInput } from './finding.ts';

/**
 * What the launcher tells each rank about itself, and the client of that wire reads: one value for all ranks makes each take
 * itself for the same one. PMIx_Init(3), "ENVIRONMENT"; the PMI-1 and PMI-2 wire (MPICH's pmi).
 */
const identities: readonly (readonly [ImageMpi['pmi'][number], RegExp])[] = [
  ['pmix', /^PMIX_(?:RANK|NAMESPACE)$/],
  ['pmi2', /^PMI_(?:RANK|SIZE|FD|ID|PORT|JOBID)$/],
  ['pmi1', /^PMI_(?:RANK|SIZE|FD|ID|PORT|JOBID)$/],
];

/**
 * Others that the launcher tells, of which it is not known which program reads them: srun(1) "OUTPUT ENVIRONMENT VARIABLES".
 * OMPI_COMM_WORLD_* and the counts of tasks are not among them: with them in the image's ENV, ranks were seen to find each
 * other all the same.
 */
const launchers =
  /^(?:SLURM_(?:PROCID|LOCALID|NODEID|STEP_\w+|JOB_ID|JOBID|TASK_PID)|PMI_(?:RANK|SIZE|FD|ID|PORT|JOBID)|PMIX_(?:RANK|NAMESPACE|SERVER_\w+|ID|GDS_\w+|PTL_\w+)|MPI_LOCAL\w+)$/;

/** What chooses how ranks find each other, whatever the launcher offers. */
const wires =
  /^(?:OMPI_MCA_(?:pmix|ess|mca_base_component_path|mca_component_path|base_component_path)|PMIX_MCA_(?!gds$)\w+|MPIR_CVAR_PMI_\w+|MPICH_PMI_\w+|I_MPI_PMI|I_MPI_PMI2)$/;

/** Whose variable it is: another MPI does not read it. */
const owners: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^OMPI_/, ['openmpi']],
  [/^(?:MPIR_|MPICH_)/, ['mpich', 'intel', 'cray', 'mvapich2']],
  [/^I_MPI_/, ['intel']],
];

/** What chooses the way of messages. It is right on the machine that the image was made for. */
const transports =
  /^(?:FI_PROVIDER|UCX_TLS|UCX_NET_DEVICES|I_MPI_FABRICS|I_MPI_OFI_PROVIDER|MPIR_CVAR_(?:CH4_NETMOD|OFI_\w*PROVIDER\w*)|OMPI_MCA_(?:btl|pml|mtl|btl_tcp_if_include|oob_tcp_if_include))$/;

/** Others of MPI and the loader: told, since a run differs by them. */
const told =
  /^(?:LD_LIBRARY_PATH|LD_PRELOAD|(?:OMPI_MCA|PRTE_MCA|PMIX_MCA|MPICH|MPIR_CVAR|I_MPI|FI|UCX|NCCL|SLURM|PMI|PMIX)_\w+)$/;

/** SLURM_JWT and its like: never shown. */
const secret = /JWT|TOKEN|SECRET|PASS|CRED|KEY$/;

const tcp = /^(?:tcp|sockets|tcp;ofi_rxm|self|vader|sm|shm|,|\^)+$/;

/** A list of ways that has one over TCP; a single rank needs none. */
function overTcp(value: string, ranks: number): boolean {
  if (!tcp.test(value)) return false;
  const names = value.replace(/^\^/, '').split(/[,;]/);
  if (value.startsWith('^')) return !names.includes('tcp');
  return ranks === 1 || names.includes('tcp') || names.includes('sockets');
}

/** A value the site sets itself is the site's own business. */
export function checkEnvironment({ image, partition, environment, wish }: PreflightInput): PreflightFinding {
  const set = Object.entries(image.environment).filter(([name]) => environment?.[name] === undefined);
  const show = ([name, value]: readonly [string, string]): string =>
    `${name}=${secret.test(name) ? '***' : value.slice(0, 200)}`;
  const read = set.filter(([name]) => readBy(image.mpi, name));
  const evidence = set.filter(([name]) => told.test(name) || launchers.test(name)).map(show);
  const fixed = read.find(([name]) => tellsRank(image.mpi, name));
  if (fixed && wish.ranks > 1)
    return {
      check: 'environment',
      outcome: 'will-fail',
      message: `the image sets ${fixed[0]}, which the launcher tells each rank: all would take themselves for the same`,
      evidence,
      hint: `take ${fixed[0]} out of the image`,
    };
  const doubtful = read.find(
    ([name, value]) => launchers.test(name) && !(name === 'PMIX_GDS_MODULE' && value === 'hash'),
  );
  if (doubtful)
    return {
      check: 'environment',
      outcome: 'cannot-tell',
      message: `the image sets ${doubtful[0]}, which the launcher tells each rank; whether the program reads it is not known`,
      evidence,
      hint: `take ${doubtful[0]} out of the image`,
    };
  const wire = read.find(([name]) => wires.test(name));
  if (wire)
    return {
      check: 'environment',
      outcome: 'cannot-tell',
      message: `the image chooses how its ranks find each other by ${show(wire)}, whatever the launcher offers`,
      evidence,
      hint: `take ${wire[0]} out of the image, or set it in the site file under environment`,
    };
  const way = read.find(([name]) => transports.test(name));
  const { transport } = partition;
  if (way && !(transport === 'tcp' && overTcp(way[1], wish.ranks)))
    return {
      check: 'environment',
      outcome: 'cannot-tell',
      message: `the image chooses the way of messages by ${show(way)}, whatever these nodes have`,
      evidence,
      hint: `take ${way[0]} out of the image, or set it in the site file under environment`,
    };
  return {
    check: 'environment',
    outcome: 'ok',
    message:
      evidence.length === 0
        ? 'the image sets no variable of MPI or the loader'
        : 'nothing that the image sets fights the launcher',
    evidence,
    hint: '',
  };
}

/** Of an MPI that is not known, every variable may be read. */
function readBy(mpi: PreflightInput['image']['mpi'], name: string): boolean {
  if ('unknown' in mpi || mpi.family === 'unknown') return true;
  const owner = owners.find(([pattern]) => pattern.test(name));
  return owner === undefined || owner[1].includes(mpi.family);
}

function tellsRank(mpi: PreflightInput['image']['mpi'], name: string): boolean {
  return 'pmi' in mpi && identities.some(([pmi, pattern]) => mpi.pmi.includes(pmi) && pattern.test(name));
}
