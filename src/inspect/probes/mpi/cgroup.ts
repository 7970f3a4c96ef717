/**
 * Limits of the control groups this step runs in. The collector's step is not the case's: what Slurm sets for the job holds
 * for both, what it sets for a step is of this one.
 */
import { listLength } from '../../../base/number-list.ts';
import { factFrom, known, textOf, unknown } from '../../answers.ts';
import { isKernelList, type LimitLine, limitsOf } from '../../cgroup-limits.ts';
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

/** The limits in the answer of the ask. */
export function cgroupLimits(text: string): CgroupLimits {
  const limits: LimitLine[] = [];
  let group: string | undefined;
  const status = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, path, value] = /^limit (\S+)\t(.+)$/.exec(line) ?? [];
    if (path !== undefined && value !== undefined) limits.push({ path, value });
    group ??= /^group (\/\S*)$/.exec(line)?.[1];
    const [, name, allowed] = /^(Cpus|Mems)_allowed_list:\s*(\S+)$/.exec(line) ?? [];
    if (name !== undefined && allowed !== undefined) status.set(name, allowed);
  }
  const { memory, time, ...told } = limitsOf(limits);
  // The innermost group is a part of those above; the process may be held to fewer still.
  const processors = [status.get('Cpus'), told.processors].find(isKernelList);
  const memoryNodes = [status.get('Mems'), told.memoryNodes].find(isKernelList);
  return {
    ...(group !== undefined && { group }),
    ...(memory !== undefined && { memory: String(memory) }),
    ...(time !== undefined && { time: time === 'none' ? time : time.toFixed(2) }),
    ...(processors !== undefined && { processors }),
    ...(memoryNodes !== undefined && { memoryNodes }),
  };
}

/** Keys of this allocation alone: which processors it was given, and the names of its groups. */
export const cgroupOwnKeys: readonly string[] = ['cgroup', 'cgroup.cpus', 'cgroup.mems'];

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
    row('cgroup.cpu-count', limits.processors === undefined ? undefined : String(listLength(limits.processors) ?? 0)),
    row('cgroup.mems', limits.memoryNodes),
  ];
}
