/**
 * Limits of control groups, versions 1 and 2 (Documentation/admin-guide/cgroup-v2.rst, cgroup-v1), from files of a group and
 * of those above it. A limit of any group above holds as well, so the least counts. Pure.
 */

/** A number, or `none` where every group seen is without a limit. */
export type Limit = number | 'none';

/** The first line of a file of a group. */
export interface LimitLine {
  readonly path: string;
  readonly value: string;
}

/** Limits in force; a member is missing where no group says anything. */
export interface GroupLimits {
  /** Bytes. */
  readonly memory?: Limit;
  /** Processors' worth of time, such as 1.5. */
  readonly time?: Limit;
  /** Lists of the innermost group that has them, as the kernel writes them: `0-3,8`. */
  readonly processors?: string;
  readonly memoryNodes?: string;
}

/** `9223372036854771712` is how version 1 writes that there is no limit: the largest count of whole pages. */
function bytes(text: string): number {
  if (text === 'max') return Number.POSITIVE_INFINITY;
  const value = /^\d{1,19}$/.test(text) ? Number(text) : Number.NaN;
  // No machine has what a number cannot hold exactly.
  return value > Number.MAX_SAFE_INTEGER ? Number.POSITIVE_INFINITY : value;
}

/** Processors' worth of time of `max 100000` or `150000 100000`. */
function share(quota: string, period: string): number {
  if (quota === 'max' || quota === '-1') return Number.POSITIVE_INFINITY;
  const value = /^\d+$/.test(quota) && /^\d+$/.test(period) ? Number(quota) / Number(period) : Number.NaN;
  return Number.isFinite(value) ? value : Number.NaN;
}

/** The least of the limits that are numbers; `none` if all are without limit; undefined if there is none at all. */
function least(values: readonly number[]): Limit | undefined {
  const numbers = values.filter((value) => !Number.isNaN(value));
  if (numbers.length === 0) return undefined;
  const smallest = Math.min(...numbers);
  return smallest === Number.POSITIVE_INFINITY ? 'none' : smallest;
}

/** True for a list as the kernel writes it. */
export function isKernelList(text: string | undefined): text is string {
  return text !== undefined && /^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(text);
}

/** The limits that the files tell; those of the innermost group come first. */
export function limitsOf(lines: readonly LimitLine[]): GroupLimits {
  const all = (...files: readonly string[]): readonly string[] =>
    lines.filter(({ path }) => files.some((file) => path.endsWith(`/${file}`))).map(({ value }) => value.trim());
  const quotas = lines.flatMap(({ path, value }) => {
    const words = value.trim().split(' ');
    if (path.endsWith('/cpu.max')) return [share(words[0] ?? '', words[1] ?? '')];
    if (!path.endsWith('/cpu.cfs_quota_us')) return [];
    const period = lines.find((other) => other.path === path.replace(/quota_us$/, 'period_us'))?.value.trim() ?? '';
    return [share(words[0] ?? '', period)];
  });
  const memory = least(all('memory.max', 'memory.limit_in_bytes').map(bytes));
  const time = least(quotas);
  const processors = all('cpuset.cpus.effective', 'cpuset.effective_cpus').find(isKernelList);
  const memoryNodes = all('cpuset.mems.effective', 'cpuset.effective_mems').find(isKernelList);
  return {
    ...(memory !== undefined && { memory }),
    ...(time !== undefined && { time }),
    ...(processors !== undefined && { processors }),
    ...(memoryNodes !== undefined && { memoryNodes }),
  };
}
