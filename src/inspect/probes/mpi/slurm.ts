/**
 * Slurm as it starts MPI programs: its plugins, and the settings that change how ranks start, are placed and limited
 * (slurm.conf(5), cgroup.conf(5), mpi.conf(5)). An allow-list: whatever else is configured never leaves the node.
 */
import { factOrNone, known, textOf, unknown } from '../../answers.ts';
import type { NodeAnswer, NodeAsk, ProbeRow } from '../../probe.ts';

/** The settings kept, as slurm.conf(5) spells them. None of them can hold a password or a key. */
export const slurmSettings: readonly string[] = [
  ...['AccountingStorageType', 'CgroupPlugin', 'ConstrainCores', 'ConstrainDevices', 'ConstrainRAMSpace'],
  ...['ConstrainSwapSpace', 'Epilog', 'GresTypes', 'JobAcctGatherParams', 'JobAcctGatherType', 'JobContainerType'],
  ...['KillOnBadExit', 'LaunchParameters', 'MpiDefault', 'MpiParams', 'PMIxDirectConn', 'PMIxDirectConnUCX'],
  ...['PlugStackConfig', 'ProctrackType', 'Prolog', 'PrologFlags', 'PropagateResourceLimits', 'SelectType'],
  ...['SelectTypeParameters', 'SlurmctldParameters', 'SlurmdParameters', 'SrunEpilog', 'SrunProlog'],
  ...['SwitchParameters', 'SwitchType', 'TaskEpilog', 'TaskPlugin', 'TaskPluginParam', 'TaskProlog', 'TmpFS'],
  ...['TopologyPlugin'],
];

const alternatives = `(${slurmSettings.join('|')})`;
const notAsked = 'asked on the first node alone';

// The first line names the file. Configless nodes keep a copy (slurmd(8), conf-cache).
const fileScript = `
for file in "\${SLURM_CONF-}" /etc/slurm/slurm.conf /run/slurm/conf/slurm.conf /var/spool/slurmd/conf-cache/slurm.conf \\
  /var/spool/slurm/d/conf-cache/slurm.conf /etc/slurm-llnl/slurm.conf /usr/local/etc/slurm.conf; do
  if [ -r "$file" ]; then
    printf '%s\\n' "$file"
    grep -i -E '^[[:space:]]*${alternatives}[[:space:]]*=' "$file"
    exit 0
  fi
done
exit 3
`;

// One request to the controller for an allocation, not one a node: the answer is the same for all.
const controllerScript = `
if [ "\${SLURM_NODEID:-0}" != 0 ]; then echo '${notAsked}'; exit 0; fi
command -v scontrol >/dev/null || { echo 'no scontrol'; exit 0; }
said=$(scontrol show config) || exit 1
printf '%s\\n' "$said" | grep -i -E '^(SLURM_VERSION|Prolog\\[[0-9]+\\]|Epilog\\[[0-9]+\\]|${alternatives})[[:space:]]*='
`;

export const slurmAsks: readonly NodeAsk[] = [
  { id: 'plugins', kind: 'command', argv: ['srun', '--mpi=list'], limitSeconds: 10 },
  { id: 'srun', kind: 'command', argv: ['srun', '--version'], limitSeconds: 10 },
  { id: 'slurmd', kind: 'command', argv: ['slurmd', '-V'], limitSeconds: 10 },
  { id: 'slurm-file', kind: 'command', argv: ['sh', '-c', fileScript], limitSeconds: 10, shown: 'slurm.conf' },
  {
    id: 'slurm-controller',
    kind: 'command',
    argv: ['sh', '-c', controllerScript],
    limitSeconds: 10,
    shown: 'scontrol show config',
    slow: true,
  },
];

/**
 * Plugin names in the answer of `srun --mpi=list`, sorted, with the specific PMIx ones (`pmix_v4`). The wording before
 * the names changed between releases, their form did not: one a line, indented, before 22.05 behind `srun: `.
 */
export function mpiPlugins(text: string): readonly string[] {
  const names = new Set<string>();
  for (const line of text.split('\n')) {
    const bare = line.replace(/^srun:\s?/, '').trim();
    const specific = /^specific pmix plugin versions available:\s*(.*)$/.exec(bare);
    if (specific) for (const name of (specific[1] ?? '').split(/[\s,]+/)) if (name !== '') names.add(name);
    if (/^[a-z][a-z0-9_]*$/.test(bare)) names.add(bare);
  }
  return [...names].sort();
}

/** `22.05.8` of `slurm 22.05.8` or `slurm-wlm 22.05.8`. */
function slurmVersion(text: string): string | undefined {
  const stated = text.split('\n').map((line) => /^slurm\S*\s+(\S+)/.exec(line)?.[1]);
  return stated.find((version) => version !== undefined);
}

/**
 * Allow-listed settings in lines `Key = value`, of slurm.conf or of scontrol, spelled as in the list and sorted. Keys
 * know no case; `#` begins a comment; the last line of a key counts; `Prolog[0]`, `Prolog[1]` (24.11 and later) are
 * joined. What is not set (`(null)`) is `none`.
 */
export function slurmConfig(text: string): ReadonlyMap<string, string> {
  const names = new Map(slurmSettings.map((name) => [name.toLowerCase(), name]));
  const found = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^\s*([A-Za-z]+)(\[\d+\])?\s*=\s*([^#]*)/.exec(line);
    const name = names.get(match?.[1]?.toLowerCase() ?? '');
    if (!match || !name) continue;
    const given = (match[3] ?? '').trim();
    const value = /^(\(null( type)?\)|)$/.test(given) ? 'none' : given;
    const before = match[2] ? found.get(name) : undefined;
    found.set(name, before ? `${before},${value}` : value);
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The settings of this node's own slurm.conf, in one line: what the file says, not what Slurm makes of it. */
function fileRow(answer: NodeAnswer): ProbeRow {
  const text = textOf(answer);
  const key = 'slurm-conf';
  if (answer.kind === 'content' && answer.status === 3)
    return unknown(key, 'absent', 'no slurm.conf where it usually lies', answer.source);
  const [path = ''] = (text ?? '').split('\n', 1);
  const settings = [...slurmConfig(text ?? '')].map(([name, value]) => `${name}=${value}`);
  if (path.startsWith('/') && answer.kind === 'content' && answer.status === 0)
    return known(key, settings.join('; ') || 'none', path);
  return { key, fact: factOrNone(answer, () => undefined) };
}

/** Versions, plugins, and the node's configuration file. A tool without a cluster to talk to is unknown, in its words. */
export function slurmRows(answers: (id: string) => NodeAnswer): readonly ProbeRow[] {
  return [
    { key: 'plugins', fact: factOrNone(answers('plugins'), (text) => mpiPlugins(text).join(' ')) },
    { key: 'slurm', fact: factOrNone(answers('srun'), slurmVersion) },
    { key: 'slurmd', fact: factOrNone(answers('slurmd'), slurmVersion) },
    fileRow(answers('slurm-file')),
  ];
}

/** Keys of the rows that only the first node of an allocation has: they are of the cluster, not of a node. */
export const clusterKeys: readonly string[] = ['slurm-config', ...slurmSettings.map((name) => `slurm.${name}`)];

/** The settings in force, from the controller, one row each. */
export function controllerRows(answer: NodeAnswer): readonly ProbeRow[] {
  const text = textOf(answer) ?? '';
  if (text.startsWith(notAsked)) return [];
  const settings = slurmConfig(text);
  if (text.startsWith('no scontrol')) return [known('slurm-config', 'none', answer.source)];
  if (settings.size === 0 || (answer.kind === 'content' && answer.status !== 0))
    return [{ key: 'slurm-config', fact: factOrNone(answer, () => undefined) }];
  return [...settings].map(([name, value]) => known(`slurm.${name}`, value, answer.source));
}
