/** One answer lost: what the others say stays, and nothing turns into another value that looks as good. */
import { describe, expect, test } from 'vitest';
import type { Probe } from '../../src/inspect/probe.ts';
import { container } from '../../src/inspect/probes/container/container.ts';
import { environment } from '../../src/inspect/probes/environment.ts';
import { hardware } from '../../src/inspect/probes/hardware/hardware.ts';
import { kernel } from '../../src/inspect/probes/kernel/kernel.ts';
import { modules } from '../../src/inspect/probes/modules/modules.ts';
import { type Given, read, small } from './answering.ts';

const cpu = '/sys/devices/system/cpu';
const note = Buffer.from(`040000001400000003000000474e5500${'ab'.repeat(20)}`, 'hex');
const nodes: readonly (readonly [Probe, Readonly<Record<string, Given>>])[] = [
  [
    modules,
    {
      proc: 'xpmem 1 0 - Live 0x0 (OE)\n',
      sys: `n /sys/module\n${small({ '/sys/module/xpmem/version': '2.7', '/sys/module/xpmem/initstate': 'live', '/sys/module/xpmem/taint': 'OE' })}`,
      notes: Buffer.concat([Buffer.from('/sys/module/xpmem/notes/.note.gnu.build-id\n\n'), note]),
    },
  ],
  [
    hardware,
    {
      cpuinfo: 'model name\t: EPYC\nsiblings\t: 4\ncpu cores\t: 4\nflags\t: fpu lm hypervisor\n',
      memory: 'MemTotal:  100 kB\n',
      sys: `n /sys/class\ne /run/systemd/timesync/synchronized\n${small({
        [`${cpu}/online`]: '0-7',
        [`${cpu}/cpu0/topology/thread_siblings_list`]: '0,4',
        [`${cpu}/cpu0/topology/core_siblings_list`]: '0-7',
        '/sys/class/dmi/id/sys_vendor': 'Amazon EC2',
      })}`,
      chrony: 'Leap status     : Not synchronised\n',
      places: 'root\t/\nhome\t/home/u\n',
      mounts: '22 1 259:2 / / rw - ext4 /dev/a rw\n23 22 0:9 / /home rw - nfs4 s:/h rw\n',
      devicetree: 'Board\0',
    },
  ],
  [
    container,
    {
      userns: '',
      mounts: 'device\tyes\ntmpfs\twork\noverlay\twork\nfuse\twork\n',
      squashfuse: 'squashfuse\tworks\n',
      helpers: 'newuidmap\t/usr/bin/newuidmap\tx\n',
      capabilities: '/usr/bin/newuidmap cap_setuid=ep\n',
      subordinate: 'uid\t1:2\nuid\tasked\ngid\tasked\n',
      podman: 'podman version 4.3.1\n',
      sys: small({ '/proc/sys/kernel/osrelease': '6.1', '/proc/sys/user/max_user_namespaces': '7' }),
    },
  ],
  [kernel, { cmdline: 'nosmt\n', sys: `n /sys/kernel\n${small({ '/proc/sys/kernel/osrelease': '6.1' })}` }],
  [environment, { variables: 'LOADEDMODULES=gcc\nOMP_NUM_THREADS=4\n' }],
];

describe.each(nodes.map(([probe, given]) => ({ name: probe.name, probe, given })))('$name', ({ probe, given }) => {
  test.each(['timeout', 'error', 'denied'] as const)('an answer lost by %s changes no value', (unknown) => {
    const sound = read(probe, given);
    for (const id of Object.keys(given)) {
      const facts = read(probe, { ...given, [id]: { unknown } });
      for (const [key, fact] of Object.entries(facts)) {
        const before = sound[key];
        if ('value' in fact && before && 'value' in before)
          expect([id, key, fact.value]).toEqual([id, key, before.value]);
        // What was unknown may not become known by losing something.
        if ('value' in fact)
          expect([id, key, before]).toEqual([id, key, expect.objectContaining({ value: fact.value })]);
      }
    }
  });
});
