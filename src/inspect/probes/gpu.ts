/** NVIDIA and AMD GPUs and their drivers; their absence is proved from the PCI bus, not assumed. */
import { factFrom, known, type SmallFiles, smallFact, smallFiles, textOf, unknown } from '../answers.ts';
import type { Fact } from '../facts.ts';
import type { NodeAnswer, Probe, ProbeRow } from '../probe.ts';

const vendors: Readonly<Record<string, string>> = { '0x10de': 'nvidia', '0x1002': 'amd' };

/**
 * GPUs on the PCI bus by vendor: class 03 (display: VGA, 3D, other) or 12 (processing accelerator, as MI300 calls
 * itself), PCI code and ID assignment specification §1.
 */
export function pciGpus(values: ReadonlyMap<string, string>): Readonly<Record<'nvidia' | 'amd', number>> {
  const count = { nvidia: 0, amd: 0 };
  for (const [path, value] of values) {
    const place = /^(\/sys\/bus\/pci\/devices\/[^/]+)\/class$/.exec(path)?.[1];
    if (!place || !/^0x(03|12)/.test(value)) continue;
    const vendor = vendors[values.get(`${place}/vendor`) ?? ''];
    if (vendor === 'nvidia' || vendor === 'amd') count[vendor] += 1;
  }
  return count;
}

/** Fields asked of nvidia-smi, in order. No UUID or serial: they are of one card, not of a kind. */
const fields = ['name', 'driver_version', 'vbios_version', 'memory.total', 'ecc.mode.current', 'mig.mode.current'];

/** One GPU of `nvidia-smi --query-gpu=… --format=csv,noheader,nounits`. Values are as printed, `[N/A]` included. */
export function nvidiaGpus(text: string): readonly Readonly<Record<string, string>>[] {
  return text
    .split('\n')
    .map((line) => line.split(',').map((cell) => cell.trim()))
    .filter((cells) => cells.length === fields.length)
    .map((cells) => Object.fromEntries(fields.map((field, i) => [field, cells[i] ?? ''])));
}

function driverFact(files: SmallFiles, vendor: 'nvidia' | 'amd', gpus: number | undefined): Fact {
  const path = vendor === 'nvidia' ? '/sys/module/nvidia/version' : '/sys/module/amdgpu/version';
  const fact = smallFact(files, path);
  if ('value' in fact) return fact;
  const banner = /Kernel Module\s+(?:for \S+\s+)?(\d[\d.]+)/.exec(
    files.values.get('/proc/driver/nvidia/version') ?? '',
  );
  if (vendor === 'nvidia' && banner?.[1]) return { value: banner[1], source: '/proc/driver/nvidia/version' };
  // amdgpu built into the kernel tree states no version of its own: the kernel's build stands for it.
  if (vendor === 'amd' && files.directories.includes('/sys/module/amdgpu'))
    return { value: 'in-tree', source: '/sys/module/amdgpu' };
  if (gpus === 0 && fact.unknown === 'absent') return { value: 'none', source: '/sys/bus/pci/devices' };
  return fact;
}

/** Numbers and names of cards; `none` where the PCI bus shows no card of that vendor. */
function nvidiaRows(answer: NodeAnswer, gpus: number | undefined, driver: Fact): readonly ProbeRow[] {
  const unused = 'value' in driver && driver.value === 'none';
  if (gpus === 0 && unused)
    return ['nvidia-cards', 'nvidia-modes'].map((key) => known(key, 'none', '/sys/bus/pci/devices'));
  const cards = nvidiaGpus(textOf(answer) ?? '');
  const say = (key: string, names: readonly string[]): ProbeRow => ({
    key,
    fact: factFrom(answer, () => {
      const lines = cards.map((card) => names.map((name) => card[name]).join(' / ')).sort();
      const kinds = [...new Set(lines)];
      return kinds.map((kind) => `${lines.filter((line) => line === kind).length} x ${kind}`).join('; ');
    }),
  });
  return [
    say('nvidia-cards', ['name', 'memory.total', 'vbios_version']),
    say('nvidia-modes', ['ecc.mode.current', 'mig.mode.current']),
  ];
}

export const gpu: Probe = {
  name: 'gpu',
  asks: [
    {
      id: 'sys',
      kind: 'small',
      patterns: [
        '/sys/module/nvidia/version',
        '/proc/driver/nvidia/version',
        '/sys/module/amdgpu',
        '/sys/module/amdgpu/version',
        '/sys/class/kfd/kfd/topology/nodes/*/gpu_id',
        '/sys/bus/pci/devices/*/class',
        '/sys/bus/pci/devices/*/vendor',
      ],
    },
    {
      id: 'nvidia-smi',
      kind: 'command',
      argv: ['nvidia-smi', `--query-gpu=${fields.join(',')}`, '--format=csv,noheader,nounits'],
      limitSeconds: 10,
    },
  ],
  fingerprints: { gpu: ['nvidia-driver', 'nvidia-cards', 'nvidia-modes', 'amd-driver', 'amd-cards'] },
  ownKeys: [],
  read: (answers) => {
    const sys = smallFiles(answers('sys'));
    const seesPci = [...sys.values.keys()].some((path) => path.startsWith('/sys/bus/pci/devices/'));
    const count = seesPci ? pciGpus(sys.values) : undefined;
    const nvidia = driverFact(sys, 'nvidia', count?.nvidia);
    const compute = [...sys.values].filter(([path, id]) => path.startsWith('/sys/class/kfd/') && id !== '0').length;
    const bus = '/sys/bus/pci/devices';
    return [
      ...(count
        ? [known('pci', `nvidia ${count.nvidia}, amd ${count.amd}`, bus)]
        : [unknown('pci', 'absent', `${bus} shows no device, so the absence of a GPU is not proved`, bus)]),
      { key: 'nvidia-driver', fact: nvidia },
      ...nvidiaRows(answers('nvidia-smi'), count?.nvidia, nvidia),
      { key: 'amd-driver', fact: driverFact(sys, 'amd', count?.amd) },
      amdCards(compute, count?.amd, bus),
    ];
  },
};

/** GPUs that the compute driver offers (KFD gives CPU nodes the gpu_id 0). */
function amdCards(compute: number, onBus: number | undefined, bus: string): ProbeRow {
  if (compute > 0) return known('amd-cards', String(compute), '/sys/class/kfd/kfd/topology/nodes');
  if (onBus === 0) return known('amd-cards', 'none', bus);
  const why = onBus === undefined ? 'neither KFD nor the PCI bus can be seen' : `${onBus} on the PCI bus, none in KFD`;
  return unknown('amd-cards', onBus === undefined ? 'absent' : 'error', why, '/sys/class/kfd/kfd/topology/nodes');
}
