/** Processors, memory, NUMA nodes and the names of board and firmware. No serial numbers. */
import { factFrom, known, type SmallFiles, smallFact, smallFiles, textOf, unknown } from '../answers.ts';
import type { Fact } from '../facts.ts';
import type { NodeAnswer, Probe, ProbeRow } from '../probe.ts';

const cpu = '/sys/devices/system/cpu';
const dmi = '/sys/class/dmi/id';

/** How many numbers a kernel CPU list names: `0-3,8` → 5 (cpuset(7), list format). Undefined when it is none. */
export function listLength(list: string): number | undefined {
  let count = 0;
  for (const part of list.split(',')) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part.trim());
    if (!match?.[1]) return undefined;
    count += Number(match[2] ?? match[1]) - Number(match[1]) + 1;
  }
  return count > 0 ? count : undefined;
}

/** The processor's name in /proc/cpuinfo: each architecture words it in its own way. */
export function processorModel(text: string): string | undefined {
  const fields = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^([^:\t]+?)\s*:\s*(.*)$/.exec(line);
    if (match?.[1] && match[2] && !fields.has(match[1])) fields.set(match[1], match[2].trim());
  }
  const named = fields.get('model name') ?? fields.get('cpu') ?? fields.get('uarch') ?? fields.get('processor 0');
  if (named) return named;
  // Arm gives numbers only (MIDR): implementer and part name the core.
  const [implementer, part] = [fields.get('CPU implementer'), fields.get('CPU part')];
  return implementer && part ? `implementer ${implementer} part ${part}` : undefined;
}

function microcode(answer: NodeAnswer): Fact {
  const fact = factFrom(answer, (text) => /^microcode\s*:\s*(\S+)/m.exec(text)?.[1]);
  if ('value' in fact || answer.kind === 'unknown') return fact;
  return { unknown: 'absent', why: '/proc/cpuinfo names no microcode here', source: answer.source };
}

/**
 * Sockets, cores and threads from the topology of the first processor: every processor of a node is taken to be alike,
 * as Slurm's own node description does.
 */
function topologyRows(sys: SmallFiles, cpuinfo: string): readonly ProbeRow[] {
  const length = (path: string): number | undefined => listLength(sys.values.get(path) ?? '');
  const threads = length(`${cpu}/online`);
  // x86 says the same in /proc/cpuinfo, also where a virtual machine's sysfs has no topology.
  const said = (name: string): number | undefined => {
    const number = new RegExp(`^${name}\\s*:\\s*(\\d+)$`, 'm').exec(cpuinfo)?.[1];
    return number === undefined ? undefined : Number(number);
  };
  const perSocket = length(`${cpu}/cpu0/topology/core_siblings_list`) ?? said('siblings');
  const perCore = length(`${cpu}/cpu0/topology/thread_siblings_list`) ?? whole(said('siblings'), said('cpu cores'));
  const row = (key: string, value: number | undefined): ProbeRow =>
    value === undefined ? { key, fact: missing(sys) } : known(key, String(value), `${cpu}/cpu0/topology`);
  return [
    row('threads', threads),
    row('threads-per-core', perCore),
    row('cores', whole(threads, perCore)),
    row('sockets', whole(threads, perSocket)),
  ];
}

/** The quotient where it is a whole number: a node with some processors offline has no answer. */
function whole(a: number | undefined, b: number | undefined): number | undefined {
  return a !== undefined && b !== undefined && a % b === 0 ? a / b : undefined;
}

function missing(sys: SmallFiles): Fact {
  if (sys.missing) return { unknown: sys.missing.unknown, why: sys.missing.why, source: cpu };
  return { unknown: 'absent', why: `${cpu} does not describe the topology`, source: cpu };
}

function memory(answer: NodeAnswer): Fact {
  // In KiB, as /proc/meminfo says (it writes kB).
  return factFrom(answer, (text) => {
    const size = /^MemTotal:\s+(\d+) kB/m.exec(text)?.[1];
    return size && `${size} KiB`;
  });
}

const dmiNames = [
  'sys_vendor',
  'product_name',
  'board_vendor',
  'board_name',
  'bios_vendor',
  'bios_version',
  'bios_date',
];

export const hardware: Probe = {
  name: 'hardware',
  asks: [
    {
      id: 'cpuinfo',
      kind: 'lines',
      path: '/proc/cpuinfo',
      pattern:
        '^(vendor_id|model name|microcode|siblings|cpu cores|cpu|uarch|processor 0|CPU implementer|CPU part)[[:space:]]*:',
      most: 8,
    },
    { id: 'memory', kind: 'lines', path: '/proc/meminfo', pattern: '^MemTotal:', most: 1 },
    {
      id: 'sys',
      kind: 'small',
      patterns: [
        `${cpu}/online`,
        `${cpu}/smt/active`,
        `${cpu}/cpu0/topology/thread_siblings_list`,
        `${cpu}/cpu0/topology/core_siblings_list`,
        '/sys/devices/system/node/online',
        ...dmiNames.map((name) => `${dmi}/${name}`),
      ],
    },
  ],
  fingerprints: {},
  ownKeys: [],
  read: (answers) => {
    const sys = smallFiles(answers('sys'));
    const nodes = listLength(sys.values.get('/sys/devices/system/node/online') ?? '');
    return [
      { key: 'processor', fact: factFrom(answers('cpuinfo'), processorModel) },
      { key: 'microcode', fact: microcode(answers('cpuinfo')) },
      ...topologyRows(sys, textOf(answers('cpuinfo')) ?? ''),
      nodes === undefined
        ? unknown('numa-nodes', 'absent', 'this kernel shows no NUMA nodes', '/sys/devices/system/node/online')
        : known('numa-nodes', String(nodes), '/sys/devices/system/node/online'),
      { key: 'memory', fact: memory(answers('memory')) },
      ...dmiNames.map((name) => ({ key: name.replaceAll('_', '-'), fact: smallFact(sys, `${dmi}/${name}`) })),
    ];
  },
};
