/** The kernel's configuration: its digest, and the options that decide how containers, MPI and performance fare. */
import { factFrom, known, textOf, unknown } from '../../answers.ts';
import type { NodeAnswer, NodeAsk, ProbeRow } from '../../probe.ts';

/**
 * Options without `CONFIG_`. An entry with `|` is one option that was renamed (most mitigations were in 6.9): the fact has
 * the first name. The digest covers the whole file, so an option that is not here still shows as a difference.
 */
export const configOptions: readonly string[] = [
  // preemption and time
  'PREEMPT_NONE', 'PREEMPT_VOLUNTARY', 'PREEMPT', 'PREEMPT_LAZY', 'PREEMPT_RT', 'PREEMPT_DYNAMIC', 'HZ', 'NO_HZ_FULL', 'RCU_NOCB_CPU',
  // processors and memory
  'NR_CPUS', 'SCHED_SMT', 'CPU_ISOLATION', 'NUMA', 'NUMA_BALANCING', 'NUMA_BALANCING_DEFAULT_ENABLED', 'TRANSPARENT_HUGEPAGE',
  'TRANSPARENT_HUGEPAGE_ALWAYS', 'TRANSPARENT_HUGEPAGE_MADVISE', 'HUGETLBFS', 'ARM64_64K_PAGES', 'PPC_64K_PAGES', 'KSM', 'ZSWAP',
  'INIT_ON_ALLOC_DEFAULT_ON', 'INIT_ON_FREE_DEFAULT_ON', 'KASAN', 'PROVE_LOCKING',
  // containers
  'NAMESPACES', 'USER_NS', 'PID_NS', 'NET_NS', 'IPC_NS', 'CGROUPS', 'CPUSETS', 'MEMCG', 'CGROUP_PIDS', 'CGROUP_DEVICE', 'CGROUP_FREEZER',
  'CGROUP_HUGETLB', 'CGROUP_RDMA', 'CGROUP_BPF', 'CFS_BANDWIDTH', 'SECCOMP', 'SECCOMP_FILTER', 'OVERLAY_FS', 'FUSE_FS', 'SQUASHFS',
  'SQUASHFS_ZSTD', 'EROFS_FS', 'TMPFS_XATTR', 'BLK_DEV_LOOP', 'CHECKPOINT_RESTORE',
  // what MPI and fabrics stand on
  'CROSS_MEMORY_ATTACH', 'SYSVIPC', 'INFINIBAND', 'INFINIBAND_USER_ACCESS', 'INFINIBAND_ON_DEMAND_PAGING', 'MLX5_INFINIBAND',
  'INFINIBAND_EFA', 'INFINIBAND_HFI1', 'RDMA_RXE', 'PCI_P2PDMA', 'IOMMU_DEFAULT_PASSTHROUGH', 'DEVICE_PRIVATE', 'HSA_AMD',
  // security, tracing, mitigations
  'LSM', 'SECURITY_YAMA', 'SECURITY_LANDLOCK', 'PERF_EVENTS', 'BPF_SYSCALL', 'BPF_UNPRIV_DEFAULT_OFF', 'RANDOMIZE_BASE',
  'CPU_MITIGATIONS|SPECULATION_MITIGATIONS', 'MITIGATION_PAGE_TABLE_ISOLATION|PAGE_TABLE_ISOLATION', 'MITIGATION_RETPOLINE|RETPOLINE',
  'MITIGATION_RETHUNK|RETHUNK', 'MITIGATION_SLS|SLS', 'MITIGATION_SRSO|CPU_SRSO', 'MITIGATION_UNRET_ENTRY|CPU_UNRET_ENTRY',
  'MITIGATION_IBRS_ENTRY|CPU_IBRS_ENTRY', 'MITIGATION_IBPB_ENTRY|CPU_IBPB_ENTRY', 'X86_INTEL_TSX_MODE_OFF', 'UNMAP_KERNEL_AT_EL0',
  'MITIGATE_SPECTRE_BRANCH_HISTORY',
  // how it was built, and what may be added
  'CC_VERSION_TEXT', 'LOCALVERSION', 'CC_OPTIMIZE_FOR_PERFORMANCE', 'MODULES', 'MODULE_SIG', 'MODULE_SIG_FORCE', 'LIVEPATCH',
  'IKCONFIG', 'IKCONFIG_PROC',
]; // biome-ignore format: a table reads better in few lines

// Split once: the rows are made for a thousand nodes.
const entries = configOptions.map((entry) => entry.split('|'));
const names = entries.flat();

/** Where a kernel's configuration may stand; the first that can be read is taken. */
export const configAsk: NodeAsk = {
  id: 'config',
  kind: 'digest',
  paths: ['/proc/config.gz', '/boot/config-{release}', '/lib/modules/{release}/config'],
  pick: { pattern: `^(# )?CONFIG_(${names.join('|')})[ =]`, most: names.length },
};

/** Options as `.config` writes them (kbuild, Documentation/kbuild/kconfig.rst): `y`, `m`, `n` for `is not set`, or text. */
export function optionsIn(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const line of text.split('\n')) {
    const off = /^# CONFIG_(\w+) is not set\s*$/.exec(line)?.[1];
    if (off) found.set(off, 'n');
    const [, name, value = ''] = /^CONFIG_(\w+)=(.*)$/.exec(line.trimEnd()) ?? [];
    if (name) found.set(name, value.replace(/^"(.*)"$/, '$1') || 'empty');
  }
  return found;
}

/** The value under the first of these names: `none` when the configuration, which is whole, has no such option at all. */
export function optionOf(options: ReadonlyMap<string, string>, spellings: readonly string[]): string {
  for (const name of spellings) {
    const value = options.get(name);
    if (value !== undefined) return value;
  }
  return 'none';
}

/** Digest and path (first two lines of the answer: path, sha256sum), then the options picked from the same file. */
export function configRows(answer: NodeAnswer): readonly ProbeRow[] {
  const [path = '', digest = '', ...lines] = (textOf(answer) ?? '').split('\n');
  const fact = factFrom(answer, () => /^[0-9a-f]{64}\b/.exec(digest)?.[0]);
  if (!('value' in fact)) return [{ key: 'config-digest', fact }];
  const options = optionsIn(lines.join('\n'));
  const rows = entries.map((spellings) => {
    const key = `config.${spellings[0]}`;
    // Every kernel names some of them. One that names none is no configuration.
    if (options.size === 0) return unknown(key, 'error', `${path} names none of the options asked for`, path);
    return known(key, optionOf(options, spellings), path);
  });
  return [
    { key: 'config-digest', fact: { value: `sha256:${fact.value}`, source: path } },
    known('config-source', path, path),
    ...rows,
  ];
}
