/** What a shared library is to a rank: its MPI, its client of process management, its way to the fabric or the GPU. Pure. */
import { posix } from 'node:path';

/**
 * `transport`: a plug-in of an MPI, of UCX or of libfabric that carries messages one way; `fabric`: the libraries below it;
 * `pmi`: a client of PMI or PMIx; `gpu`: driver, run-time or collectives of a GPU.
 */
export type LibraryRole = 'mpi' | 'pmi' | 'fabric' | 'gpu' | 'transport';

export const libraryRoles: readonly LibraryRole[] = ['mpi', 'pmi', 'fabric', 'gpu', 'transport'];

/** By the name up to `.so`, first match first. Names as the projects install them. */
const roles: readonly (readonly [LibraryRole, RegExp])[] = [
  // Open MPI's and MPICH's own, the MPI-5 ABI, debug and multi-thread builds, and Cray's one for each compiler.
  ['mpi', /^lib(?:mpi|mpich|mpi_abi|mpi_ibm|mpi_mt|mpi_dbg|mpi_dbg_mt|xmpi|mvapich2?|mtmpi)$/],
  ['mpi', /^libmpi(?:ch)?_(?:cray|gnu|intel|nvidia|pgi|amd|aocc)(?:_\w+)?$/],
  ['pmi', /^lib(?:pmix|pmi|pmi2|pmi_cray)$/],
  // Plug-ins of Open MPI before 5 that hold the client or reach one.
  ['pmi', /^mca_pmix_(?:pmix|ext|s1|s2|cray|flux)\w*$/],
  ['transport', /^mca_(?:pml|mtl|btl|smsc)_\w+$/],
  ['transport', /^libuct_\w+$/],
  ['transport', /^lib[\w.-]+-fi$/],
  ['transport', /^libnccl-net(?:-\w+)?$/],
  ['fabric', /^lib(?:fabric|ucp|uct|ucs|ucm|ibverbs|rdmacm|ibumad|efa|mlx[45]|cxi|psm|psm2|psm3|psm_infinipath)$/],
  ['fabric', /^lib(?:infinipath|ugni|xpmem|portals|opa|mxm|hcoll|sharp|sharp_coll)$/],
  ['fabric', /^lib\w+-rdmav\d+$/],
  ['gpu', /^lib(?:cuda|cudart|nvidia-ml|nccl|nvshmem(?:_host)?|gdrapi|amdhip64|hsa-runtime64|hsakmt|rccl)$/],
  ['gpu', /^lib(?:ze_loader|ze_intel_gpu|sycl|ccl|rocm_smi64|amd_smi)$/],
];

/** Name of a library up to `.so`, without what the tools for Python wheels add to it (`libmpi-1a2b3c4d.so.40`). */
function stemOf(name: string): string {
  const file = posix.basename(name).replace(/ \(deleted\)$/, '');
  const end = file.indexOf('.so');
  return (end < 0 ? file : file.slice(0, end)).replace(/-[0-9a-f]{8}$/, '');
}

/**
 * The role of a library. `soname` is its DT_SONAME, where somebody read its ELF: that is what it was linked by, whatever the
 * file is called, and goes first. Undefined for what is none of these.
 */
export function libraryRole(path: string, soname?: string): LibraryRole | undefined {
  for (const name of soname === undefined ? [path] : [soname, path]) {
    const stem = stemOf(name);
    const found = roles.find(([, pattern]) => pattern.test(stem));
    if (found) return found[0];
  }
  return undefined;
}

/** A plug-in in words: whose it is and which way it goes, such as `Open MPI btl` and `tcp`; undefined when it is none. */
export function transportOf(path: string): { readonly owner: string; readonly way: string } | undefined {
  const stem = stemOf(path);
  const openmpi = /^mca_(pml|mtl|btl|smsc)_(\w+)$/.exec(stem);
  if (openmpi?.[1] && openmpi[2]) return { owner: `Open MPI ${openmpi[1]}`, way: openmpi[2] };
  const ucx = /^libuct_(\w+)$/.exec(stem);
  if (ucx?.[1]) return { owner: 'UCX', way: ucx[1] };
  const libfabric = /^lib([A-Za-z]\w*)(?:-[\d.]+)?-fi$/.exec(stem);
  if (libfabric?.[1]) return { owner: 'libfabric', way: libfabric[1] };
  return /^libnccl-net/.test(stem) ? { owner: 'NCCL', way: stem.slice('lib'.length) } : undefined;
}
