/** Settings of the running kernel that decide about performance, tracing and isolation, each from one file. */
import { known, mapFact, type SmallFiles, smallFact, smallFactOrNone, unknown } from '../../answers.ts';
import type { Fact } from '../../facts.ts';
import type { ProbeRow } from '../../probe.ts';

const sysctl = '/proc/sys';
const cpu = '/sys/devices/system/cpu';
const mm = '/sys/kernel/mm';

/** `always [madvise] never` → `madvise`. A file that offers no choice says its value alone. */
export function chosen(text: string): string {
  return /\[([^\]]+)\]/.exec(text)?.[1] ?? text.trim();
}

/** Key, file, and how its text is read. A file that this kernel does not have is `none`. */
const settings: readonly (readonly [key: string, path: string, read?: (text: string) => string | undefined])[] = [
  ['perf-event-paranoid', `${sysctl}/kernel/perf_event_paranoid`],
  ['ptrace-scope', `${sysctl}/kernel/yama/ptrace_scope`],
  ['kptr-restrict', `${sysctl}/kernel/kptr_restrict`],
  ['dmesg-restrict', `${sysctl}/kernel/dmesg_restrict`],
  ['unprivileged-bpf-disabled', `${sysctl}/kernel/unprivileged_bpf_disabled`],
  ['randomize-va-space', `${sysctl}/kernel/randomize_va_space`],
  ['nmi-watchdog', `${sysctl}/kernel/nmi_watchdog`],
  ['numa-balancing', `${sysctl}/kernel/numa_balancing`],
  ['max-map-count', `${sysctl}/vm/max_map_count`],
  ['overcommit-memory', `${sysctl}/vm/overcommit_memory`],
  ['swappiness', `${sysctl}/vm/swappiness`],
  ['zone-reclaim-mode', `${sysctl}/vm/zone_reclaim_mode`],
  ['transparent-hugepages', `${mm}/transparent_hugepage/enabled`, chosen],
  ['transparent-hugepages-defrag', `${mm}/transparent_hugepage/defrag`, chosen],
  ['transparent-hugepages-shmem', `${mm}/transparent_hugepage/shmem_enabled`, chosen],
  ['ksm', `${mm}/ksm/run`],
  ['smt', `${cpu}/smt/control`],
  ['smt-active', `${cpu}/smt/active`],
  ['isolated-cpus', `${cpu}/isolated`],
  ['nohz-full-cpus', `${cpu}/nohz_full`],
  ['cpufreq-driver', `${cpu}/cpu0/cpufreq/scaling_driver`],
  ['cpufreq-boost', `${cpu}/cpufreq/boost`],
  ['intel-no-turbo', `${cpu}/intel_pstate/no_turbo`],
  ['energy-preference', `${cpu}/cpu0/cpufreq/energy_performance_preference`],
  ['cpuidle-driver', `${cpu}/cpuidle/current_driver`],
  ['cpuidle-governor', `${cpu}/cpuidle/current_governor`],
  ['clock-source', '/sys/devices/system/clocksource/clocksource0/current_clocksource'],
  ['clock-sources', '/sys/devices/system/clocksource/clocksource0/available_clocksource'],
  ['security-modules', '/sys/kernel/security/lsm'],
];

// Of every tenth policy: a thousand nodes must not say a word a processor, and a mixed node still shows.
const governors = `${cpu}/cpufreq/policy*0/scaling_governor`;

/** The files that `settingRows` reads. The folders prove that /sys is there, so that a missing file is an answer. */
export const settingPatterns: readonly string[] = [
  '/sys/kernel',
  '/sys/kernel/security',
  ...settings.map(([, path]) => path),
  governors,
  `${mm}/hugepages/*/nr_hugepages`,
  '/sys/devices/system/node/node*/hugepages/*/nr_hugepages',
];

/** Whether the file system that holds a path can be seen at all. */
function seen(files: SmallFiles, path: string): boolean {
  if (path.startsWith('/proc/')) return files.values.has(`${sysctl}/kernel/osrelease`);
  // securityfs is often not mounted where a node was booted by hand; only then is the list not known.
  if (path.startsWith('/sys/kernel/security/')) return false;
  return files.directories.includes('/sys/kernel');
}

/** One setting. A list of processors that is empty is there and names none. */
function setting(files: SmallFiles, path: string, read: (text: string) => string | undefined): Fact {
  if (files.empty.includes(path) && /\/(isolated|nohz_full)$/.test(path)) return { value: 'none', source: path };
  return mapFact(smallFactOrNone(files, path, seen(files, path)), read);
}

/** `2 x performance; 1 x powersave`, or the one value that all have. */
function governorFact(files: SmallFiles): Fact {
  const values = [...files.values]
    .filter(([path]) => path.startsWith(`${cpu}/cpufreq/policy`))
    .map(([, value]) => value);
  const kinds = [...new Set(values)].sort();
  if (kinds.length === 0) return smallFactOrNone(files, governors, files.directories.includes('/sys/kernel'));
  const counted = kinds.map((kind) => `${values.filter((value) => value === kind).length} x ${kind}`);
  return { value: kinds.length === 1 ? (kinds[0] ?? '') : counted.join('; '), source: governors };
}

/** Huge pages in the pool by size, of the node and of each NUMA node: `2048kB 512; 1048576kB 0`. */
function hugepageRows(files: SmallFiles): readonly ProbeRow[] {
  const pools = new Map<string, string[]>();
  for (const [path, count] of files.values) {
    const match = /^\/sys\/(?:kernel\/mm|devices\/system\/node\/(node\d+))\/hugepages\/hugepages-(\w+)\//.exec(path);
    if (!match?.[2]) continue;
    const key = match[1] ? `hugepages.${match[1]}` : 'hugepages';
    pools.set(key, [...(pools.get(key) ?? []), `${match[2]} ${count}`]);
  }
  const rows = [...pools].sort(([a], [b]) => (a < b ? -1 : 1));
  if (pools.has('hugepages'))
    return rows.map(([key, sizes]) =>
      known(key, sizes.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10)).join('; '), `${mm}/hugepages`),
    );
  const path = `${mm}/hugepages`;
  if (files.directories.includes('/sys/kernel')) return [known('hugepages', 'none', path)];
  const fact = smallFact(files, path);
  return ['unknown' in fact ? { key: 'hugepages', fact } : unknown('hugepages', 'error', 'it is no folder', path)];
}

/** All settings as rows. */
export function settingRows(files: SmallFiles): readonly ProbeRow[] {
  return [
    ...settings.map(([key, path, read]) => ({ key, fact: setting(files, path, read ?? ((text) => text)) })),
    { key: 'cpufreq-governor', fact: governorFact(files) },
    ...hugepageRows(files),
  ];
}
