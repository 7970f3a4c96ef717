/** One NVIDIA card as rows: what it is, how it is set, and how it fares. */
import type { Fact } from '../../facts.ts';
import type { ProbeRow } from '../../probe.ts';
import { pciAddress } from './bus.ts';
import { countedKinds, joinedFact } from './kinds.ts';
import { fieldFact, type LoggedCard } from './nvidia-field.ts';
import { eccErrors, linkFault, remappedRows, retiredPages } from './nvidia-health.ts';
import { leavesOf } from './nvidia-log.ts';

const as = (label: string) => (value: string) => `${label} ${value}`;
const same = (value: string): string => value;

/** A mode, with the one that the next reset brings where it is another. */
function modeFact(card: LoggedCard, current: string, pending: string): Fact {
  const [now, next] = [fieldFact(card, current), fieldFact(card, pending)];
  if (!('value' in now) || !('value' in next) || next.value === now.value) return now;
  return { value: `${now.value}, pending ${next.value}`, source: now.source };
}

function clocksFact(card: LoggedCard, of: string): Fact {
  const field = (name: string): Fact => fieldFact(card, `${of}/${name}_clock`);
  const parts = ['graphics', 'sm', 'mem', 'video'].map((name) => [field(name), as(name)] as const);
  return joinedFact(parts, card.source);
}

/** MIG devices by kind, `2 x 42 SM 19968 MiB`; `none` where there is none. */
function migDevices(card: LoggedCard): Fact {
  const list = card.element.children.find(({ name }) => name === 'mig_devices');
  if (!list?.closed) return fieldFact(card, 'mig_devices');
  const devices = list.children
    .filter(({ name }) => name === 'mig_device')
    .map((element) => ({ ...card, element, fields: leavesOf(element) }));
  if (devices.length === 0) return { value: 'none', source: card.source };
  const facts = devices.map((device) =>
    joinedFact(
      [
        [fieldFact(device, 'device_attributes/shared/multiprocessor_count'), (value) => `${value} SM`],
        [fieldFact(device, 'fb_memory_usage/total'), same],
      ],
      card.source,
    ),
  );
  const unread = facts.find((fact) => 'unknown' in fact);
  if (unread) return unread;
  return { value: countedKinds(facts.map((fact) => ('value' in fact ? fact.value : ''))), source: card.source };
}

/** Enforced limit in watts, with the card's own default where that is another. Drivers before 530 word it otherwise. */
function powerLimit(card: LoggedCard): Fact {
  const of = (name: string, old: string): Fact =>
    fieldFact(card, `gpu_power_readings/${name}`, `power_readings/${old}`);
  const [limit, normal] = [
    of('current_power_limit', 'enforced_power_limit'),
    of('default_power_limit', 'default_power_limit'),
  ];
  if (!('value' in limit) || !('value' in normal) || normal.value === limit.value) return limit;
  return { value: `${limit.value}, default ${normal.value}`, source: limit.source };
}

/** What slows the card that is no setting and no idling: heat, power brake, hardware. `none`, or the reasons. */
function slowdown(card: LoggedCard): Fact {
  const reasons = card.element.children.find(({ name }) => /^clocks_(event|throttle)_reasons$/.test(name));
  if (!reasons?.closed) return fieldFact(card, 'clocks_event_reasons');
  const active = reasons.children
    .filter(({ name, text }) => text === 'Active' && /_(hw_\w+|sw_thermal_slowdown)$/.test(name))
    .map(({ name }) => name.replace(/^clocks_\w+?_reason_/, ''));
  return { value: active.length > 0 ? active.join(' ') : 'none', source: card.source };
}

/** What must be done before the card works again: `None`, or a reset, a reboot, a drain. Drivers before 570 word it otherwise. */
function recovery(card: LoggedCard): Fact {
  const action = fieldFact(card, 'gpu_recovery_action');
  const [reset, drain] = [
    fieldFact(card, 'gpu_reset_status/reset_required'),
    fieldFact(card, 'gpu_reset_status/drain_and_reset_recommended'),
  ];
  if ('value' in action || !('value' in reset)) return action;
  if (reset.value === 'Yes') return { value: 'Reset', source: reset.source };
  return { value: 'value' in drain && drain.value === 'Yes' ? 'Drain and Reset' : 'None', source: reset.source };
}

/** A link, `gen 4 x16`; both parts or none, for half of it would hide a change of the other. */
function linkFact(card: LoggedCard, which: 'max' | 'current'): Fact {
  const link = 'pci/pci_gpu_link_info';
  const generation = fieldFact(card, `${link}/pcie_gen/${which}_link_gen`);
  const width = fieldFact(card, `${link}/link_widths/${which}_link_width`);
  if ('unknown' in generation || 'unknown' in width) return 'unknown' in generation ? generation : width;
  return { value: `gen ${generation.value} ${width.value.replace(/^(\d+)x$/, 'x$1')}`, source: card.source };
}

/** The largest link that card and slot allow. */
export function linkMost(card: LoggedCard): Fact {
  return linkFact(card, 'max');
}

/** The link as it is, and in which performance state: `gen 1 x16 in P8`. */
function linkNow(card: LoggedCard): Fact {
  const [link, state] = [linkFact(card, 'current'), fieldFact(card, 'performance_state')];
  if ('unknown' in link) return link;
  if ('unknown' in state) return state.unknown === 'absent' ? link : state;
  return { value: `${link.value} in ${state.value}`, source: link.source };
}

function addressFact(card: LoggedCard): Fact {
  const address = pciAddress(card.element.id ?? '');
  if (address) return { value: address, source: card.source };
  return { unknown: 'error', why: 'the card is given without a PCI address', source: card.source };
}

/** Rows that differ between equal nodes, or from one minute to the next. */
export const ownRows: readonly string[] = [
  ...['address', 'uuid', 'serial', 'clocks', 'pcie-current', 'pcie-replays', 'ecc-corrected'],
];

/** All rows of one card, without the prefix that names it. */
export function nvidiaCardRows(card: LoggedCard): readonly ProbeRow[] {
  const one = (...paths: readonly string[]): Fact => fieldFact(card, ...paths);
  const rows: Readonly<Record<string, Fact>> = {
    model: one('product_name'),
    address: addressFact(card),
    uuid: one('uuid'),
    serial: one('serial'),
    part: one('board_part_number'),
    vbios: one('vbios_version'),
    inforom: one('inforom_version/img_version'),
    'gsp-firmware': one('gsp_firmware_version'),
    memory: one('fb_memory_usage/total'),
    virtualization: one('gpu_virtualization_mode/virtualization_mode'),
    ecc: modeFact(card, 'ecc_mode/current_ecc', 'ecc_mode/pending_ecc'),
    'ecc-corrected': eccErrors(card, 'corrected'),
    'ecc-uncorrected': eccErrors(card, 'uncorrected'),
    'retired-pages': retiredPages(card),
    'remapped-rows': remappedRows(card),
    recovery: recovery(card),
    mig: modeFact(card, 'mig_mode/current_mig', 'mig_mode/pending_mig'),
    'mig-devices': migDevices(card),
    persistence: one('persistence_mode'),
    'compute-mode': one('compute_mode'),
    'clocks-max': clocksFact(card, 'max_clocks'),
    'clocks-set': clocksFact(card, 'applications_clocks'),
    clocks: clocksFact(card, 'clocks'),
    slowdown: slowdown(card),
    'power-limit': powerLimit(card),
    pcie: linkMost(card),
    'pcie-current': linkNow(card),
    'pcie-degraded': linkFault(card),
    'pcie-replays': one('pci/replay_counter'),
    fabric: joinedFact(
      [
        [one('fabric/state'), same],
        [one('fabric/status'), same],
      ],
      card.source,
    ),
  };
  return Object.entries(rows).map(([key, fact]) => ({ key, fact }));
}
