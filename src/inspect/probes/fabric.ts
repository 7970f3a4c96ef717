/** Network adapters that MPI may use: InfiniBand and RoCE, Slingshot, Omni-Path, Ethernet; and libfabric's providers. */
import { factOrNone, known, type SmallFiles, smallFiles, unknown } from '../answers.ts';
import type { Probe, ProbeRow } from '../probe.ts';

const infiniband = '/sys/class/infiniband';
const cxi = '/sys/class/cxi';
const net = '/sys/class/net';

/** Devices below a class folder, by name, with their small files by the path below the device. */
function devices(files: SmallFiles, root: string): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const found = new Map<string, Map<string, string>>();
  for (const path of [...files.directories, ...files.values.keys()]) {
    if (!path.startsWith(`${root}/`)) continue;
    const [name = '', ...below] = path.slice(root.length + 1).split('/');
    const device = found.get(name) ?? new Map<string, string>();
    const value = files.values.get(path);
    if (value !== undefined) device.set(below.join('/'), value);
    found.set(name, device);
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** `4: ACTIVE` → `ACTIVE`, `100 Gb/sec (4X EDR)` as it stands. */
function port(device: ReadonlyMap<string, string>, number: string): string {
  const of = (file: string): string => device.get(`ports/${number}/${file}`) ?? '?';
  return `port ${number} ${of('link_layer')} ${of('state').replace(/^\d+:\s*/, '')} ${of('rate')}`;
}

/** Adapters below /sys/class/infiniband, one row each: type, firmware, board, and each port. */
function infinibandRows(files: SmallFiles): readonly ProbeRow[] {
  return [...devices(files, infiniband)].map(([name, device]) => {
    const ports = [...device.keys()].map((file) => /^ports\/(\d+)\//.exec(file)?.[1]).filter((p) => p !== undefined);
    const of = (file: string): string => device.get(file) ?? '?';
    const parts = [`type ${of('hca_type')}`, `firmware ${of('fw_ver')}`, `board ${of('board_id')}`];
    return known(
      name,
      [...parts, ...[...new Set(ports)].sort().map((p) => port(device, p))].join(', '),
      `${infiniband}/${name}`,
    );
  });
}

/** Kinds of adapter with their number, without names and states: what a fingerprint may hold. */
function kinds(files: SmallFiles, root: string, words: readonly string[], key: string): ProbeRow {
  const lines = [...devices(files, root).values()].map((device) =>
    words.map((file) => device.get(file) ?? '?').join(' / '),
  );
  if (lines.length > 0) {
    const distinct = [...new Set(lines)].sort();
    return known(key, distinct.map((kind) => `${lines.filter((l) => l === kind).length} x ${kind}`).join('; '), root);
  }
  if (files.missing) return unknown(key, files.missing.unknown, files.missing.why, root);
  if (files.denied.some((path) => path.startsWith(root)))
    return unknown(key, 'denied', `${root} may not be read`, root);
  // sysfs itself must be there before a missing class proves that there is no such adapter.
  if (!files.directories.includes('/sys/class/net')) return unknown(key, 'absent', '/sys/class cannot be seen', root);
  return known(key, 'none', root);
}

/** Interfaces that stand for a device: driver, state, speed. */
function netRows(files: SmallFiles): readonly ProbeRow[] {
  return [...devices(files, net)]
    .filter(([, device]) => device.has('device/uevent'))
    .map(([name, device]) => {
      const driver = device.get('device/uevent')?.replace(/^DRIVER=/, '') ?? '?';
      const speed = device.get('speed');
      const parts = [`driver ${driver}`, `state ${device.get('operstate') ?? '?'}`, `mtu ${device.get('mtu') ?? '?'}`];
      // -1 or an error stands for a link that is down (sysfs-class-net).
      if (speed !== undefined && speed !== '-1') parts.push(`speed ${speed} Mb/s`);
      return known(`net.${name}`, parts.join(', '), `${net}/${name}`);
    });
}

const drivers = ['ib_core', 'mlx5_core', 'mlx4_core', 'hfi1', 'cxi_ss1', 'cxi_user', 'irdma', 'bnxt_re', 'efa'];

/** Fabric drivers that state a version, `mlx5_core 23.10-1.1.9; …`. */
function driverRow(files: SmallFiles): ProbeRow {
  const of = (name: string): string | undefined =>
    files.values.get(`/sys/module/${name}/version`) ?? files.values.get(`/sys/module/${name}/srcversion`);
  const stated = drivers.flatMap((name) => (of(name) ? [`${name} ${of(name)}`] : []));
  if (files.missing) return unknown('drivers', files.missing.unknown, files.missing.why, '/sys/module');
  return known('drivers', stated.length > 0 ? stated.join('; ') : 'none', '/sys/module');
}

/** Providers in the answer of `fi_info -l`: names at the start of a line, ending in a colon; sorted. */
export function fabricProviders(text: string): readonly string[] {
  const names = text.split('\n').map((line) => /^([a-z][\w;-]*):\s*$/.exec(line)?.[1]);
  return [...new Set(names.filter((name) => name !== undefined))].sort();
}

/** `1.16.1` of `fi_info: 1.16.1`, `libfabric: 1.16.1`. */
function libfabricVersion(text: string): string | undefined {
  return /^libfabric:\s*(\S+)/m.exec(text)?.[1];
}

export const fabric: Probe = {
  name: 'fabric',
  asks: [
    {
      id: 'sys',
      kind: 'small',
      patterns: [
        '/sys/class/net',
        `${infiniband}/*/fw_ver`,
        `${infiniband}/*/board_id`,
        `${infiniband}/*/hca_type`,
        `${infiniband}/*/ports/*/state`,
        `${infiniband}/*/ports/*/rate`,
        `${infiniband}/*/ports/*/link_layer`,
        `${cxi}/*`,
        `${cxi}/*/device/uc/qspi_blob_version`,
        `${cxi}/*/device/fru/part_number`,
        `${net}/*/device/uevent`,
        `${net}/*/operstate`,
        `${net}/*/speed`,
        `${net}/*/mtu`,
        ...drivers.flatMap((name) => [`/sys/module/${name}/version`, `/sys/module/${name}/srcversion`]),
      ],
    },
    { id: 'providers', kind: 'command', argv: ['fi_info', '-l'], limitSeconds: 5 },
    { id: 'libfabric', kind: 'command', argv: ['fi_info', '--version'], limitSeconds: 5 },
  ],
  fingerprints: { fabric: ['infiniband', 'slingshot', 'drivers', 'libfabric'] },
  ownKeys: [],
  read: (answers) => {
    const sys = smallFiles(answers('sys'));
    return [
      kinds(sys, infiniband, ['hca_type', 'board_id', 'fw_ver'], 'infiniband'),
      kinds(sys, cxi, ['device/fru/part_number', 'device/uc/qspi_blob_version'], 'slingshot'),
      driverRow(sys),
      { key: 'libfabric', fact: factOrNone(answers('libfabric'), libfabricVersion) },
      { key: 'providers', fact: factOrNone(answers('providers'), (text) => fabricProviders(text).join(' ')) },
      ...infinibandRows(sys),
      ...netRows(sys),
    ];
  },
};
