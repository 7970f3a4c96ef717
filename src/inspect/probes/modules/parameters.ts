/** Parameters of the modules that decide how storage, fabrics, GPUs and scheduling behave. */
import { known, type SmallFiles } from '../../answers.ts';
import type { ProbeRow } from '../../probe.ts';
import { namesSecret } from '../../secret-names.ts';

/**
 * Modules, or built-in parts of the kernel, whose parameters are read. Not of all: a node has well over a thousand, most of
 * them of a keyboard or a disk, and each costs its bytes a node.
 */
const modules: readonly string[] = [
  'nvidia', 'nvidia_uvm', 'nvidia_peermem', 'gdrdrv', 'amdgpu', 'xpmem', 'knem', 'mlx5_core', 'mlx5_ib', 'mlx4_core', 'ib_core',
  'ib_ipoib', 'rdma_ucm', 'hfi1', 'rdmavt', 'efa', 'irdma', 'bnxt_re', 'cxi_ss1', 'cxi_user', 'lnet', 'ko2iblnd', 'ksocklnd', 'kkfilnd',
  'ptlrpc', 'obdclass', 'lustre', 'mmfs26', 'beegfs', 'nfs', 'nfsv4', 'sunrpc', 'overlay', 'fuse', 'nvme_core', 'zswap',
  'workqueue', 'intel_idle', 'cpuidle', 'processor', 'kvm',
]; // biome-ignore format: a table reads better in few lines

/** The files that `parameterRows` reads. */
export const parameterPatterns: readonly string[] = modules.map((name) => `/sys/module/${name}/parameters/*`);

/** One row a module that has parameters, `NAME.parameters`: those this user may read, by name: `a=1 b=Y`. */
export function parameterRows(sys: SmallFiles): readonly ProbeRow[] {
  const found = new Map<string, string[]>();
  const say = (path: string, value: string): void => {
    const [, module, name] = /^\/sys\/module\/([^/]+)\/parameters\/([^/]+)$/.exec(path) ?? [];
    if (!module || !name) return;
    const shown = namesSecret(name) ? '***' : /\s/.test(value) ? `"${value}"` : value;
    found.set(module, [...(found.get(module) ?? []), `${name}=${shown}`]);
  };
  for (const [path, value] of sys.values) say(path, value);
  for (const path of sys.empty) say(path, '');
  return [...found].map(([module, words]) =>
    known(`${module}.parameters`, words.sort().join(' '), `/sys/module/${module}/parameters`),
  );
}
