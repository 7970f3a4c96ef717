/** Sockets, cores, threads, caches and NUMA nodes, from sysfs. */
import { listLength } from '../../../base/number-list.ts';
import { known, type SmallFiles, smallFact, textOf, unknown } from '../../answers.ts';
import type { Fact } from '../../facts.ts';
import type { NodeAnswer, ProbeRow } from '../../probe.ts';
import { cpuFields } from './processor.ts';

const cpu = '/sys/devices/system/cpu';
const node = '/sys/devices/system/node';

/** The files that the rows below read. */
export const topologyPatterns: readonly string[] = [
  `${cpu}/online`,
  `${cpu}/cpu0/topology/thread_siblings_list`,
  `${cpu}/cpu0/topology/core_siblings_list`,
  ...['level', 'type', 'size', 'shared_cpu_list'].map((file) => `${cpu}/cpu0/cache/index*/${file}`),
  `${node}/online`,
  ...['cpulist', 'distance', 'meminfo'].map((file) => `${node}/node*/${file}`),
];

/** The quotient where it is a whole number: a node with some processors offline has no answer. */
function whole(a: number | undefined, b: number | undefined): number | undefined {
  return a !== undefined && b !== undefined && b > 0 && a % b === 0 ? a / b : undefined;
}

/** Why a row of this folder has no value. */
function missing(sys: SmallFiles, path: string, what: string): Fact {
  const fact = smallFact(sys, path);
  if ('unknown' in fact && fact.unknown !== 'absent') return fact;
  return { unknown: 'absent', why: `${path} does not describe the ${what}`, source: path };
}

/**
 * Sockets, cores and threads from the topology of the first processor: every processor of a node is taken to be alike,
 * as Slurm's own node description does. x86 says the same in /proc/cpuinfo, also where a virtual machine's sysfs has none.
 */
export function processorCounts(sys: SmallFiles, cpuinfo: NodeAnswer): readonly ProbeRow[] {
  const length = (path: string): number | undefined => listLength(sys.values.get(path) ?? '');
  const fields = cpuFields(textOf(cpuinfo) ?? '');
  const said = (name: string): number | undefined => {
    if (sys.missing) return undefined;
    const number = /^\d+$/.exec(fields.get(name) ?? '')?.[0];
    return number === undefined ? undefined : Number(number);
  };
  const threads = length(`${cpu}/online`);
  const perSocket = length(`${cpu}/cpu0/topology/core_siblings_list`) ?? said('siblings');
  const perCore = length(`${cpu}/cpu0/topology/thread_siblings_list`) ?? whole(said('siblings'), said('cpu cores'));
  const row = (key: string, value: number | undefined): ProbeRow =>
    value === undefined
      ? { key, fact: missing(sys, cpu, 'topology') }
      : known(key, String(value), `${cpu}/cpu0/topology`);
  return [
    row('threads', threads),
    row('threads-per-core', perCore),
    row('cores', whole(threads, perCore)),
    row('sockets', whole(threads, perSocket)),
  ];
}

/** The first processor's caches: `L1 Data 32K; L1 Instruction 32K; L2 Unified 1024K; L3 Unified 32768K shared by 8`. */
export function cacheRow(sys: SmallFiles): ProbeRow {
  const root = `${cpu}/cpu0/cache`;
  const indexes = [...sys.values.keys()].flatMap(
    (path) => /^.*\/cpu0\/cache\/(index\d+)\/level$/.exec(path)?.[1] ?? [],
  );
  const words = indexes.map((index) => {
    const of = (file: string): string => sys.values.get(`${root}/${index}/${file}`) ?? '?';
    const shared = listLength(of('shared_cpu_list')) ?? 1;
    return `L${of('level')} ${of('type')} ${of('size')}${shared > 1 ? ` shared by ${shared}` : ''}`;
  });
  if (words.length === 0) return { key: 'caches', fact: missing(sys, root, 'caches') };
  return known('caches', words.sort().join('; '), root);
}

/** `Node 0 MemTotal:  263847648 kB` → GiB with one digit: equal nodes differ by some MiB that the kernel took at boot. */
export function gibibytes(meminfo: string): string | undefined {
  const size = /MemTotal:\s+(\d+) kB/.exec(meminfo)?.[1];
  return size && `${(Number(size) / 2 ** 20).toFixed(1)} GiB`;
}

/**
 * NUMA nodes: how many, each with its processors and memory (`numa.0` = `cpus 0-63, 251.6 GiB`), and distances (`10 32 |
 * 32 10`, rows in order of the nodes). Nodes of a GPU or of CXL memory have no processors, and may have no memory yet.
 */
export function numaRows(sys: SmallFiles): readonly ProbeRow[] {
  const count = listLength(sys.values.get(`${node}/online`) ?? '');
  const ids = [...new Set([...sys.values.keys()].flatMap((path) => /\/node\/node(\d+)\/\w+$/.exec(path)?.[1] ?? []))]
    .map(Number)
    .sort((a, b) => a - b);
  const of = (id: number, file: string): string | undefined => sys.values.get(`${node}/node${id}/${file}`);
  const distances = ids.map((id) => of(id, 'distance')?.trim().replaceAll(/\s+/g, ' '));
  return [
    count === undefined
      ? unknown(
          'numa-nodes',
          sys.missing?.unknown ?? 'absent',
          sys.missing?.why ?? 'this kernel shows no NUMA nodes',
          `${node}/online`,
        )
      : known('numa-nodes', String(count), `${node}/online`),
    distances.length > 0 && distances.every((row) => row !== undefined)
      ? known('numa-distances', distances.join(' | '), `${node}/node*/distance`)
      : { key: 'numa-distances', fact: missing(sys, node, 'distances') },
    ...ids.map((id) => {
      const memory = gibibytes(of(id, 'meminfo') ?? '') ?? 'memory unknown';
      return known(`numa.${id}`, `cpus ${of(id, 'cpulist') || 'none'}, ${memory}`, `${node}/node${id}`);
    }),
  ];
}
