import { describe, expect, test } from 'vitest';
import { listLength } from '../../../../src/base/number-list.ts';
import { mountOf, mountsIn } from '../../../../src/inspect/probes/hardware/filesystems.ts';
import { hardware } from '../../../../src/inspect/probes/hardware/hardware.ts';
import { processorModel } from '../../../../src/inspect/probes/hardware/processor.ts';
import { read, short, small } from '../../answering.ts';

const cpu = '/sys/devices/system/cpu';
const node = '/sys/devices/system/node';
const dmi = '/sys/class/dmi/id';

describe('processors', () => {
  test('kernel lists', () => {
    expect(['0-3,8', '0', '', 'a'].map(listLength)).toEqual([5, 1, undefined, undefined]);
  });
  test('topology from sysfs, or from cpuinfo where sysfs has none', () => {
    const keys = ['threads', 'cores', 'sockets', 'threads-per-core'];
    const facts = read(hardware, {
      sys: small({
        [`${cpu}/online`]: '0-255',
        [`${cpu}/cpu0/topology/thread_siblings_list`]: '0,128',
        [`${cpu}/cpu0/topology/core_siblings_list`]: '0-63,128-191',
      }),
    });
    expect(keys.map((key) => short(facts[key]))).toEqual(['256', '128', '2', '2']);
    const guest = read(hardware, {
      sys: small({ [`${cpu}/online`]: '0-1' }),
      cpuinfo: 'model name\t: EPYC\nsiblings\t: 2\ncpu cores\t: 2\n',
    });
    expect(['processor', ...keys].map((key) => short(guest[key]))).toEqual(['EPYC', '2', '2', '1', '1']);
  });
  test('memory to a tenth of a GiB: equal nodes differ by what the kernel took at boot', () => {
    const of = (kib: number) => short(read(hardware, { memory: `MemTotal:       ${kib} kB\n` }).memory);
    expect([of(263847648), of(263847904), of(131923824)]).toEqual(['251.6 GiB', '251.6 GiB', '125.8 GiB']);
    expect(short(read(hardware, { memory: 'MemTotal: much\n' }).memory)).toBe('?error');
  });
  test('cores of Arm by name', () => {
    expect(processorModel('CPU implementer\t: 0x41\nCPU part\t: 0xd4f\n')).toBe(
      'Neoverse V2 (implementer 0x41 part 0xd4f)',
    );
  });
  test('caches, and NUMA nodes of which one is memory alone', () => {
    const index = (n: number, level: string, type: string, size: string, shared: string) => ({
      [`${cpu}/cpu0/cache/index${n}/level`]: level,
      [`${cpu}/cpu0/cache/index${n}/type`]: type,
      [`${cpu}/cpu0/cache/index${n}/size`]: size,
      [`${cpu}/cpu0/cache/index${n}/shared_cpu_list`]: shared,
    });
    const facts = read(hardware, {
      sys: `${small({
        ...index(0, '1', 'Data', '32K', '0'),
        ...index(3, '3', 'Unified', '32768K', '0-7'),
        [`${node}/online`]: '0-1',
        [`${node}/node0/cpulist`]: '0-63',
        [`${node}/node0/distance`]: '10  80',
        [`${node}/node0/meminfo`]: 'Node 0 MemTotal:       263847648 kB',
        [`${node}/node1/distance`]: '80 10',
      })}e ${node}/node1/cpulist\n`,
    });
    expect(['caches', 'numa-nodes', 'numa-distances', 'numa.0', 'numa.1'].map((key) => short(facts[key]))).toEqual([
      'L1 Data 32K; L3 Unified 32768K shared by 8',
      '2',
      '10 80 | 80 10',
      'cpus 0-63, 251.6 GiB',
      'cpus none, memory unknown',
    ]);
  });
});

describe('platform', () => {
  const of = (files: Readonly<Record<string, string>>, flags?: string) => {
    const board = Object.fromEntries(Object.entries(files).map(([name, value]) => [`${dmi}/${name}`, value]));
    const sys = `n /sys/class\nn ${dmi}\n${small(board)}`;
    const facts = read(hardware, { sys, ...(flags !== undefined && { cpuinfo: `flags\t: ${flags}\n` }) });
    return `${short(facts.virtualisation)} ${short(facts.cloud)}`;
  };
  test('cloud and kind of machine from the board and the processor', () => {
    expect(of({ sys_vendor: 'Dell Inc.', product_name: 'PowerEdge R6515' }, 'fpu lm')).toBe('none none');
    expect(of({ sys_vendor: 'Amazon EC2', product_name: 'c5n.metal' }, 'fpu lm')).toBe('none aws');
    expect(of({ sys_vendor: 'Amazon EC2', product_name: 'hpc7a.96xlarge' }, 'fpu hypervisor')).toBe('yes aws');
    expect(of({ sys_vendor: 'QEMU', product_name: 'Standard PC' })).toBe('kvm none');
    const azure = { sys_vendor: 'Microsoft Corporation', chassis_asset_tag: '7783-7084-3265-9085-8269-3286-77' };
    expect(of(azure, 'hypervisor')).toBe('yes azure');
    const clocks = { '/sys/devices/system/clocksource/clocksource0/available_clocksource': 'tsc kvm-clock' };
    const guest = read(hardware, { sys: small(clocks), cpuinfo: 'flags\t: hypervisor\n' });
    expect(short(guest.virtualisation)).toBe('kvm');
    expect(short(read(hardware, { sys: small(clocks), cpuinfo: 'flags\t: lm\n' }).virtualisation)).toBe('none');
    const uml = 'vendor_id\t: User Mode Linux\nmodel name\t: UML\nflags\t\t: fpu lm hypervisor\n';
    expect(short(read(hardware, { sys: small(clocks), cpuinfo: uml }).virtualisation)).toBe('uml');
  });
  test('without a board nothing is proved; an asset tag is never a fact', () => {
    const facts = read(hardware, { sys: `n /sys/class\n${small({ [`${dmi}/chassis_asset_tag`]: 'INV-0815' })}` });
    expect([short(facts['sys-vendor']), short(facts.cloud), short(facts.virtualisation)]).toEqual([
      'none',
      '?absent',
      '?absent',
    ]);
    expect(JSON.stringify(facts)).not.toContain('INV-0815');
  });
  test('disks and adapters by kind', () => {
    const facts = read(hardware, {
      sys: small({
        '/sys/block/sda/size': '937703088',
        '/sys/block/sda/queue/rotational': '0',
        '/sys/block/sda/device/model': 'MZ7LH480',
        '/sys/class/net/eth0/device/vendor': '0x15b3',
        '/sys/class/net/eth0/device/device': '0x1021',
      }),
    });
    expect([short(facts.disks), short(facts['disk.sda']), short(facts['network-adapters'])]).toEqual([
      '1 x 447.1 GiB, solid state, MZ7LH480',
      '447.1 GiB, solid state, MZ7LH480',
      '1 x 15b3:1021',
    ]);
    expect(short(read(hardware, { sys: 'n /sys/block\nn /sys/class/net\n' }).disks)).toBe('none');
  });
  test('a clock that follows another, or does not, or of which nobody tells', () => {
    // Composed from chronyc(1), `tracking`.
    const of = (leap: string) =>
      short(read(hardware, { chrony: `Reference ID    : 0A000001\nLeap status     : ${leap}\n` }).clock);
    expect([of('Normal'), of('Not synchronised')]).toEqual(['synchronised by chronyd', 'not synchronised (chronyd)']);
    expect(short(read(hardware, { sys: 'e /run/systemd/timesync/synchronized\n' }).clock)).toBe(
      'synchronised by timesyncd',
    );
    expect(short(read(hardware, {}).clock)).toBe('?absent');
    const late = (timedatectl: string) => short(read(hardware, { timedatectl }, 'slow')['clock-synchronised']);
    expect([late('yes\n'), late('no\n'), late('System has not been booted with systemd\n')]).toEqual([
      'yes',
      'no',
      '?error',
    ]);
  });
});

describe('file systems', () => {
  // Composed from proc_pid_mountinfo(5).
  const mountinfo = [
    '22 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw',
    '30 22 0:42 / /home rw,nosuid,relatime shared:9 - nfs4 nfs:/home rw,vers=4.2,addr=10.0.0.1',
    '31 22 0:43 / /lustre\\040one rw,noatime - lustre 10.0.0.1@o2ib:/one rw,flock,lazystatfs',
    '32 22 0:44 / /tmp rw - tmpfs none rw',
    '33 22 0:45 / /tmp rw,noexec - xfs /dev/sdb1 rw',
  ].join('\n');
  test('the mount with the longest point above a path, the last at that point', () => {
    const mounts = mountsIn(mountinfo);
    const at = (path: string) => mountOf(mounts, path)?.type;
    expect(['/', '/homes/x', '/home', '/home/u', '/tmp/a', '/lustre one/u'].map(at)).toEqual([
      'ext4',
      'ext4',
      'nfs4',
      'nfs4',
      'xfs',
      'lustre',
    ]);
  });
  test('one row a place, with the options that matter', () => {
    const facts = read(hardware, {
      places: 'root\t/\nhome\t/home/u\nscratch\t/lustre one/u\ntmp\t/tmp\nwork\t\t/gone\n',
      mounts: mountinfo,
    });
    const shown = Object.entries(facts).filter(([key]) => key.startsWith('filesystem.'));
    expect(shown.map(([key, fact]) => [key, short(fact)])).toEqual([
      ['filesystem.root', 'ext4 at /'],
      ['filesystem.home', 'nfs4 at /home, nosuid vers=4.2'],
      ['filesystem.scratch', 'lustre at /lustre one, flock lazystatfs'],
      ['filesystem.tmp', 'xfs at /tmp, noexec'],
      ['filesystem.work', '?absent'],
    ]);
  });
});
