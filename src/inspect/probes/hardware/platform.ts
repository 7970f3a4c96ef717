/** Whose machine it is: board and firmware, virtual or not, and which cloud. From files alone; no serial numbers. */
import { known, type SmallFiles, smallFactOrNone, textOf } from '../../answers.ts';
import type { Fact } from '../../facts.ts';
import type { NodeAnswer, ProbeRow } from '../../probe.ts';
import { cpuFields, saysVirtual } from './processor.ts';

const dmi = '/sys/class/dmi/id';
const hypervisor = '/sys/hypervisor/type';
/** The board's name where firmware describes it by a device tree (Arm, POWER). */
export const devicetreeModel = '/sys/firmware/devicetree/base/model';
const clocks = '/sys/devices/system/clocksource/clocksource0/available_clocksource';
const cloudId = '/run/cloud-init/cloud-id';

const names = [
  ...['sys_vendor', 'product_name', 'product_family', 'board_vendor', 'board_name', 'bios_vendor', 'bios_version'],
  ...['bios_date', 'bios_release'],
];

/**
 * The files that the rows below read. The asset tag is read for the two clouds that name themselves only there; elsewhere
 * it may be an inventory number of this one machine, so it is never a fact.
 */
export const platformPatterns: readonly string[] = [
  dmi,
  '/sys/class',
  ...names.map((name) => `${dmi}/${name}`),
  `${dmi}/chassis_asset_tag`,
  hypervisor,
  clocks,
  cloudId,
];

// As systemd-detect-virt(1) and cloud-init's ds-identify tell them apart. Field, what it holds, name.
const machines: readonly (readonly [field: string, pattern: RegExp, name: string])[] = [
  ['sys_vendor', /^VMware/, 'vmware'],
  ['product_name', /VirtualBox/, 'virtualbox'],
  ['sys_vendor', /^Xen/, 'xen'],
  ['product_name', /CloudStack KVM|^KVM|Google Compute Engine|OpenStack/, 'kvm'],
  ['sys_vendor', /^QEMU|^Bochs|^Alibaba Cloud|^DigitalOcean|^Hetzner/, 'kvm'],
  ['sys_vendor', /^Parallels/, 'parallels'],
];
const clouds: readonly (readonly [field: string, pattern: RegExp, name: string])[] = [
  ['sys_vendor', /^Amazon EC2/, 'aws'],
  ['bios_version', /amazon/i, 'aws'],
  ['product_name', /^Google Compute Engine/, 'gcp'],
  ['chassis_asset_tag', /^7783-7084-3265-9085-8269-3286-77$/, 'azure'],
  ['chassis_asset_tag', /^OracleCloud\.com/, 'oracle'],
  ['sys_vendor', /^Alibaba Cloud/, 'alibaba'],
  ['sys_vendor', /^DigitalOcean/, 'digitalocean'],
  ['sys_vendor', /^Hetzner/, 'hetzner'],
  ['product_name', /CloudStack/, 'cloudstack'],
  ['product_name', /^OpenStack/, 'openstack'],
];

/** What the first line of the table that fits says. */
function match(
  files: SmallFiles,
  table: typeof machines,
): { readonly name: string; readonly source: string } | undefined {
  for (const [field, pattern, name] of table)
    if (pattern.test(files.values.get(`${dmi}/${field}`) ?? '')) return { name, source: `${dmi}/${field}` };
  return undefined;
}

/** Whether the board's names can be read: only then does their silence prove something. */
function seesBoard(files: SmallFiles): boolean {
  return files.values.has(`${dmi}/sys_vendor`) || files.values.has(`${dmi}/product_name`);
}

/** The fact that an answer was lost; undefined for one that came, or that is rightly not there. */
function lost(answer: NodeAnswer, source: string): Fact | undefined {
  if (answer.kind === 'content' || answer.unknown === 'absent') return undefined;
  return { unknown: answer.unknown, why: answer.why, source };
}

/**
 * `none`, or the kind of virtual machine, `yes` where nothing names the kind. One witness lost is not the other's word
 * alone: then it is unknown.
 */
export function virtualisation(files: SmallFiles, cpuinfo: NodeAnswer): Fact {
  const silent = (files.missing && lost(files.missing, dmi)) ?? lost(cpuinfo, '/proc/cpuinfo');
  if (silent) return silent;
  // It hands its host's flags on, so it is asked first: whether the host is virtual says nothing of this kernel.
  if (cpuFields(textOf(cpuinfo) ?? '').get('vendor_id') === 'User Mode Linux')
    return { value: 'uml', source: '/proc/cpuinfo' };
  const processorSays = saysVirtual(cpuinfo);
  const xen = files.values.get(hypervisor);
  if (xen) return { value: xen, source: hypervisor };
  // A cloud's bare-metal machine has the cloud's vendor on its board, and a processor that says that nobody runs it.
  if (processorSays === false) return { value: 'none', source: '/proc/cpuinfo' };
  const board = match(files, machines);
  if (board) return { value: board.name, source: board.source };
  // A guest without a board (microvm, Firecracker) still has the clock that its hypervisor gives it.
  const clock = /\b(kvm|hyperv|xen)(?=[-_]|\b)/.exec(files.values.get(clocks) ?? '')?.[1];
  if (processorSays === true && clock) return { value: clock, source: clocks };
  if (processorSays === true) return { value: 'yes', source: '/proc/cpuinfo' };
  if (seesBoard(files)) return { value: 'none', source: dmi };
  const why = files.missing?.why ?? 'neither the processor nor the board says';
  return { unknown: 'absent', why, source: dmi };
}

/** `aws`, `gcp`, … by the board, or as cloud-init wrote it down; `none` where both can be seen and name no cloud. */
export function cloud(files: SmallFiles): Fact {
  const board = match(files, clouds);
  if (board) return { value: board.name, source: board.source };
  const said = files.values.get(cloudId);
  if (said && !/^(none|unknown|nocloud|configdrive|disabled)$/i.test(said)) return { value: said, source: cloudId };
  if (seesBoard(files)) return { value: 'none', source: dmi };
  const why = files.missing?.why ?? `${dmi} does not name the board`;
  return { unknown: files.missing?.unknown ?? 'absent', why, source: dmi };
}

/** All of it as rows. A machine without DMI (POWER, many virtual ones) has `none` for each of its names. */
export function platformRows(
  files: SmallFiles,
  cpuinfo: NodeAnswer,
  devicetree: string | undefined,
): readonly ProbeRow[] {
  const noDmi = files.directories.includes('/sys/class') && !files.directories.includes(dmi);
  // A string of the device tree ends in NUL (Devicetree Specification §2.2.4).
  const model = devicetree?.replaceAll(/[\0-\x1f]/g, ' ').trim();
  return [
    ...names.map((name) => ({ key: name.replaceAll('_', '-'), fact: smallFactOrNone(files, `${dmi}/${name}`, noDmi) })),
    ...(model ? [known('devicetree-model', model, devicetreeModel)] : []),
    { key: 'virtualisation', fact: virtualisation(files, cpuinfo) },
    { key: 'cloud', fact: cloud(files) },
  ];
}

/** Whether the clock follows another: by systemd-timesyncd's mark, or as chronyd says (chronyc(1), `tracking`). */
export function clockFact(files: SmallFiles, tracking: NodeAnswer): Fact {
  const mark = '/run/systemd/timesync/synchronized';
  const silent = files.missing && lost(files.missing, mark);
  if (silent) return silent;
  if (files.empty.includes(mark) || files.values.has(mark)) return { value: 'synchronised by timesyncd', source: mark };
  const said = lost(tracking, tracking.source);
  if (said) return said;
  const leap = /^Leap status\s*:\s*(.+?)\s*$/m.exec(textOf(tracking) ?? '')?.[1];
  if (leap)
    return {
      value: leap === 'Not synchronised' ? 'not synchronised (chronyd)' : 'synchronised by chronyd',
      source: tracking.source,
    };
  const why = 'neither systemd-timesyncd nor chronyd says';
  return { unknown: 'absent', why, source: `${mark} ${tracking.source}` };
}
