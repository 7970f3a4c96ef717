/** What the files of an image bring that meets the node: a shell, mount points, toolkits, ways to fabrics, lost rights. */
import { posix } from 'node:path';
import type { Binaries, Binary } from '../binaries.ts';
import type { ImageHoldings, ImagePackage } from '../image.ts';
import type { ImageTree } from '../tree.ts';
import { findToolkits } from './toolkits.ts';

/** What the unpacking noted beside the tree: paths that it added, and what could not come along. */
export interface Unpacked {
  readonly added: readonly string[];
  readonly dropped: readonly string[];
}

const mostDropped = 100;

/** Libraries that reach a fabric's devices, by soname (rdma-core, opa-psm2, libcxi of HPE, Cray's ugni). */
const reaching: readonly (readonly [string, RegExp])[] = [
  ['verbs', /^libibverbs(?:-[0-9a-f]+)?\.so/],
  ['efa', /^libefa(?:-[0-9a-f]+)?\.so/],
  ['psm2', /^libpsm2(?:-[0-9a-f]+)?\.so/],
  ['psm', /^libpsm_infinipath/],
  ['cxi', /^libcxi(?:-[0-9a-f]+)?\.so/],
  ['gni', /^libugni/],
];

/** Libraries through which MPI reaches a fabric: MPI itself, libfabric and UCX, and their plugins. */
const messaging =
  /(?:^|\/)(?:lib)?(?:fabric|uc[tp]|mpi|mpich|mca_|pmpi|open-)[^/]*$|-fi\.so$|\/(?:ucx|openmpi|libfabric)\//;

/** Finds what it holds. */
export async function findHoldings(
  tree: ImageTree,
  binaries: Binaries,
  environment: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>>,
  packages: readonly ImagePackage[],
  unpacked: Unpacked,
): Promise<ImageHoldings> {
  const shell = tree.resolve('/bin/sh');
  const compat = binaries.all.find(({ path }) => /\/cuda[^/]*\/compat\/libcuda\.so/.test(path));
  return {
    ...(shell?.kind === 'file' && { binSh: shell.path }),
    added: unpacked.added,
    dropped: unpacked.dropped.slice(0, mostDropped),
    toolkits: await findToolkits(tree, binaries, environment, labels, packages),
    fabrics: fabricsOf(binaries.all),
    ...(compat && { cudaCompat: posix.dirname(compat.path) }),
  };
}

function fabricsOf(binaries: readonly Binary[]): ImageHoldings['fabrics'] {
  const users = binaries.filter(({ kind, path }) => kind !== 'program' && messaging.test(path));
  return reaching.flatMap(([fabric, pattern]) => {
    const user = users.find(({ elf }) => elf.needed.some((name) => pattern.test(name)));
    return user ? [{ fabric, path: user.path }] : [];
  });
}
