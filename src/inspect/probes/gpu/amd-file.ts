/** One AMD card: the files that amdgpu shows of it in sysfs (kernel documentation, gpu/amdgpu/driver-misc), as facts. */
import { type SmallFiles, smallFact } from '../../answers.ts';
import type { Fact } from '../../facts.ts';
import type { ToolCard } from './amd-tools.ts';
import { type KfdNode, kfdSlot } from './kfd.ts';

/** The folder of the driver, with the cards that it holds by their addresses. */
export const amdDriver = '/sys/bus/pci/drivers/amdgpu';

/** The source of what only a tool states. */
export const toolSource = 'amd-smi or rocm-smi';

/** Files of each card. Reading them asks the card, which may never answer, so they are asked apart from all others. */
export const cardPatterns: readonly string[] = [
  ...['vbios_version', 'mem_info_vram_total', 'mem_info_vram_vendor', 'unique_id', 'serial_number'],
  ...['product_name', 'product_number', 'device', 'revision', 'subsystem_device', 'numa_node'],
  ...['current_link_speed', 'current_link_width', 'max_link_speed', 'max_link_width', 'pcie_replay_count'],
  ...['current_compute_partition', 'current_memory_partition', 'power_dpm_force_performance_level'],
  ...['ras/features', 'ras/*_err_count', 'ras/gpu_vram_bad_pages', 'fw_version/*_fw_version'],
  ...['hwmon/hwmon*/power1_cap', 'hwmon/hwmon*/power1_cap_default', 'hwmon/hwmon*/freq1_input'],
].map((file) => `${amdDriver}/*:*/${file}`);

/** One card: its address, its files, what KFD and the tools say of it. */
export interface AmdCard {
  readonly address: string;
  readonly files: SmallFiles;
  /** Of several, for a card in partitions, the first. */
  readonly node?: KfdNode;
  /** Why there is no node, if there is none. */
  readonly noNode: Fact;
  readonly tools: readonly ToolCard[];
}

/** What the cards are put together from. */
export interface AmdSources {
  readonly files: SmallFiles;
  readonly nodes: readonly KfdNode[];
  readonly noNode: Fact;
  readonly tools: readonly ToolCard[];
}

/** Cards that the driver holds, by address, each with what others say of the same slot. */
export function amdCards(addresses: readonly string[], sources: AmdSources): readonly AmdCard[] {
  const { files, nodes, noNode, tools } = sources;
  return addresses.map((address) => {
    const node = nodes.find((each) => kfdSlot(each) === address.replace(/\.\d$/, ''));
    return { address, files, noNode, tools: tools.filter((card) => card.address === address), ...(node && { node }) };
  });
}

/** A file of the card. amdgpu leaves a file empty, or refuses to read it, where the card has nothing for it. */
export function fileFact(card: AmdCard, name: string): Fact {
  const path = `${amdDriver}/${card.address}/${name}`;
  const { missing } = card.files;
  if (missing) {
    const why =
      missing.unknown === 'timeout' ? `${amdDriver} did not answer in time` : `${amdDriver} could not be read`;
    return { unknown: missing.unknown, why, source: path };
  }
  const fact = smallFact(card.files, path);
  if ('unknown' in fact && fact.unknown === 'error') return { unknown: 'absent', why: fact.why, source: path };
  return fact;
}

/** Files of the card whose paths below it fit. */
export function filesBelow(card: AmdCard, pattern: RegExp): readonly string[] {
  const root = `${amdDriver}/${card.address}/`;
  return [...card.files.values.keys()].flatMap((path) =>
    path.startsWith(root) && pattern.test(path.slice(root.length)) ? [path.slice(root.length)] : [],
  );
}

/** A known fact in other words; one that cannot be put so is an error that shows what was read. */
export function reworded(fact: Fact, change: (value: string) => string | undefined): Fact {
  if ('unknown' in fact) return fact;
  const value = change(fact.value);
  if (value !== undefined) return { value, source: fact.source };
  return { unknown: 'error', why: `${fact.source} says "${fact.value.slice(0, 80)}"`, source: fact.source };
}

/** The fact; or, where the kernel does not state it, what one of the tools does. */
export function orTool(fact: Fact, card: AmdCard, of: (each: ToolCard) => string | undefined): Fact {
  const value = card.tools.map(of).find((said) => said !== undefined);
  return 'unknown' in fact && fact.unknown === 'absent' && value ? { value, source: toolSource } : fact;
}

/** A number of a sensor (hwmon), by the unit that people use. */
export function sensorFact(card: AmdCard, name: string, divisor: number, unit: string): Fact {
  const file = filesBelow(card, new RegExp(`^hwmon/hwmon\\d+/${name}$`))[0] ?? `hwmon/hwmon0/${name}`;
  return reworded(fileFact(card, file), (value) =>
    /^\d{1,15}$/.test(value) ? `${Math.round(Number(value) / divisor)} ${unit}` : undefined,
  );
}
