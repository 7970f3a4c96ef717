/**
 * Adapters as sysfs shows them: InfiniBand, RoCE, Omni-Path and EFA below /sys/class/infiniband
 * (Documentation/ABI/stable/sysfs-class-infiniband), Slingshot below /sys/class/cxi (as cxi_stat(1) reads it), network
 * interfaces below /sys/class/net. No serial, GUID or address is kept.
 */
import { known, type SmallFiles, unknown } from '../../answers.ts';
import type { ProbeRow, ShellForm } from '../../probe.ts';

const infiniband = '/sys/class/infiniband';
const cxi = '/sys/class/cxi';
const net = '/sys/class/net';

/** The files that tell of adapters, as patterns of a `small` ask. */
export const adapterFiles: readonly string[] = [
  net,
  ...['fw_ver', 'board_id', 'hca_type', 'device/uevent'].map((file) => `${infiniband}/*/${file}`),
  ...['state', 'phys_state', 'rate', 'link_layer', 'gid_attrs/ndevs/0'].map(
    (file) => `${infiniband}/*/ports/*/${file}`,
  ),
  // The first four of up to 256: each kind of GID is among those of the port's first address.
  `${infiniband}/*/ports/*/gid_attrs/types/[0-3]`,
  `${cxi}/*`,
  ...[
    'uc/qspi_blob_version',
    'fru/part_number',
    'port/link',
    'port/speed',
    'port/0/link/state',
    'port/0/link/speed',
  ].map((file) => `${cxi}/*/device/${file}`),
  ...['device/uevent', 'operstate', 'speed', 'mtu'].map((file) => `${net}/*/${file}`),
];

/** One adapter: its files by the path below it. */
interface Adapter {
  readonly name: string;
  readonly files: ReadonlyMap<string, string>;
}

/** Adapters below a class folder, by name; `mlx5_10` behind `mlx5_9`. */
function adapters(small: SmallFiles, root: string): readonly Adapter[] {
  const found = new Map<string, Map<string, string>>();
  for (const path of [...small.directories, ...small.values.keys()]) {
    if (!path.startsWith(`${root}/`)) continue;
    const [name = '', ...below] = path.slice(root.length + 1).split('/');
    const files = found.get(name) ?? new Map<string, string>();
    const value = small.values.get(path);
    if (value !== undefined) files.set(below.join('/'), value);
    found.set(name, files);
  }
  return [...found].map(([name, files]) => ({ name, files })).sort((a, b) => byNumber(a.name, b.name));
}

function byNumber(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.replaceAll(/\d+/g, (digits) => digits.padStart(9, '0')));
  return (left ?? '') < (right ?? '') ? -1 : 1;
}

function driverOf({ files }: Adapter): string | undefined {
  return /^DRIVER=(.+)/.exec(files.get('device/uevent') ?? '')?.[1];
}

/** `MT4129`; hfi1 and efa state no type, so their driver stands for it. */
function typeOf(adapter: Adapter): string {
  const named = /^(hfi1|efa)_/.exec(adapter.name)?.[1];
  return adapter.files.get('hca_type') ?? driverOf(adapter) ?? named ?? '?';
}

/** `port 1 Ethernet ACTIVE 400 Gb/sec (4X NDR), RoCE v2, eth2`: state and link layer as they stand, without numbers. */
function portText({ files }: Adapter, number: string): string {
  const of = (file: string): string | undefined => files.get(`ports/${number}/${file}`);
  const bare = (text: string | undefined): string => text?.replace(/^\d+:\s*/, '') ?? '?';
  const parts = [`port ${number} ${of('link_layer') ?? '?'} ${bare(of('state'))} ${of('rate') ?? '?'}`];
  const physical = bare(of('phys_state'));
  if (physical !== '?' && physical !== 'LinkUp') parts.push(physical);
  const gids = ['0', '1', '2', '3'].flatMap((index) => of(`gid_attrs/types/${index}`) ?? []);
  // On InfiniBand the kernel calls them `IB/RoCE v1` as well, and only the link layer tells.
  if (of('link_layer') === 'Ethernet' && gids.length > 0)
    parts.push([...new Set(gids.map((type) => type.replace(/^IB\//, '')))].sort().join(' and '));
  const device = of('gid_attrs/ndevs/0');
  if (device !== undefined) parts.push(device);
  return parts.join(' ');
}

/** Adapters below /sys/class/infiniband, one row each: type, firmware, board, and each port. */
export function infinibandRows(small: SmallFiles): readonly ProbeRow[] {
  return adapters(small, infiniband).map((adapter) => {
    const ports = [...adapter.files.keys()].flatMap((file) => /^ports\/(\d+)\//.exec(file)?.[1] ?? []);
    const of = (file: string): string => adapter.files.get(file) ?? '?';
    const parts = [`type ${typeOf(adapter)}`, `firmware ${of('fw_ver')}`, `board ${of('board_id')}`];
    const texts = [...new Set(ports)].sort(byNumber).map((number) => portText(adapter, number));
    return known(adapter.name, [...parts, ...texts].join(', '), `${infiniband}/${adapter.name}`);
  });
}

/** Slingshot adapters, one row each. The second generation has its port's files elsewhere. */
export function slingshotRows(small: SmallFiles): readonly ProbeRow[] {
  return adapters(small, cxi).map(({ name, files }) => {
    const of = (...places: readonly string[]): string =>
      places.map((place) => files.get(`device/${place}`)).find((value) => value !== undefined) ?? '?';
    const parts = [
      `part ${of('fru/part_number')}`,
      `firmware ${of('uc/qspi_blob_version')}`,
      `link ${of('port/link', 'port/0/link/state')} ${of('port/speed', 'port/0/link/speed')}`,
    ];
    return known(name, parts.join(', '), `${cxi}/${name}`);
  });
}

/** `2 x A; 1 x B`, or none where sysfs proves it: what a fingerprint may hold. */
function counted(small: SmallFiles, key: string, root: string, lines: readonly string[]): ProbeRow {
  if (lines.length > 0) {
    const distinct = [...new Set(lines)].sort();
    return known(key, distinct.map((kind) => `${lines.filter((l) => l === kind).length} x ${kind}`).join('; '), root);
  }
  if (small.missing) return unknown(key, small.missing.unknown, small.missing.why, root);
  if (small.denied.some((path) => path.startsWith(root)))
    return unknown(key, 'denied', `${root} may not be read`, root);
  // sysfs itself must be there before a missing class proves that there is no such adapter.
  if (!small.directories.includes(net)) return unknown(key, 'absent', '/sys/class cannot be seen', root);
  return known(key, 'none', root);
}

const slingshotKind = ['device/fru/part_number', 'device/uc/qspi_blob_version'];

/** Kinds of adapter with their number, without names and states. */
export function kindRows(small: SmallFiles): readonly ProbeRow[] {
  const verbs = adapters(small, infiniband);
  const kind = (adapter: Adapter): string =>
    [typeOf(adapter), adapter.files.get('board_id') ?? '?', adapter.files.get('fw_ver') ?? '?'].join(' / ');
  const driven = (driver: string): readonly string[] =>
    verbs.filter((one) => (driverOf(one) ?? one.name.replace(/_\d+$/, '')) === driver).map(kind);
  const slingshot = adapters(small, cxi).map(({ files }) =>
    slingshotKind.map((file) => files.get(file) ?? '?').join(' / '),
  );
  return [
    counted(small, 'infiniband', infiniband, verbs.map(kind)),
    counted(small, 'slingshot', cxi, slingshot),
    counted(small, 'efa', infiniband, driven('efa')),
    counted(small, 'omni-path', infiniband, driven('hfi1')),
  ];
}

/** How a node's shell counts them. */
export const kindForms: Readonly<Record<string, ShellForm>> = {
  infiniband: { name: 'adapter_kinds', asks: ['sys'], words: [infiniband, net, 'type', 'board_id', 'fw_ver'] },
  slingshot: { name: 'adapter_kinds', asks: ['sys'], words: [cxi, net, ...slingshotKind] },
};

/** Interfaces that stand for a device: driver, state, speed. */
export function netRows(small: SmallFiles): readonly ProbeRow[] {
  return adapters(small, net)
    .filter(({ files }) => files.has('device/uevent'))
    .map((adapter) => {
      const of = (file: string): string => adapter.files.get(file) ?? '?';
      const parts = [`driver ${driverOf(adapter) ?? '?'}`, `state ${of('operstate')}`, `mtu ${of('mtu')}`];
      // -1 or an error stands for a link that is down (sysfs-class-net).
      const speed = adapter.files.get('speed');
      if (speed !== undefined && speed !== '-1') parts.push(`speed ${speed} Mb/s`);
      return known(`net.${adapter.name}`, parts.join(', '), `${net}/${adapter.name}`);
    });
}
