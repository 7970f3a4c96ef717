/** One AMD card as rows: what it is, how it is set, and how it fares. */
import type { Fact } from '../../facts.ts';
import type { ProbeRow } from '../../probe.ts';
import { type AmdCard, amdDriver, fileFact, filesBelow, orTool, reworded, sensorFact } from './amd-file.ts';
import { badPages, linkFact, linkFault, uncorrectedErrors } from './amd-health.ts';
import { gfxTarget } from './kfd.ts';
import { joinedFact, orNotStated } from './kinds.ts';

const same = (value: string): string => value;
const kfd = '/sys/class/kfd/kfd/topology/nodes';

/** Versions of the card's firmware, `mec 0x0000005c, smc 0x00341c00`, by name. */
function firmware(card: AmdCard): Fact {
  const files = filesBelow(card, /^fw_version\/\w+_fw_version$/);
  if (files.length === 0) return fileFact(card, 'fw_version/smc_fw_version');
  const said = files.map((file) => {
    const fact = fileFact(card, file);
    return `${file.slice('fw_version/'.length, -'_fw_version'.length)} ${'value' in fact ? fact.value : '?'}`;
  });
  return { value: said.sort().join(', '), source: `${amdDriver}/${card.address}/fw_version` };
}

/** In MiB, as NVIDIA's tool writes it; the file counts bytes. */
function memory(card: AmdCard): Fact {
  return reworded(fileFact(card, 'mem_info_vram_total'), (value) =>
    /^\d{1,15}$/.test(value) ? `${Math.round(Number(value) / 1024 ** 2)} MiB` : undefined,
  );
}

function gfx(card: AmdCard): Fact {
  if (!card.node) return card.noNode;
  const value = gfxTarget(card.node);
  return value ? { value, source: kfd } : { unknown: 'absent', why: 'KFD does not state the gfx target', source: kfd };
}

function mostClock(card: AmdCard): Fact {
  if (!card.node) return card.noNode;
  const clock = card.node.properties.get('max_engine_clk_fcompute');
  return clock
    ? { value: `${clock} MHz`, source: kfd }
    : { unknown: 'absent', why: 'KFD does not state a clock', source: kfd };
}

/** The limit in watts, with the card's own default where that is another. */
function powerLimit(card: AmdCard): Fact {
  const [limit, normal] = [sensorFact(card, 'power1_cap', 1e6, 'W'), sensorFact(card, 'power1_cap_default', 1e6, 'W')];
  if ('value' in limit && 'value' in normal && limit.value !== normal.value)
    return { value: `${limit.value}, default ${normal.value}`, source: limit.source };
  return orTool(limit, card, (tool) => tool.powerLimit);
}

/** Rows that differ between equal nodes, or from one minute to the next. */
export const ownRows: readonly string[] = [
  ...['address', 'unique-id', 'serial', 'pcie-current', 'pcie-replays', 'clocks'],
];

/** All rows of one card, without the prefix that names it. */
export function amdCardRows(card: AmdCard): readonly ProbeRow[] {
  const file = (name: string): Fact => fileFact(card, name);
  const rows: Readonly<Record<string, Fact>> = {
    model: orTool(file('product_name'), card, (tool) => tool.model),
    address: { value: card.address, source: amdDriver },
    'unique-id': file('unique_id'),
    serial: file('serial_number'),
    device: joinedFact(
      [
        [file('device'), same],
        [file('subsystem_device'), same],
        [file('revision'), same],
      ],
      amdDriver,
    ),
    part: file('product_number'),
    vbios: orTool(file('vbios_version'), card, (tool) => tool.vbios),
    firmware: firmware(card),
    memory: memory(card),
    'memory-vendor': file('mem_info_vram_vendor'),
    gfx: orTool(gfx(card), card, (tool) => tool.gfx),
    partition: orTool(file('current_compute_partition'), card, (tool) => tool.computePartition),
    'memory-partition': orTool(file('current_memory_partition'), card, (tool) => tool.memoryPartition),
    ras: orTool(file('ras/features'), card, (tool) => tool.ras),
    'ecc-uncorrected': uncorrectedErrors(card),
    'retired-pages': badPages(card),
    'power-limit': powerLimit(card),
    'performance-level': file('power_dpm_force_performance_level'),
    'clocks-max': mostClock(card),
    clocks: sensorFact(card, 'freq1_input', 1e6, 'MHz'),
    pcie: linkFact(card, 'max'),
    'pcie-current': linkFact(card, 'current'),
    'pcie-degraded': linkFault(card),
    'pcie-replays': file('pcie_replay_count'),
    numa: file('numa_node'),
  };
  return Object.entries(rows).map(([key, fact]) => ({ key, fact }));
}

/** The card's kind, to be counted: what it is, its memory, its VBIOS. By the kernel alone: another node may lack a tool. */
export function amdKind(card: AmdCard): readonly Fact[] {
  return [fileFact(card, 'device'), orNotStated(gfx(card)), memory(card), orNotStated(fileFact(card, 'vbios_version'))];
}

/** Modes that change how the card behaves: its partitions, and the mask of blocks whose errors are handled. */
export function amdModes(card: AmdCard): readonly Fact[] {
  return [
    fileFact(card, 'current_compute_partition'),
    fileFact(card, 'current_memory_partition'),
    reworded(fileFact(card, 'ras/features'), (value) => `RAS ${value.replace(/^feature mask: /, '')}`),
  ].map(orNotStated);
}
