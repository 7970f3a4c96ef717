import { expect, test } from 'vitest';
import { kernel } from '../../../../src/inspect/probes/kernel/kernel.ts';
import { read, short, small } from '../../answering.ts';

// /sys/kernel/notes of a 6.18 kernel: the build-id, then a note of owner Linux.
const notes = Buffer.from(
  `040000001400000003000000474e5500${'85c7e4e2ed76f4417e8aaad7c6b040d2bb897a26'}060000000400000001010000${'4c696e7578000000'}00000000`,
  'hex',
);
const id = '85c7e4e2ed76f4417e8aaad7c6b040d2bb897a26';

test('facts of a kernel, and why those it hides are unknown', () => {
  const digest = 'a'.repeat(64);
  const facts = read(kernel, {
    sys: small({ '/proc/sys/kernel/osrelease': '6.18.44', '/proc/sys/kernel/version': '#1 SMP' }),
    machine: 'x86_64\n',
    notes,
    cmdline: 'quiet\n',
    config: `/boot/config-6.18.44\n${digest}  -\n`,
  });
  expect(short(facts['build-id'])).toBe(id);
  expect(facts['config-digest']).toEqual({ value: `sha256:${digest}`, source: '/boot/config-6.18.44' });
  expect(short(facts['command-line'])).toBe('none');
  expect(short(facts.taint)).toBe('?absent');
  expect(short(read(kernel, { config: { unknown: 'denied' } })['config-digest'])).toBe('?denied');
  expect(short(read(kernel, { config: 'garbage\nmore\n' })['config-digest'])).toBe('?error');
});

test('a kernel as it is set, decoded', () => {
  const seen = 'n /sys/kernel\n';
  const facts = read(kernel, {
    sys:
      seen +
      small({
        '/proc/sys/kernel/osrelease': '6.1.0',
        '/proc/sys/kernel/tainted': '12289',
        '/proc/sys/kernel/perf_event_paranoid': '4',
        '/sys/kernel/mm/transparent_hugepage/enabled': 'always [madvise] never',
        '/sys/devices/system/cpu/cpufreq/policy0/scaling_governor': 'performance',
        '/sys/devices/system/cpu/cpufreq/policy10/scaling_governor': 'powersave',
        '/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages': '4',
        '/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages': '0',
        '/sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages': '0',
        '/sys/devices/system/cpu/vulnerabilities/spectre_v2': 'Mitigation: Retpolines',
        '/sys/devices/system/cpu/vulnerabilities/mds': 'Not affected',
        '/sys/kernel/livepatch/livepatch_42/enabled': '1',
      }) +
      'e /sys/devices/system/cpu/isolated\n',
  });
  const shown = Object.fromEntries(Object.entries(facts).map(([key, fact]) => [key, short(fact)]));
  expect(shown).toMatchObject({
    taint: 'P proprietary module, O out-of-tree module, E unsigned module',
    'perf-event-paranoid': '4',
    'ptrace-scope': 'none',
    'transparent-hugepages': 'madvise',
    'cpufreq-governor': '1 x performance; 1 x powersave',
    'cpufreq-driver': 'none',
    'isolated-cpus': 'none',
    hugepages: '2048kB 0; 1048576kB 4',
    'hugepages.node1': '2048kB 0',
    mitigations: 'mds: Not affected | spectre_v2: Mitigation: Retpolines',
    'vulnerability.mds': 'Not affected',
    livepatches: 'livepatch_42 enabled',
    'security-modules': '?absent',
  });
});

test('where /sys cannot be seen nothing is said to be absent; where it can, an old kernel has no mitigations', () => {
  expect(short(read(kernel, { sys: '' }).mitigations)).toBe('?absent');
  const old = read(kernel, { sys: 'n /sys/kernel\n' });
  expect([short(old.mitigations), short(old.livepatches), short(old.hugepages), short(old['clock-source'])]).toEqual([
    'none',
    'none',
    'none',
    'none',
  ]);
  const denied = read(kernel, { sys: 'n /sys/kernel\nd /sys/devices/system/cpu/vulnerabilities\n' });
  expect(short(denied.mitigations)).toBe('?denied');
});

test('one mitigation that cannot be read makes the line unknown, not shorter', () => {
  const flaws = '/sys/devices/system/cpu/vulnerabilities';
  const sys = `${small({ [`${flaws}/mds`]: 'Not affected' })}e ${flaws}/srbds\n`;
  const facts = read(kernel, { sys });
  expect(short(facts.mitigations)).toBe('?error');
  expect(short(facts['vulnerability.mds'])).toBe('Not affected');
});
