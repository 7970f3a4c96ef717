/**
 * Limits of the control groups this step runs in, versions 1 and 2 (Documentation/admin-guide/cgroup-v2.rst, cgroup-v1).
 * A limit of any group above holds as well, so the least counts. The collector's step is not the case's: what Slurm
 * sets for the job holds for both, what it sets for a step is of this one.
 */
import { factFrom, known, textOf, unknown } from '../../answers.ts';
import type { NodeAnswer, NodeAsk, ProbeRow } from '../../probe.ts';

// `group PATH`, then `limit FILE<TAB>VALUE` for each group from the step's own upwards. The first argument is put before
// every path: empty but in tests. A path that a namespace hides (`/../..`) leads to no files.
const script = `
root=\${1-}
show() {
  value=
  { read -r value <"$root$1"; } 2>/dev/null
  if [ -n "$value" ]; then printf 'limit %s\\t%s\\n' "$1" "$value"; fi
}
climb() {
  mount=$1
  group=$2
  shift 2
  while :; do
    for file do show "$mount\${group%/}/$file"; done
    case $group in '' | /) break ;; esac
    group=\${group%/*}
  done
}
while IFS=: read -r number names group; do
  case $number:$names in
    0:)
      for mount in /sys/fs/cgroup /sys/fs/cgroup/unified; do
        [ -e "$root$mount/cgroup.controllers" ] || continue
        printf 'group %s\\n' "$group"
        climb "$mount" "$group" memory.max memory.swap.max cpu.max cpuset.cpus.effective cpuset.mems.effective
      done ;;
    *) case ,$names, in
      *,memory,*) printf 'group %s\\n' "$group"; climb /sys/fs/cgroup/memory "$group" memory.limit_in_bytes ;;
      *,cpuset,*) climb /sys/fs/cgroup/cpuset "$group" cpuset.effective_cpus cpuset.effective_mems ;;
      *,cpu,*) for mount in /sys/fs/cgroup/cpu /sys/fs/cgroup/cpu,cpuacct; do
        [ ! -e "$root$mount/cpu.cfs_quota_us" ] || climb "$mount" "$group" cpu.cfs_quota_us cpu.cfs_period_us
        done ;;
      esac ;;
  esac
done <"$root/proc/self/cgroup"
grep -E '^(Cpus|Mems)_allowed_list:' "$root/proc/self/status"
`;

export const cgroupAsk: NodeAsk = {
  id: 'cgroup',
  kind: 'command',
  argv: ['sh', '-c', script, 'sh'],
  limitSeconds: 10,
  shown: '/proc/self/cgroup /sys/fs/cgroup',
};

/** Limits in force; undefined where no group says anything. */
export interface CgroupLimits {
  readonly group?: string;
  /** Bytes, or `none` where every group seen is without a limit. */
  readonly memory?: string;
  /** Processors' worth of time, such as `1.50`, or `none`. */
  readonly time?: string;
  /** Lists as the kernel writes them, `0-3,8`. */
  readonly processors?: string;
  readonly memoryNodes?: string;
}

/** `9223372036854771712` is how version 1 writes that there is no limit: the largest count of whole pages. */
function bytes(text: string): number {
  if (text === 'max') return Number.POSITIVE_INFINITY;
  const value = /^\d{1,19}$/.test(text) ? Number(text) : Number.NaN;
  return value > 2 ** 62 ? Number.POSITIVE_INFINITY : value;
}

/** The least of the limits that are numbers; `none` if all are without limit; undefined if there is none at all. */
function least(values: readonly number[], show: (value: number) => string): string | undefined {
  const numbers = values.filter((value) => !Number.isNaN(value));
  if (numbers.length === 0) return undefined;
  const smallest = Math.min(...numbers);
  return smallest === Number.POSITIVE_INFINITY ? 'none' : show(smallest);
}

/** Processors' worth of time of `max 100000` or `150000 100000`. */
function share(quota: string, period: string): number {
  if (quota === 'max' || quota === '-1') return Number.POSITIVE_INFINITY;
  const value = /^\d+$/.test(quota) && /^\d+$/.test(period) ? Number(quota) / Number(period) : Number.NaN;
  return Number.isFinite(value) ? value : Number.NaN;
}

const list = /^\d+(-\d+)?(,\d+(-\d+)?)*$/;

/** The limits in the answer of the ask. */
export function cgroupLimits(text: string): CgroupLimits {
  const limits: [string, string][] = [];
  let group: string | undefined;
  const status = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, path, value] = /^limit (\S+)\t(.+)$/.exec(line) ?? [];
    if (path !== undefined && value !== undefined) limits.push([path, value.trim()]);
    group ??= /^group (\/\S*)$/.exec(line)?.[1];
    const [, name, allowed] = /^(Cpus|Mems)_allowed_list:\s*(\S+)$/.exec(line) ?? [];
    if (name !== undefined && allowed !== undefined) status.set(name, allowed);
  }
  const all = (...files: readonly string[]): readonly string[] =>
    limits.filter(([path]) => files.some((file) => path.endsWith(`/${file}`))).map(([, value]) => value);
  const quotas = limits.flatMap(([path, value]) => {
    if (path.endsWith('/cpu.max')) return [share(value.split(' ')[0] ?? '', value.split(' ')[1] ?? '')];
    if (!path.endsWith('/cpu.cfs_quota_us')) return [];
    const period = limits.find(([other]) => other === path.replace('quota', 'period'))?.[1] ?? '';
    return [share(value, period)];
  });
  const memory = least(all('memory.max', 'memory.limit_in_bytes').map(bytes), String);
  const time = least(quotas, (value) => value.toFixed(2));
  // The innermost group comes first and is a part of those above; the process may be held to fewer still.
  const processors = [status.get('Cpus'), ...all('cpuset.cpus.effective', 'cpuset.effective_cpus')];
  const nodes = [status.get('Mems'), ...all('cpuset.mems.effective', 'cpuset.effective_mems')];
  const first = (lists: readonly (string | undefined)[]) => lists.find((text) => text !== undefined && list.test(text));
  return {
    ...(group !== undefined && { group }),
    ...(memory !== undefined && { memory }),
    ...(time !== undefined && { time }),
    ...(first(processors) !== undefined && { processors: first(processors) as string }),
    ...(first(nodes) !== undefined && { memoryNodes: first(nodes) as string }),
  };
}

/** Keys of this allocation alone: which processors it was given, and the names of its groups. */
export const cgroupOwnKeys: readonly string[] = ['cgroup', 'cgroup.cpus', 'cgroup.mems'];

/** How many processors a list of the kernel names. */
function count(text: string): number {
  return text.split(',').reduce((sum, part) => {
    const [from = 0, to = from] = part.split('-').map(Number);
    return sum + to - from + 1;
  }, 0);
}

export function cgroupRows(answer: NodeAnswer): readonly ProbeRow[] {
  const limits: CgroupLimits = answer.kind === 'content' ? cgroupLimits(textOf(answer) ?? '') : {};
  const row = (key: string, value: string | undefined): ProbeRow => {
    if (value !== undefined) return known(key, value, answer.source);
    if (answer.kind === 'unknown') return { key, fact: factFrom(answer, () => undefined) };
    return unknown(key, 'absent', 'no control group of this step says it', answer.source);
  };
  return [
    row('cgroup', limits.group),
    row('cgroup.memory', limits.memory),
    row('cgroup.cpu-time', limits.time),
    row('cgroup.cpus', limits.processors),
    row('cgroup.cpu-count', limits.processors === undefined ? undefined : String(count(limits.processors))),
    row('cgroup.mems', limits.memoryNodes),
  ];
}
