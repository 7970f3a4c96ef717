/** One thing changed on one of four real nodes: what makes another fingerprint is found and named first, what does not is hidden. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Facts } from '../../src/inspect/facts.ts';
import type { FingerprintName } from '../../src/inspect/probe.ts';
import { differences, inspectNodes, onNode, place, uniformityOfFile, withMount } from './inspected.ts';

const { folder, site, remove } = place('changed');
const nodes = ['node1', 'node2', 'node3', 'node4'] as const;
const card = '/sys/class/infiniband/mlx5_0';

// This machine's kernel loads no modules, and it has no adapter and no board: they are composed, in the words of
// Documentation/ABI (sysfs-module, sysfs-class-infiniband, sysfs-firmware-dmi-tables), and laid over what is there.
const composed: Readonly<Record<string, string>> = {
  '/sys/module/xpmem/initstate': 'live',
  '/sys/module/xpmem/version': '2.7.3',
  '/sys/module/xpmem/srcversion': '0123456789ABCDEF01234567',
  '/sys/module/xpmem/taint': 'OE',
  '/sys/module/beegfs/initstate': 'live',
  '/sys/module/beegfs/version': '7.4.5',
  '/sys/module/beegfs/taint': 'OE',
  '/sys/module/nfs/initstate': 'live',
  '/sys/kernel/livepatch/fix_for_a_flaw/enabled': '1',
  [`${card}/fw_ver`]: '28.39.1002',
  [`${card}/board_id`]: 'MT_0000000838',
  [`${card}/hca_type`]: 'MT4129',
  [`${card}/node_guid`]: 'a088:c203:0012:3456',
  [`${card}/ports/1/state`]: '4: ACTIVE',
  [`${card}/ports/1/phys_state`]: '5: LinkUp',
  [`${card}/ports/1/rate`]: '400 Gb/sec (4X NDR)',
  [`${card}/ports/1/link_layer`]: 'InfiniBand',
  '/sys/class/dmi/id/sys_vendor': 'Dell Inc.',
  '/sys/class/dmi/id/product_name': 'PowerEdge R6625',
  '/sys/class/dmi/id/product_serial': 'SERIAL1',
  '/sys/class/dmi/id/board_serial': 'SERIAL1',
};
const layers = ['/sys/module', '/sys/class', '/sys/kernel'] as const;

let sound: readonly Facts[] = [];

/** Facts of the four nodes while node2 has other content in a file, or, with none, an empty folder. */
function changedIn(path: string, content: string | Uint8Array | undefined): readonly Facts[] {
  const file = join(folder, content === undefined ? 'empty' : 'changed');
  if (content === undefined) mkdirSync(file, { recursive: true });
  else writeFileSync(file, content, { mode: 0o644 });
  return withMount('node2', ['--bind', file], path, () => inspectNodes(4, site).facts);
}

beforeAll(() => {
  for (const [path, text] of Object.entries(composed)) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${text}\n`);
  }
  for (const node of nodes)
    for (const path of layers)
      onNode(node, 'mount', '-t', 'overlay', '-o', `ro,lowerdir=${join(folder, path)}:${path}`, 'composed', path);
  sound = inspectNodes(4, site).facts;
});

afterAll(() => {
  for (const node of nodes) for (const path of layers) onNode(node, 'umount', path);
  remove();
});

it('four nodes with a module, an adapter and a board that are alike are alike', () => {
  expect(sound[1]?.groups.modules).toMatchObject({
    '@out-of-tree': { value: 'beegfs 7.4.5; xpmem 2.7.3 0123456789ABCDEF01234567' },
    nfs: { value: 'loaded' },
  });
  expect(sound[1]?.groups.kernel?.livepatches).toMatchObject({ value: 'fix_for_a_flaw enabled' });
  expect(sound[1]?.groups.fabric?.infiniband).toMatchObject({ value: '1 x MT4129 / MT_0000000838 / 28.39.1002' });
  expect(sound[1]?.groups.hardware?.['product-name']).toMatchObject({ value: 'PowerEdge R6625' });
  const { deviations, fingerprints } = uniformityOfFile(folder, sound);
  expect(deviations).toEqual([]);
  for (const { name, groups } of fingerprints) {
    expect(groups, name).toHaveLength(1);
    expect(groups[0]?.digest, name).toMatch(/^sha256:/);
  }
});

/** The machine's own configuration with one line changed. */
function config(from: RegExp, to: string): Uint8Array {
  const text = gunzipSync(readFileSync('/proc/config.gz')).toString();
  expect(text).toMatch(from);
  return gzipSync(text.replace(from, to));
}

/** What is changed, in which file, to what; the fingerprints that differ then, and what is shown, in order. */
interface Change {
  readonly what: string;
  readonly path: string;
  /** An empty folder where there is none. */
  readonly content?: () => string | Uint8Array;
  readonly fingerprints: readonly FingerprintName[];
  readonly shown: readonly string[];
}

const changes: readonly Change[] = [
  {
    what: 'an option the kernel was built with',
    path: '/proc/config.gz',
    content: () => config(/^CONFIG_HZ=.*$/m, 'CONFIG_HZ=977'),
    fingerprints: ['kernel'],
    shown: ['kernel.config.HZ', 'kernel.config-digest'],
  },
  {
    what: 'an option that has no fact of its own',
    path: '/proc/config.gz',
    content: () => config(/^CONFIG_LOG_BUF_SHIFT=.*$/m, 'CONFIG_LOG_BUF_SHIFT=25'),
    fingerprints: ['kernel'],
    shown: ['kernel.config-digest'],
  },
  {
    what: 'the release',
    path: '/proc/sys/kernel/osrelease',
    content: () => '6.1.0-99-amd64\n',
    fingerprints: ['kernel'],
    shown: ['kernel.release'],
  },
  {
    what: 'an option at boot that matters',
    path: '/proc/cmdline',
    content: () => `preempt=full ${readFileSync('/proc/cmdline', 'utf8')}`,
    fingerprints: ['kernel'],
    shown: ['kernel.command-line.preempt', 'kernel.command-line'],
  },
  {
    what: 'a mitigation',
    path: '/sys/devices/system/cpu/vulnerabilities/spectre_v2',
    content: () => 'Vulnerable\n',
    fingerprints: ['kernel'],
    shown: ['kernel.vulnerability.spectre_v2', 'kernel.mitigations'],
  },
  {
    what: 'a live patch',
    path: '/sys/kernel/livepatch/fix_for_a_flaw/enabled',
    content: () => '0\n',
    fingerprints: ['kernel'],
    shown: ['kernel.livepatches'],
  },
  {
    what: 'the version of a module',
    path: '/sys/module/beegfs/version',
    content: () => '7.4.6\n',
    fingerprints: ['kernel'],
    shown: ['modules.@out-of-tree', 'modules.beegfs'],
  },
  {
    what: 'the version of a module that fabrics stand on',
    path: '/sys/module/xpmem/version',
    content: () => '2.7.4\n',
    fingerprints: ['kernel', 'fabric'],
    shown: ['modules.@out-of-tree', 'fabric.drivers', 'modules.xpmem', 'fabric.xpmem'],
  },
  {
    what: 'the source of a module',
    path: '/sys/module/xpmem/srcversion',
    content: () => 'FFFF456789ABCDEF01234567\n',
    fingerprints: ['kernel'],
    shown: ['modules.@out-of-tree', 'modules.xpmem'],
  },
  {
    what: 'a module of another origin that is not loaded',
    path: '/sys/module/beegfs',
    fingerprints: ['kernel'],
    shown: ['modules.@out-of-tree', 'modules.beegfs'],
  },
  {
    what: 'a module of the kernel that is not loaded, which makes no other kernel',
    path: '/sys/module/nfs',
    fingerprints: [],
    shown: ['modules.nfs'],
  },
  {
    what: 'the firmware of an adapter',
    path: `${card}/fw_ver`,
    content: () => '28.40.1000\n',
    fingerprints: ['fabric'],
    shown: ['fabric.infiniband', 'fabric.mlx5_0'],
  },
];

describe('one node of four with a change', () => {
  it.each(changes.map((one) => [one.what, one] as const))(
    '%s',
    (_what, { path, content, fingerprints: prints, shown }) => {
      const changed = changedIn(path, content?.());
      expect(differences(folder, sound, changed)).toEqual(shown.map((name) => `node2 ${name}`));
      const { deviations, fingerprints } = uniformityOfFile(folder, changed);
      expect(deviations.map(({ group, key }) => `${group}.${key}`)).toEqual(shown);
      expect(deviations.map((one) => one.nodes.map(({ node }) => node))).toEqual(shown.map(() => ['node2']));
      for (const { name, groups } of fingerprints)
        expect(
          groups.map((one) => one.nodes),
          name,
        ).toEqual(prints.includes(name) ? [['node1', 'node3', 'node4'], ['node2']] : [[...nodes]]);
    },
  );
});

describe('one node of four with its own', () => {
  it.each([
    ['boot id', '/proc/sys/kernel/random/boot_id', '00000000-1111-4222-8333-444444444444\n'],
    [
      'name and boot disk on the command line',
      '/proc/cmdline',
      `NODE=n2 boot=UUID=1 ${readFileSync('/proc/cmdline', 'utf8')}`,
    ],
    ['time since its boot', '/proc/uptime', '12345678.90 12345678.90\n'],
    ['serial number of the machine', '/sys/class/dmi/id/product_serial', 'SERIAL2\n'],
    ['serial number of the board', '/sys/class/dmi/id/board_serial', 'SERIAL2\n'],
    ['GUID of an adapter', `${card}/node_guid`, 'a088:c203:0065:4321\n'],
  ])('%s is an equal node, and nothing is shown', (_what, path, content) => {
    const changed = changedIn(path, content);
    expect(differences(folder, sound, changed)).toEqual([]);
    const { deviations, fingerprints } = uniformityOfFile(folder, changed);
    expect(deviations).toEqual([]);
    expect(fingerprints.map(({ groups }) => groups.map((one) => one.nodes.length))).toEqual([[4], [4], [4], [4]]);
  });
});
