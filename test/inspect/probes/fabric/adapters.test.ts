import { describe, expect, test } from 'vitest';
import { fabric } from '../../../../src/inspect/probes/fabric/fabric.ts';
import { read, short, small } from '../../answering.ts';

const verbs = '/sys/class/infiniband';
const proved = 'n /sys/class/net\nn /sys/module\n';
const facts = (files: Readonly<Record<string, string>>) => read(fabric, { sys: proved + small(files) });

/** Composed from Documentation/ABI/stable/sysfs-class-infiniband. */
const port = (name: string, files: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(files).map(([file, value]) => [`${verbs}/${name}/ports/1/${file}`, value]));

describe('adapters', () => {
  test('Omni-Path states no type: its driver stands for it', () => {
    const found = facts({
      [`${verbs}/hfi1_0/fw_ver`]: '1.27.0',
      [`${verbs}/hfi1_0/board_id`]: 'HPE 100Gb 1-port OP101 QSFP28 x16 PCIe Gen3 with Intel Omni-Path Adapter',
      [`${verbs}/hfi1_0/device/uevent`]: 'DRIVER=hfi1',
      ...port('hfi1_0', { state: '4: ACTIVE', phys_state: '5: LinkUp', rate: '100 Gb/sec (4X EDR)' }),
    });
    expect(short(found['omni-path'])).toMatch(/^1 x hfi1 \/ HPE 100Gb .* \/ 1\.27\.0$/);
    expect(short(found.hfi1_0)).toContain('port 1 ? ACTIVE 100 Gb/sec (4X EDR)');
    expect([short(found.efa), short(found.slingshot)]).toEqual(['none', 'none']);
  });
  test('RoCE by its GIDs and its network device, and a bond that is down', () => {
    const found = facts({
      ...port('mlx5_bond_0', {
        link_layer: 'Ethernet',
        state: '1: DOWN',
        phys_state: '3: Disabled',
        rate: '25 Gb/sec (1X EDR)',
        'gid_attrs/types/0': 'IB/RoCE v1',
        'gid_attrs/types/1': 'RoCE v2',
        'gid_attrs/ndevs/0': 'bond0',
      }),
      ...port('mlx5_0', { link_layer: 'InfiniBand', state: '4: ACTIVE', 'gid_attrs/types/0': 'IB/RoCE v1' }),
    });
    expect(short(found.mlx5_bond_0)).toMatch(
      /port 1 Ethernet DOWN 25 Gb\/sec \(1X EDR\) Disabled RoCE v1 and RoCE v2 bond0$/,
    );
    expect(short(found.mlx5_0)).not.toContain('RoCE');
  });
  test('adapters count by number, not by letter', () => {
    const names = ['mlx5_10', 'mlx5_9', 'mlx5_1'];
    const found = facts(Object.fromEntries(names.map((name) => [`${verbs}/${name}/hca_type`, 'MT4129'])));
    expect(Object.keys(found).filter((key) => key.startsWith('mlx5'))).toEqual(['mlx5_1', 'mlx5_9', 'mlx5_10']);
  });
  test('both generations of Slingshot, whose ports have their files in two places', () => {
    const found = facts({
      '/sys/class/cxi/cxi0/device/fru/part_number': 'P43012-001',
      '/sys/class/cxi/cxi0/device/uc/qspi_blob_version': '1.6.0.326',
      '/sys/class/cxi/cxi0/device/port/link': 'up',
      '/sys/class/cxi/cxi0/device/port/speed': 'BS_200G',
      '/sys/class/cxi/cxi1/device/port/0/link/state': 'down',
      '/sys/class/cxi/cxi1/device/port/0/link/speed': 'ck400G',
    });
    expect(short(found.slingshot)).toBe('1 x ? / ?; 1 x P43012-001 / 1.6.0.326');
    expect(short(found.cxi0)).toBe('part P43012-001, firmware 1.6.0.326, link up BS_200G');
    expect(short(found.cxi1)).toBe('part ?, firmware ?, link down ck400G');
  });
});

describe('kernel bypass', () => {
  const answer = (text: string, files: Readonly<Record<string, string>> = {}, more = '') =>
    read(fabric, { sys: proved + more + small(files), bypass: text });
  test('modules with their version and the device as this user may open it', () => {
    const found = answer('device /dev/xpmem usable\ndevice /dev/gdrdrv denied\nmemory allowed\nend\n', {
      '/sys/module/xpmem/version': '2.7.3',
      '/sys/module/gdrdrv/srcversion': '4A5B',
    });
    expect(short(found.xpmem)).toBe('module 2.7.3, /dev/xpmem usable');
    expect(short(found.gdrcopy)).toBe('module 4A5B, /dev/gdrdrv denied');
    expect(short(found.knem)).toBe('none');
    expect(short(found.drivers)).toBe('xpmem 2.7.3; gdrdrv 4A5B');
  });
  test('a module that states no version is loaded; one without its device says so', () => {
    const found = answer('memory allowed\nend\n', {}, 'n /sys/module/knem\n');
    expect(short(found.knem)).toBe('module loaded, /dev/knem is not there');
  });
  test('a refusal of cross-memory attach with the setting that stands behind it', () => {
    const found = answer('memory refused\nend\n', { '/proc/sys/kernel/yama/ptrace_scope': '2' });
    expect(short(found.cma)).toBe('refused, ptrace_scope 2');
    expect(short(answer('memory allowed\nend\n').cma)).toBe('allowed');
  });
  test('an answer that is cut proves nothing', () => {
    const found = answer('device /dev/xpmem usable\nmem');
    expect([short(found.cma), short(found.knem), short(found.devices)]).toEqual(['?error', '?error', '?error']);
  });
});
