/** GPUs as the kernel shows them: on the PCI bus, bound to a driver, with device nodes. Absence is proved here. */
import { factFrom, known, type SmallFiles, textOf, unknown } from '../../answers.ts';
import type { Fact } from '../../facts.ts';
import type { NodeAnswer, ProbeRow } from '../../probe.ts';

/** Vendors whose cards are looked at. */
export type Vendor = 'nvidia' | 'amd';

const vendors: Readonly<Record<string, Vendor>> = { '0x10de': 'nvidia', '0x1002': 'amd' };
const devices = '/sys/bus/pci/devices';

/** Drivers of the kernel that hold a GPU: the vendors' own, the free ones, and those that keep it for a guest. */
export const pciDrivers: readonly string[] = ['nvidia', 'nouveau', 'amdgpu', 'radeon', 'vfio-pci', 'pci-stub'];

/** What is asked of the bus. Only the drivers' folders tell which card they hold, without reading each card's uevent. */
export const busPatterns: readonly string[] = [
  `${devices}/*/class`,
  `${devices}/*/vendor`,
  `${devices}/*/device`,
  ...pciDrivers.map((driver) => `/sys/bus/pci/drivers/${driver}/*:*`),
  '/proc/driver/nvidia/gpus/*',
  '/sys/class/kfd/kfd/topology/nodes/*/gpu_id',
];

/** One GPU on the bus. */
export interface BusGpu {
  /** `0000:41:00.0`, domain, bus, device and function in hex. */
  readonly address: string;
  readonly vendor: Vendor;
  /** The PCI device id, `0x2330`. */
  readonly device: string;
  /** The driver of `pciDrivers` that holds it, if one does. */
  readonly driver?: string;
}

/** What the kernel shows of GPUs. */
export interface Bus {
  /** Undefined when the bus cannot be seen: then nothing is proved by it. */
  readonly gpus?: readonly BusGpu[];
  /** Switches of NVLink, which NVIDIA's boards of eight GPUs have (class 0680, bridge of another kind). */
  readonly nvswitches: number;
  /** Cards in /proc/driver/nvidia/gpus, and compute nodes that KFD gives a gpu_id (CPUs have the id 0). */
  readonly procNvidia: number;
  readonly kfdNodes: number;
  /** Names below /dev that are GPUs' own, sorted; undefined when /dev could not be looked through. */
  readonly nodes?: readonly string[];
}

/** `00000000:41:00.0` → `0000:41:00.0`: NVIDIA writes eight digits of domain, in capitals, sysfs at least four. */
export function pciAddress(text: string): string | undefined {
  const parts = /^([0-9a-f]{4,8})(:[0-9a-f]{2}:[0-9a-f]{2}\.[0-9a-f])$/i.exec(text.trim());
  return parts?.[1] && parts[2] && `${parts[1].replace(/^0+(?=.{4})/, '')}${parts[2]}`.toLowerCase();
}

/**
 * GPUs by class 03 (display: VGA, 3D, other) or 12 (processing accelerator, as MI300 calls itself), PCI code and ID
 * assignment specification §1; ordered by address.
 */
function busGpus(sys: SmallFiles): readonly BusGpu[] {
  const held = new Map<string, string>();
  for (const path of sys.directories) {
    const [, driver, address] = /^\/sys\/bus\/pci\/drivers\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
    if (driver && address) held.set(address, driver);
  }
  return [...sys.values]
    .flatMap(([path, kind]): readonly BusGpu[] => {
      const address = /^\/sys\/bus\/pci\/devices\/([^/]+)\/class$/.exec(path)?.[1];
      if (!address || !/^0x(03|12)/.test(kind)) return [];
      const vendor = vendors[sys.values.get(`${devices}/${address}/vendor`) ?? ''];
      const driver = held.get(address);
      const device = sys.values.get(`${devices}/${address}/device`) ?? '?';
      return vendor ? [{ address, vendor, device, ...(driver && { driver }) }] : [];
    })
    .sort((a, b) => (a.address < b.address ? -1 : 1));
}

/** Names of GPUs' device nodes in the answer of `find /dev`. */
function deviceNodes(answer: NodeAnswer): readonly string[] | undefined {
  // find ends with 1 where one folder of /dev may not be entered; what it found still stands.
  const text = textOf(answer);
  if (text === undefined || (answer.kind === 'content' && answer.status > 1)) return undefined;
  const names = text.split('\n').flatMap((line) => /^\/dev\/([A-Za-z][\w./-]*)$/.exec(line)?.[1] ?? []);
  return names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}

/** Reads what the kernel shows. */
export function readBus(sys: SmallFiles, dev: NodeAnswer): Bus {
  const paths = [...sys.values.keys()];
  const nodes = deviceNodes(dev);
  const isSwitch = ([path, kind]: readonly [string, string]): boolean =>
    kind.startsWith('0x0680') &&
    path.startsWith(devices) &&
    sys.values.get(path.replace(/class$/, 'vendor')) === '0x10de';
  return {
    ...(paths.some((path) => path.startsWith(`${devices}/`)) && { gpus: busGpus(sys) }),
    nvswitches: [...sys.values].filter(isSwitch).length,
    procNvidia: sys.directories.filter((path) => path.startsWith('/proc/driver/nvidia/gpus/')).length,
    kfdNodes: [...sys.values].filter(([path, id]) => path.startsWith('/sys/class/kfd/') && id !== '0').length,
    ...(nodes && { nodes }),
  };
}

/** The cards of one vendor, or undefined when the bus cannot be seen. */
export function gpusOf(bus: Bus, vendor: Vendor): readonly BusGpu[] | undefined {
  return bus.gpus?.filter((gpu) => gpu.vendor === vendor);
}

/**
 * `none` where the node is proved to have no GPU of the vendor: the bus can be seen and shows none, and neither the
 * driver's own folder, nor KFD, nor a device node speaks against it. Undefined where there is one, or may be one.
 */
export function absenceOf(bus: Bus, vendor: Vendor): Fact | undefined {
  const gpus = gpusOf(bus, vendor);
  if (gpus === undefined || gpus.length > 0) return undefined;
  const against = vendor === 'amd' ? bus.kfdNodes : bus.procNvidia;
  if (against > 0 || (vendor === 'nvidia' && bus.nodes?.some((name) => /^nvidia\d+$/.test(name)))) return undefined;
  return { value: 'none', source: devices };
}

/** What the bus says of a vendor's cards, for a reason: `2 NVIDIA GPUs on the PCI bus (…), held by nouveau`. */
export function busWords(bus: Bus, vendor: Vendor): string {
  const name = vendor === 'amd' ? 'AMD' : 'NVIDIA';
  const gpus = gpusOf(bus, vendor);
  if (!gpus) return `the PCI bus cannot be seen, so the absence of a GPU is not proved`;
  const traces = vendor === 'amd' ? 'KFD shows one' : '/dev or /proc/driver/nvidia shows one';
  if (gpus.length === 0) return `no ${name} GPU on the PCI bus, but ${traces}`;
  const holders = [...new Set(gpus.map(({ driver }) => driver ?? 'no driver'))].join(' and ');
  const shown = gpus.map(({ address }) => address).join(', ');
  return `${gpus.length} ${name} GPU${gpus.length > 1 ? 's' : ''} on the PCI bus (${shown}), held by ${holders}`;
}

/** Rows of what the kernel shows. */
export function busRows(bus: Bus, dev: NodeAnswer): readonly ProbeRow[] {
  const count = (vendor: Vendor): string => {
    const gpus = gpusOf(bus, vendor) ?? [];
    const ids = [...new Set(gpus.map(({ device }) => device))].sort();
    const holders = [...new Set(gpus.map(({ driver }) => driver ?? 'no driver'))].sort();
    return gpus.length === 0 ? `${vendor} 0` : `${vendor} ${gpus.length} (${ids.join(' ')}, ${holders.join(' ')})`;
  };
  const why = `${devices} shows no device, so the absence of a GPU is not proved`;
  const nodes = bus.nodes && (bus.nodes.length > 0 ? bus.nodes.join(' ') : 'none');
  return [
    bus.gpus ? known('pci', `${count('nvidia')}, ${count('amd')}`, devices) : unknown('pci', 'absent', why, devices),
    {
      key: 'device-nodes',
      fact: nodes === undefined ? factFrom(dev, () => undefined) : { value: nodes, source: dev.source },
    },
    ...(bus.nvswitches > 0 ? [known('nvswitches', String(bus.nvswitches), devices)] : []),
  ];
}
