import { describe, expect, test } from 'vitest';
import { leavesOf, readNvidiaLog } from '../../../../src/inspect/probes/gpu/nvidia-log.ts';
import { readTopology } from '../../../../src/inspect/probes/gpu/nvidia-topology.ts';
import { short } from '../../answering.ts';
import { type Fields, gpuFacts, nvidiaXml } from './composed.ts';

describe('the XML', () => {
  const text = (xml: string, path: string) => {
    const { root } = readNvidiaLog(xml);
    return root && leavesOf(root).get(path);
  };

  test('elements, entities, comments, a document type with its own subset', () => {
    const subset =
      '<!DOCTYPE nvidia_smi_log [\n<!-- v7 -->\n<!ELEMENT gpu (a|b)*>\n<!ATTLIST gpu id CDATA #REQUIRED>\n]>\n';
    const log = readNvidiaLog(
      `${subset}<nvidia_smi_log>\n<gpu id="0000:00:03.0"><a>x &amp;\n y</a><!-- c --><b/></gpu></nvidia_smi_log>`,
    );
    expect(log.fault).toBeUndefined();
    expect(log.root?.children[0]).toMatchObject({ name: 'gpu', id: '0000:00:03.0', closed: true });
    expect(log.root?.children[0]?.children.map((each) => each.text)).toEqual(['x & y', '']);
  });
  test('processes and supported clocks are passed over, whatever they hold', () => {
    const inside = '<processes><process_info><process_name>a<b&c</process_name></process_info></processes>';
    expect(text(`<nvidia_smi_log><gpu>${inside}<x>1</x></gpu></nvidia_smi_log>`, 'gpu/x')).toBe('1');
    const open = '<nvidia_smi_log><gpu><processes></gpu><gpu><processes></processes></gpu></nvidia_smi_log>';
    expect(readNvidiaLog(open).fault).toContain('does not close processes');
  });
  test.each([
    ['', 'is missing'],
    ['No devices were found\n', 'is missing'],
    ['<html></html>', 'begins with html'],
    ['<nvidia_smi_log><a>1</b></nvidia_smi_log>', 'closes b where a is open'],
    ['<nvidia_smi_log><a>1</a>words<b/></nvidia_smi_log>', 'has text between elements'],
    ['<nvidia_smi_log>words<b/></nvidia_smi_log>', 'has text between elements'],
    ['<nvidia_smi_log><a>1</a>\n<b', 'is damaged at line 2'],
    ['<nvidia_smi_log><!-- ', 'is cut off'],
    [`<nvidia_smi_log>${'<a>'.repeat(100)}`, 'nested too deep'],
  ])('%s', (xml, fault) => {
    expect(readNvidiaLog(xml).fault).toContain(fault);
  });
});

describe('a card', () => {
  const sys = '';
  const card = (fields: Fields) => {
    const facts = gpuFacts({ sys, 'nvidia-smi': nvidiaXml([fields]) });
    return (key: string): string => short(facts[`nvidia0.${key}`]);
  };

  test('a link below its best: the width always, the generation in P0 only', () => {
    const link = (now: string, state: string, width = '16x') =>
      card({
        'pci/pci_gpu_link_info/pcie_gen/current_link_gen': now,
        'pci/pci_gpu_link_info/link_widths/current_link_width': width,
        performance_state: state,
      });
    expect(link('4', 'P0')('pcie-degraded')).toBe('no');
    expect(link('1', 'P8')('pcie-degraded')).toBe('no');
    expect(link('1', 'P8')('pcie-current')).toBe('gen 1 x16 in P8');
    expect(link('3', 'P0')('pcie-degraded')).toBe('generation 3 of 4 in P0');
    expect(link('3', 'P0', '8x')('pcie-degraded')).toBe('width x8 of x16, generation 3 of 4 in P0');
    expect(link('4', 'P0', 'N/A')('pcie-degraded')).toBe('N/A');
  });
  test('memory errors, in the words of each generation', () => {
    expect(card({})('ecc-corrected')).toBe('volatile 0, aggregate 2');
    const split = card({
      'ecc_errors/volatile/sram_uncorrectable': '',
      'ecc_errors/volatile/sram_uncorrectable_parity': '1',
      'ecc_errors/volatile/sram_uncorrectable_secded': '2',
      'ecc_errors/volatile/dram_uncorrectable': '4',
    });
    expect(split('ecc-uncorrected')).toBe('volatile 7, aggregate 0');
    expect(card({ 'ecc_errors/volatile/dram_uncorrectable': 'many' })('ecc-uncorrected')).toBe('?error');
    expect(card({ 'remapped_rows/remapped_row_failure': 'Yes' })('remapped-rows')).toBe(
      'correctable 0, uncorrectable 0, pending No, failure Yes',
    );
  });
  test('what NVML writes in place of a value is no value', () => {
    expect(card({ serial: 'Requested functionality has been deprecated' })('serial')).toBe('?absent');
    expect(card({ serial: '[Insufficient Permissions]' })('serial')).toBe('?denied');
    expect(card({ serial: 'GPU is lost' })('serial')).toBe('?error');
    expect(card({ serial: '[Unknown Error]' })('serial')).toBe('?error');
    expect(card({ serial: 'N/A' })('serial')).toBe('N/A');
    expect(card({ serial: 'a\u0007b' })('serial')).toBe('?error');
    expect(card({ serial: '' })('serial')).toBe('?absent');
  });
  test('modes that a reset will change, limits that were lowered, what slows it, what it needs', () => {
    expect(card({ 'ecc_mode/pending_ecc': 'Disabled' })('ecc')).toBe('Enabled, pending Disabled');
    expect(card({ 'gpu_power_readings/current_power_limit': '250.00 W' })('power-limit')).toBe(
      '250.00 W, default 400.00 W',
    );
    expect(card({})('slowdown')).toBe('none');
    expect(card({ 'clocks_event_reasons/clocks_event_reason_hw_power_brake_slowdown': 'Active' })('slowdown')).toBe(
      'hw_power_brake_slowdown',
    );
    expect(card({})('recovery')).toBe('None');
    expect(card({ 'gpu_reset_status/reset_required': 'Yes' })('recovery')).toBe('Reset');
    expect(card({ gpu_recovery_action: 'Reboot' })('recovery')).toBe('Reboot');
  });
  test('MIG devices by kind', () => {
    const device = (sm: string): string =>
      `<mig_device><device_attributes><shared><multiprocessor_count>${sm}</multiprocessor_count></shared></device_attributes><fb_memory_usage><total>9728 MiB</total></fb_memory_usage></mig_device>`;
    expect(card({ mig_devices: device('14') + device('28') + device('14') })('mig-devices')).toBe(
      '2 x 14 SM, 9728 MiB; 1 x 28 SM, 9728 MiB',
    );
    expect(card({})('mig-devices')).toBe('none');
  });
});

describe('the topology', () => {
  const matrix =
    '\t\u001b[4mGPU0\tGPU1\tmlx5_0\tCPU Affinity\tNUMA Affinity\u001b[0m\nGPU0\t X \tNV4\tPIX\t0-15\t0\nGPU1\tNV4\t X \tSYS\t16-31\t1\nmlx5_0\tPIX\tSYS\t X \t\t\n\nLegend:\n';

  test('is read with its escapes and empty cells', () => {
    expect(readTopology(matrix)).toEqual({
      names: ['GPU0', 'GPU1', 'mlx5_0'],
      cells: [
        ['X', 'NV4', 'PIX'],
        ['NV4', 'X', 'SYS'],
        ['PIX', 'SYS', 'X'],
      ],
      numa: '0,1',
    });
    expect(readTopology(matrix.replaceAll('\n', '\r\n'))).toEqual(readTopology(matrix));
    const facts = gpuFacts({ sys: '', 'nvidia-topology': matrix });
    expect([short(facts['nvidia-topology']), short(facts['nvidia-numa'])]).toEqual(['1 x NV4', '0,1']);
  });
  test('with a hole it is none', () => {
    for (const damaged of [matrix.replace('GPU1\tNV4', 'GPU1\tNV?'), matrix.slice(0, 90), '', 'GPU0'])
      expect(readTopology(damaged) === undefined || damaged === 'GPU0').toBe(true);
    const facts = gpuFacts({ sys: '', 'nvidia-topology': matrix.replace('SYS', 'SY') });
    expect(short(facts['nvidia-topology-digest'])).toBe('?error');
  });
  test('a link that is gone changes the digest', () => {
    const digest = (text: string) => short(gpuFacts({ sys: '', 'nvidia-topology': text })['nvidia-topology-digest']);
    expect(digest(matrix.replaceAll('NV4', 'NV3'))).not.toBe(digest(matrix));
    expect(digest(matrix.replace('Legend', 'Words'))).toBe(digest(matrix));
  });
});
