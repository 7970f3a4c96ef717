/**
 * Answers composed from documentation: nvidia-smi's XML by its DTD (nvsmi_device_v12, as `nvidia-smi --dtd` prints it),
 * sysfs by the kernel's. No GPU was at hand to capture from.
 */
import type { Fact } from '../../../../src/inspect/facts.ts';
import { gpu } from '../../../../src/inspect/probes/gpu/gpu.ts';
import { factsFrom } from '../../../../src/inspect/read-collected.ts';
import { answersOf, type Given, small } from '../../answering.ts';

/** The facts of both tiers from these answers, as they are stored. */
export function gpuFacts(given: Readonly<Record<string, Given>>): Readonly<Record<string, Fact>> {
  return factsFrom(gpu, answersOf(gpu, given), true);
}

/** Fields of a card by the path of their elements; what is given replaces what an A100 says. */
export type Fields = Readonly<Record<string, string>>;

const a100: Fields = {
  product_name: 'NVIDIA A100-SXM4-80GB',
  persistence_mode: 'Enabled',
  'mig_mode/current_mig': 'Disabled',
  'mig_mode/pending_mig': 'Disabled',
  mig_devices: 'None',
  serial: '1650522003820',
  uuid: 'GPU-513536b6-7d19-9063-b049-1e69664bb298',
  vbios_version: '92.00.36.00.02',
  board_part_number: '692-2G506-0212-002',
  'inforom_version/img_version': 'G506.0212.00.01',
  gsp_firmware_version: '535.54.03',
  'gpu_virtualization_mode/virtualization_mode': 'None',
  'gpu_reset_status/reset_required': 'No',
  'gpu_reset_status/drain_and_reset_recommended': 'No',
  'pci/pci_gpu_link_info/pcie_gen/max_link_gen': '4',
  'pci/pci_gpu_link_info/pcie_gen/current_link_gen': '4',
  'pci/pci_gpu_link_info/link_widths/max_link_width': '16x',
  'pci/pci_gpu_link_info/link_widths/current_link_width': '16x',
  'pci/replay_counter': '0',
  performance_state: 'P0',
  'clocks_event_reasons/clocks_event_reason_gpu_idle': 'Active',
  'clocks_event_reasons/clocks_event_reason_hw_slowdown': 'Not Active',
  'clocks_event_reasons/clocks_event_reason_hw_power_brake_slowdown': 'Not Active',
  'clocks_event_reasons/clocks_event_reason_sw_thermal_slowdown': 'Not Active',
  'fb_memory_usage/total': '81920 MiB',
  compute_mode: 'Default',
  'ecc_mode/current_ecc': 'Enabled',
  'ecc_mode/pending_ecc': 'Enabled',
  'ecc_errors/volatile/sram_correctable': '0',
  'ecc_errors/volatile/sram_uncorrectable': '0',
  'ecc_errors/volatile/dram_correctable': '0',
  'ecc_errors/volatile/dram_uncorrectable': '0',
  'ecc_errors/aggregate/sram_correctable': '0',
  'ecc_errors/aggregate/sram_uncorrectable': '0',
  'ecc_errors/aggregate/dram_correctable': '2',
  'ecc_errors/aggregate/dram_uncorrectable': '0',
  'retired_pages/multiple_single_bit_retirement/retired_count': 'N/A',
  'retired_pages/double_bit_retirement/retired_count': 'N/A',
  'retired_pages/pending_retirement': 'N/A',
  'remapped_rows/remapped_row_corr': '0',
  'remapped_rows/remapped_row_unc': '0',
  'remapped_rows/remapped_row_pending': 'No',
  'remapped_rows/remapped_row_failure': 'No',
  'gpu_power_readings/current_power_limit': '400.00 W',
  'gpu_power_readings/default_power_limit': '400.00 W',
  'clocks/graphics_clock': '1275 MHz',
  'clocks/mem_clock': '1593 MHz',
  'applications_clocks/graphics_clock': '1275 MHz',
  'max_clocks/graphics_clock': '1410 MHz',
  'fabric/state': 'Completed',
  'fabric/status': 'Success',
};

interface Branch {
  readonly [name: string]: string | Branch;
}

function branch(fields: Fields): Branch {
  const root: Record<string, string | Branch> = {};
  for (const [path, value] of Object.entries(fields)) {
    const names = path.split('/');
    let at: Record<string, string | Branch> = root;
    for (const name of names.slice(0, -1)) {
      const below = typeof at[name] === 'object' ? { ...at[name] } : {};
      at[name] = below;
      at = below;
    }
    at[names.at(-1) ?? ''] = value;
  }
  return root;
}

function xml(element: Branch, indent: string): string {
  return Object.entries(element)
    .map(([name, value]) =>
      typeof value === 'string'
        ? `${indent}<${name}>${value}</${name}>\n`
        : `${indent}<${name}>\n${xml(value, `${indent}\t`)}${indent}</${name}>\n`,
    )
    .join('');
}

/** What `nvidia-smi -q -x` says of these cards, at 0000:01:00.0 and on. A field given as '' is left out. */
export function nvidiaXml(cards: readonly Fields[], head: Fields = {}): string {
  const elements = cards.map((card, index) => {
    const fields = Object.fromEntries(Object.entries({ ...a100, ...card }).filter(([, value]) => value !== ''));
    const processes =
      '\t\t<processes>\n\t\t\t<process_info>\n\t\t\t\t<process_name>a < b & c</process_name>\n\t\t\t</process_info>\n\t\t</processes>\n';
    return `\t<gpu id="00000000:0${index + 1}:00.0">\n${xml(branch(fields), '\t\t')}${processes}\t</gpu>\n`;
  });
  const first = xml(
    { driver_version: '535.54.03', cuda_version: '12.2', attached_gpus: String(cards.length), ...head },
    '\t',
  );
  return `<?xml version="1.0" ?>\n<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">\n<nvidia_smi_log>\n${first}${elements.join('')}</nvidia_smi_log>\n`;
}

/** GPUs on the PCI bus at 0000:01:00.0 and on, held by a driver if one is named: small files. */
export function bus(count: number, vendor: '0x10de' | '0x1002', driver?: string): string {
  const addresses = Array.from({ length: count }, (_, index) => `0000:0${index + 1}:00.0`);
  const files = addresses.map((address) =>
    small({
      [`/sys/bus/pci/devices/${address}/class`]: vendor === '0x1002' ? '0x120000' : '0x030200',
      [`/sys/bus/pci/devices/${address}/vendor`]: vendor,
      [`/sys/bus/pci/devices/${address}/device`]: vendor === '0x1002' ? '0x740f' : '0x20b2',
    }),
  );
  const held = driver ? addresses.map((address) => `n /sys/bus/pci/drivers/${driver}/${address}\n`) : [];
  return [...files, ...held].join('');
}

/** A bus without GPUs: a network card of NVIDIA's own vendor number. */
export const busWithout = small({
  '/sys/bus/pci/devices/0000:01:00.0/class': '0x020000',
  '/sys/bus/pci/devices/0000:01:00.0/vendor': '0x10de',
});

/** Files of an MI210 at an address, with what is given in place of its own. */
export function mi210(address: string, changed: Fields = {}): string {
  const files: Fields = {
    device: '0x740f',
    revision: '0x02',
    subsystem_device: '0x0c34',
    vbios_version: '113-D67301-063',
    mem_info_vram_total: '68702699520',
    mem_info_vram_vendor: 'hynix',
    unique_id: 'c34d5e6f708192a3',
    current_link_speed: '16.0 GT/s PCIe',
    current_link_width: '16',
    max_link_speed: '16.0 GT/s PCIe',
    max_link_width: '16',
    pcie_replay_count: '0',
    numa_node: '1',
    'ras/features': 'feature mask: 0x1f',
    'ras/umc_err_count': 'ue: 0',
    'ras/gfx_err_count': 'ue: 0',
    'fw_version/mec_fw_version': '0x0000005c',
    'fw_version/smc_fw_version': '0x00441c00',
    'hwmon/hwmon3/power1_cap': '300000000',
    'hwmon/hwmon3/power1_cap_default': '300000000',
    'hwmon/hwmon3/freq1_input': '800000000',
    ...changed,
  };
  const root = `/sys/bus/pci/drivers/amdgpu/${address}`;
  const known = Object.fromEntries(Object.entries(files).map(([name, value]) => [`${root}/${name}`, value]));
  const pages = 'ras/gpu_vram_bad_pages';
  return `${small(known)}${files[pages] === undefined ? `e ${root}/${pages}\n` : ''}`;
}

/** What KFD says of an MI210 at 0000:0N:00.0, and of the processor before it. */
export function kfd(count: number): string {
  const at = (node: number, name: string, value: number): string =>
    `/sys/class/kfd/kfd/topology/nodes/${node}/properties:${name} ${value}\n`;
  const cards = Array.from({ length: count }, (_, index) =>
    [
      at(index + 1, 'simd_count', 416),
      at(index + 1, 'simd_per_cu', 4),
      at(index + 1, 'gfx_target_version', 90010),
      at(index + 1, 'location_id', (index + 1) << 8),
      at(index + 1, 'domain', 0),
      at(index + 1, 'io_links_count', 4),
      at(index + 1, 'max_engine_clk_fcompute', 1700),
    ].join(''),
  );
  return at(0, 'simd_count', 0) + cards.join('');
}
