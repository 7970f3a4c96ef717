/** Disks and network adapters that a node has, from sysfs, without serial numbers or addresses. */
import { known, type SmallFiles, smallFact, smallFactOrNone } from '../../answers.ts';
import type { ProbeRow } from '../../probe.ts';

const block = '/sys/block';
const net = '/sys/class/net';
// Not loop, ram and zram devices: they are files and memory, not disks.
const kinds = ['nvme*', 'sd*', 'vd*', 'xvd*', 'md*', 'dm-*', 'pmem*', 'mmcblk*'];

/** The files that the rows below read. */
export const devicePatterns: readonly string[] = [
  block,
  ...kinds.flatMap((kind) => ['size', 'queue/rotational', 'device/model'].map((file) => `${block}/${kind}/${file}`)),
  net,
  `${net}/*/device/vendor`,
  `${net}/*/device/device`,
];

/** Sectors of 512 bytes (sysfs `size`, whatever the disk's own sectors) as GiB or TiB. */
function sizeOf(sectors: string | undefined): string {
  if (!sectors || !/^\d+$/.test(sectors)) return 'size unknown';
  const gibibytes = Number(sectors) / 2 ** 21;
  return gibibytes >= 1024 ? `${(gibibytes / 1024).toFixed(2)} TiB` : `${gibibytes.toFixed(1)} GiB`;
}

/** One row a disk, `disk.sda` = `446.6 GiB, rotating, MODEL`, and all kinds with their number in `disks`. */
export function diskRows(files: SmallFiles): readonly ProbeRow[] {
  const names = [...files.values.keys()]
    .flatMap((path) => /^\/sys\/block\/([^/]+)\/size$/.exec(path)?.[1] ?? [])
    .sort();
  const of = (name: string, file: string): string | undefined => files.values.get(`${block}/${name}/${file}`);
  const said = names.map((name) => {
    const rotating = { '0': 'solid state', '1': 'rotating' }[of(name, 'queue/rotational') ?? ''];
    return [sizeOf(of(name, 'size')), rotating, of(name, 'device/model')].filter(Boolean).join(', ');
  });
  const summary = counted(said);
  if (summary === undefined) {
    const fact = smallFactOrNone(files, block, false);
    const seen = files.directories.includes(block);
    return [seen ? known('disks', 'none', block) : { key: 'disks', fact }];
  }
  return [
    known('disks', summary, block),
    ...names.map((name, i) => known(`disk.${name}`, said[i] ?? '', `${block}/${name}`)),
  ];
}

/** Adapters behind network interfaces by PCI vendor and device: `2 x 15b3:1021; 1 x 8086:1563`. */
export function adapterRow(files: SmallFiles): ProbeRow {
  const ids = [...files.values].flatMap(([path, vendor]) => {
    const place = path.startsWith(`${net}/`) && /^(.*\/device)\/vendor$/.exec(path)?.[1];
    return place ? [`${vendor}:${files.values.get(`${place}/device`) ?? '?'}`.replaceAll('0x', '')] : [];
  });
  const summary = counted(ids);
  if (summary !== undefined) return known('network-adapters', summary, net);
  if (files.directories.includes(net)) return known('network-adapters', 'none', net);
  return { key: 'network-adapters', fact: smallFact(files, net) };
}

/** `2 x a; 1 x b` in order of the words; undefined for none. */
function counted(words: readonly string[]): string | undefined {
  const kinds = [...new Set(words)].sort();
  return kinds.length === 0
    ? undefined
    : kinds.map((kind) => `${words.filter((word) => word === kind).length} x ${kind}`).join('; ');
}
