import { describe, expect, test } from 'vitest';
import { diffNodes } from '../../src/inspect/comparison/node-diff.ts';
import type { Facts } from '../../src/inspect/facts.ts';
import { fingerprintOf } from '../../src/inspect/fingerprint.ts';
import { kernel } from '../../src/inspect/probes/kernel/kernel.ts';
import { modules } from '../../src/inspect/probes/modules/modules.ts';
import { readFacts } from '../../src/inspect/read-collected.ts';
import { flaws, kernelTree, planted } from './composed-node.ts';
import { nonce, rendered, run, scratch, shells } from './scratch-collector.ts';

const probes = [kernel, modules];
async function collected(
  shell: readonly [string, ...string[]],
  changed: Readonly<Record<string, string>>,
): Promise<Facts> {
  const root = planted({ ...kernelTree, ...changed });
  const collector = await rendered(scratch(), { probes, root });
  return readFacts((await run(shell, [collector, '-', 'facts'])).stdout, { nonce, probes });
}

describe.each(shells.map((shell) => ({ name: shell.join(' '), shell })))(
  'the kernel’s fingerprint under $name',
  ({ shell }) => {
    const print = (facts: Facts): string => {
      const found = fingerprintOf('kernel', facts, probes);
      return 'digest' in found ? found.digest : found.why;
    };

    test('is another when one thing that matters changed, which diff names first', async () => {
      const sound = await collected(shell, {});
      expect(print(sound)).toMatch(/^sha256:/);
      const changes: readonly (readonly [first: string, changed: Readonly<Record<string, string>>])[] = [
        ['kernel.config.HZ', { 'boot/config-6.1.0': 'CONFIG_HZ=1000\nCONFIG_USER_NS=y\n' }],
        ['kernel.config-digest', { 'boot/config-6.1.0': 'CONFIG_HZ=250\nCONFIG_USER_NS=y\nCONFIG_OTHER=y\n' }],
        ['kernel.command-line.mitigations', { 'proc/cmdline': 'root=UUID=1 ro mitigations=off\n' }],
        ['kernel.vulnerability.spectre_v2', { [`${flaws}/spectre_v2`]: 'Vulnerable\n' }],
        ['kernel.vulnerability.tsa', { [`${flaws}/tsa`]: 'Not affected\n' }],
        ['modules.@out-of-tree', { 'sys/module/xpmem/version': '2.7.4\n' }],
        ['modules.@out-of-tree', { 'sys/module/xpmem/srcversion': 'ABCE\n' }],
        ['modules.@built-in', { 'sys/module/bridge/version': '2.4\n' }],
        ['kernel.livepatches', { 'sys/kernel/livepatch/lp1/enabled': '1\n' }],
      ];
      for (const [first, changed] of changes) {
        const other = await collected(shell, changed);
        expect([first, print(other)]).toEqual([first, expect.stringMatching(/^sha256:/)]);
        expect(print(other)).not.toBe(print(sound));
        const named = diffNodes(sound, other, probes).differences.map(({ group, key }) => `${group}.${key}`);
        expect(named[0]).toBe(first);
      }
    }, 60_000);

    test('is the same for another boot, disk, setting, or module of the kernel’s own that came to be used', async () => {
      const [sound, other] = await Promise.all([
        collected(shell, {}),
        collected(shell, {
          'proc/sys/kernel/random/boot_id': '99999999-2222-3333-4444-555555555555\n',
          'proc/sys/kernel/tainted': '512\n',
          'proc/sys/vm/swappiness': '10\n',
          'proc/cmdline': 'root=UUID=2 ro mitigations=auto quiet\n',
          'proc/modules': `${kernelTree['proc/modules']}fuse 1 0 - Live 0x0\n`,
          'sys/module/fuse/version': '7.38\n',
          'sys/module/fuse/initstate': 'live\n',
        }),
      ]);
      expect(print(other)).toBe(print(sound));
      expect(diffNodes(sound, other, probes).own.map(({ key }) => key)).toContain('boot-id');
    });

    test('is unknown, saying why, where the configuration or a mitigation cannot be read', async () => {
      expect(print(await collected(shell, { [`${flaws}/mds`]: '' }))).toContain('kernel.mitigations is unknown');
    });
  },
);
