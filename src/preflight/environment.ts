/** Variables of the image that fight those of the host: the image's win in the container. */
import type { PreflightFinding, PreflightInput } from './finding.ts';

/**
 * What the launcher tells each rank about itself. One value for all ranks makes each take itself for the same one. Slurm's
 * srun(1) "OUTPUT ENVIRONMENT VARIABLES"; PMIx_Init(3), "ENVIRONMENT"; the PMI-1 and PMI-2 wire (MPICH's pmi).
 */
const identity =
  /^(?:SLURM_(?:PROCID|LOCALID|NODEID|NTASKS|NPROCS|STEP_\w+|JOB_ID|JOBID|TASKS_PER_NODE|TASK_PID)|PMI_(?:RANK|SIZE|FD|ID|PORT|JOBID)|PMIX_(?:RANK|NAMESPACE|SERVER_\w+|ID|GDS_\w+|PTL_\w+)|OMPI_COMM_WORLD_\w+|MPI_LOCAL\w+)$/;

/** What chooses the way of messages. It is right on the machine that the image was made for. */
const transports =
  /^(?:FI_PROVIDER|UCX_TLS|UCX_NET_DEVICES|I_MPI_FABRICS|I_MPI_OFI_PROVIDER|MPIR_CVAR_(?:CH4_NETMOD|OFI_\w*PROVIDER\w*)|OMPI_MCA_(?:btl|pml|mtl|btl_tcp_if_include|oob_tcp_if_include))$/;

/** Others of MPI and the loader: told, since a run differs by them. */
const told =
  /^(?:LD_LIBRARY_PATH|LD_PRELOAD|(?:OMPI_MCA|PRTE_MCA|PMIX_MCA|MPICH|MPIR_CVAR|I_MPI|FI|UCX|NCCL|SLURM|PMI|PMIX)_\w+)$/;

/** SLURM_JWT and its like: never shown. */
const secret = /JWT|TOKEN|SECRET|PASS|CRED|KEY$/;

const tcp = /^(?:tcp|sockets|tcp;ofi_rxm|self|vader|sm|shm|,|\^)+$/;

/** A value the site sets itself is the site's own business. */
export function checkEnvironment({ image, partition, environment }: PreflightInput): PreflightFinding {
  const set = Object.entries(image.environment).filter(([name]) => environment?.[name] === undefined);
  const show = ([name, value]: readonly [string, string]): string =>
    `${name}=${secret.test(name) ? '***' : value.slice(0, 200)}`;
  const evidence = set.filter(([name]) => told.test(name) || identity.test(name)).map(show);
  const fixed = set.find(([name]) => identity.test(name));
  if (fixed)
    return {
      check: 'environment',
      outcome: 'will-fail',
      message: `the image sets ${fixed[0]}, which the launcher tells each rank: all would take themselves for the same`,
      evidence,
      hint: `take ${fixed[0]} out of the image`,
    };
  const way = set.find(([name]) => transports.test(name));
  const { transport } = partition;
  if (way && !(transport === 'tcp' && tcp.test(way[1])))
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
