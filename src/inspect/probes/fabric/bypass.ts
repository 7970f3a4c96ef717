/**
 * What lets processes of a node reach each other's memory and the adapters without the kernel: modules, device nodes as
 * this user may open them, and cross-memory attach, which is tried.
 */
import { factFrom, known, type SmallFiles, smallFact, textOf, unknown } from '../../answers.ts';
import type { NodeAnswer, NodeAsk, ProbeRow, ShellForm } from '../../probe.ts';

const fabricDrivers = [
  ...['ib_core', 'ib_uverbs', 'rdma_cm', 'mlx5_core', 'mlx4_core', 'hfi1', 'cxi_ss1', 'cxi_user', 'irdma', 'bnxt_re'],
  ...['ionic_rdma', 'efa'],
];

/** Modules for shared memory and GPU memory, with the device node that each makes. */
const deviceModules = [
  { key: 'xpmem', module: 'xpmem', device: '/dev/xpmem' },
  { key: 'knem', module: 'knem', device: '/dev/knem' },
  { key: 'gdrcopy', module: 'gdrdrv', device: '/dev/gdrdrv' },
] as const;

const drivers = [...fabricDrivers, 'xpmem', 'knem', 'gdrdrv', 'nvidia_peermem'];
const ptraceScope = '/proc/sys/kernel/yama/ptrace_scope';

/** The files asked for, as patterns of a `small` ask. */
export const bypassFiles: readonly string[] = [
  '/sys/module',
  ptraceScope,
  ...drivers.flatMap((name) => [`/sys/module/${name}/version`, `/sys/module/${name}/srcversion`]),
  ...deviceModules.map(({ module }) => `/sys/module/${module}`),
];

// A device is never read: some act on it. Opening a sibling's memory passes the same check of the kernel as
// process_vm_readv(2), which a shell cannot call: ptrace(2), PTRACE_MODE_ATTACH.
const script = `
for path in /dev/xpmem /dev/knem /dev/gdrdrv /dev/infiniband/* /dev/cxi* /dev/hfi1* /dev/ipath*; do
  if [ ! -e "$path" ]; then continue; fi
  if [ -r "$path" ] && [ -w "$path" ]; then printf 'device %s usable\\n' "$path"; else printf 'device %s denied\\n' "$path"; fi
done
sleep 30 >/dev/null 2>&1 &
if (exec 3<"/proc/$!/mem") 2>/dev/null; then echo 'memory allowed'
elif [ -e "/proc/$!/mem" ]; then echo 'memory refused'
fi
kill "$!" 2>/dev/null
echo end
`;

/** Looks at device nodes and tries cross-memory attach. */
export const bypassAsk: NodeAsk = {
  id: 'bypass',
  kind: 'command',
  argv: ['sh', '-c', script],
  limitSeconds: 10,
  shown: 'test -rw /dev/…, open of /proc/PID/mem of a sibling',
};

/** Device nodes by path, and whether a sibling's memory may be opened; nothing from an answer that is cut. */
export function bypassAnswer(
  text: string,
): { readonly devices: ReadonlyMap<string, string>; readonly memory?: string } | undefined {
  const lines = text.split('\n');
  if (!lines.includes('end')) return undefined;
  const devices = lines.flatMap((line) => {
    const match = /^device (\/dev\/\S+) (usable|denied)$/.exec(line);
    return match?.[1] && match[2] ? [[match[1], match[2]] as const] : [];
  });
  const memory = lines.map((line) => /^memory (allowed|refused)$/.exec(line)?.[1]).find((word) => word !== undefined);
  return { devices: new Map(devices), ...(memory !== undefined && { memory }) };
}

/** The version a module states, else the digest of its source, else that it is there. */
function moduleText(small: SmallFiles, name: string): string | undefined {
  const stated = small.values.get(`/sys/module/${name}/version`) ?? small.values.get(`/sys/module/${name}/srcversion`);
  return stated ?? (small.directories.includes(`/sys/module/${name}`) ? 'loaded' : undefined);
}

/** Drivers that state a version, `mlx5_core 23.10-1.1.9; …`; `none` where /sys/module proves it. */
export function driverRow(small: SmallFiles): ProbeRow {
  if (small.missing) return unknown('drivers', small.missing.unknown, small.missing.why, '/sys/module');
  if (!small.directories.includes('/sys/module'))
    return unknown('drivers', 'absent', '/sys/module cannot be seen', '/sys/module');
  const stated = drivers.flatMap((name) => (moduleText(small, name) ? [`${name} ${moduleText(small, name)}`] : []));
  return known('drivers', stated.length > 0 ? stated.join('; ') : 'none', '/sys/module');
}

/** How a node's shell makes that line. */
export const driverForm: ShellForm = { name: 'driver_versions', asks: ['sys'], words: ['/sys/module', ...drivers] };

/** XPMEM, KNEM, GDRCopy: module and device, `module 2.7, /dev/xpmem usable`; `none` where /sys/module proves it. */
function deviceModuleRow(
  small: SmallFiles,
  devices: ReadonlyMap<string, string>,
  { key, module, device }: (typeof deviceModules)[number],
): ProbeRow {
  const version = moduleText(small, module);
  const source = `/sys/module/${module} ${device}`;
  if (version === undefined && !devices.has(device)) {
    if (small.missing) return unknown(key, small.missing.unknown, small.missing.why, source);
    if (!small.directories.includes('/sys/module')) return unknown(key, 'absent', '/sys/module cannot be seen', source);
    return known(key, 'none', source);
  }
  return known(key, `module ${version ?? 'not seen'}, ${device} ${devices.get(device) ?? 'is not there'}`, source);
}

/** Cross-memory attach between ranks; with what the kernel says where it refuses (Yama, admin-guide/LSM/Yama.rst). */
function attachRow(answer: NodeAnswer, memory: string | undefined, small: SmallFiles): ProbeRow {
  if (memory === undefined) return { key: 'cma', fact: factFrom(answer, () => undefined) };
  const scope = smallFact(small, ptraceScope);
  const why = memory === 'refused' && 'value' in scope ? `, ptrace_scope ${scope.value}` : '';
  return known('cma', `${memory}${why}`, answer.source);
}

/** Rows of modules, device nodes and cross-memory attach. */
export function bypassRows(small: SmallFiles, answer: NodeAnswer): readonly ProbeRow[] {
  const found = bypassAnswer(textOf(answer) ?? '');
  const devices = [...(found?.devices ?? [])].filter(([path]) => !deviceModules.some(({ device }) => device === path));
  return [
    ...deviceModules.map((one) =>
      found ? deviceModuleRow(small, found.devices, one) : { key: one.key, fact: factFrom(answer, () => undefined) },
    ),
    found
      ? known('devices', devices.map(([path, use]) => `${path} ${use}`).join(', ') || 'none', answer.source)
      : { key: 'devices', fact: factFrom(answer, () => undefined) },
    attachRow(answer, found?.memory, small),
  ];
}
