/** The two forms of a fingerprint, TypeScript's and the shell's, over answers that are odd in every way we know of. */
import { describe, expect, test } from 'vitest';
import { small } from './answering.ts';
import { byShell, byTypeScript, type Case, ok } from './fingerprint-cases.ts';
import { mutated } from './mutated-answers.ts';
import { shells } from './scratch-collector.ts';

const flaws = '/sys/devices/system/cpu/vulnerabilities';
const note = (id: string): Buffer => Buffer.from(`040000001400000003000000474e5500${id.repeat(20)}`, 'hex');
const bigNote = Buffer.from(`000000040000001400000003474e5500${'ab'.repeat(20)}`, 'hex');
const otherNote = Buffer.from(`060000000400000001010000${'4c696e7578000000'}00000000`, 'hex');
const digest = `${'0123456789abcdef'.repeat(4)}  -\n`;

const plain: Case = {
  'kernel.sys': ok(
    `n /sys/kernel\n${small({
      '/proc/sys/kernel/osrelease': '6.1.0-18-amd64',
      '/proc/sys/kernel/version': '#1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 (2024-02-01)',
      [`${flaws}/spectre_v2`]: 'Mitigation: Retpolines; IBPB: conditional; STIBP: disabled',
      [`${flaws}/mds`]: 'Not affected',
      [`${flaws}/spec_rstack_overflow`]: 'Vulnerable: Safe RET, no microcode',
    })}e /sys/devices/system/cpu/isolated\n`,
  ),
  'kernel.machine': ok('x86_64\n'),
  'kernel.notes': ok(Buffer.concat([otherNote, note('85')])),
  'kernel.cmdline': ok(
    'BOOT_IMAGE=/boot/vmlinuz-6.1 root=UUID=b77 ro mitigations=auto isolcpus=1-3 dyndbg="file a.c +p" api_key=hunter2 quiet -- single\n',
  ),
  'kernel.config': ok(`/boot/config-6.1.0-18-amd64\n${digest}CONFIG_HZ=250\n`),
  'modules.proc': ok(
    'nvidia 1 0 - Live 0x0 (POE)\nnvidia_uvm 1 0 - Live 0x0 (POE)\nloop 1 0 - Live 0x0\nnf_nat 1 2 a,b,[permanent], Live 0xffffffffc0ab4000\nxpmem 1 0 - Loading 0x0 (OE+)\n',
  ),
  'modules.sys': ok(
    `n /sys/module\n${small({
      '/sys/module/nvidia/version': '535.54.03',
      '/sys/module/nvidia/taint': 'POE',
      '/sys/module/nvidia/srcversion': 'A1B2',
      '/sys/module/nvidia_uvm/version': '535.54.03',
      '/sys/module/xpmem/version': '2.7.3',
      '/sys/module/xpmem/srcversion': 'ABCD',
      '/sys/module/loop/initstate': 'live',
      '/sys/module/bridge/version': '2.3',
      '/sys/module/tcp_cubic/version': '2.3',
    })}`,
  ),
};
const without = (node: Case, ...ids: readonly string[]): Case =>
  Object.fromEntries(Object.entries(node).filter(([id]) => !ids.includes(id)));
const kernels: readonly Case[] = [
  plain,
  // No loadable modules listed, a byte order of another machine, a live patch.
  {
    ...without(plain, 'modules.proc'),
    'kernel.notes': ok(bigNote),
    'kernel.cmdline': ok('"quoted name"=x  nosmt\ttsx=on "unclosed = yes'),
    'kernel.sys': ok(
      `n /sys/kernel\nn /sys/kernel/livepatch\n${small({
        '/proc/sys/kernel/osrelease': '5.14.21-150500.53-default',
        '/proc/sys/kernel/version': '#1 SMP',
        '/sys/kernel/livepatch/livepatch_2/enabled': '0',
        '/sys/kernel/livepatch/livepatch_1/enabled': '1',
      })}`,
    ),
    'modules.sys': ok(
      `n /sys/module\n${small({
        '/sys/module/kfab/initstate': 'live',
        '/sys/module/kfab/taint': 'OE',
        '/sys/module/kfab/version': '1.0',
        '/sys/module/vsock/version': '1.0',
      })}`,
    ),
  },
];
const kernelWords = [
  ...[
    'root=',
    'rd.x',
    'mitigations=off',
    '--',
    'password=x',
    'PKEY_TOKEN=1',
    '"a b"',
    '"',
    'wwinit.x',
    'loglevel',
    '\u00a0',
  ],
  ...[
    `v ${flaws}/new\tx\n`,
    `e ${flaws}/mds\n`,
    `d ${flaws}\n`,
    `d ${flaws}/mds\n`,
    'd /sys/kernel/livepatch\n',
    'e /sys/kernel\n',
  ],
  ...['v /sys/module/zfs/version\t2.2\n', 'v /sys/module/nvidia/initstate\tlive\n', 'v /sys/kernel/livepatch\tx\n'],
  ...[
    'zfs 1 0 - Unloading 0x12 (PO-)\n',
    'nvidia_',
    '(F)',
    ' Live 0x0',
    'v \tx\n',
    'v x\n',
    'GNU\0',
    'nvidia',
    'bridge',
  ],
];

const count = Number(process.env.ASSAY_MUTATIONS ?? 120);
const kinds = [{ name: 'kernel', nodes: kernels, words: kernelWords, least: 30 }] as const;

describe.each(kinds)('$name', ({ name, nodes, words, least }) => {
  const many = mutated(nodes, words, count, 20_261_125);
  const byUs = [...nodes, ...many].map((node) => byTypeScript(name, node));

  test('is known of sound nodes, and of many with a change', () => {
    expect(byUs.slice(0, nodes.length)).toEqual(nodes.map(() => expect.stringMatching(/^sha256:/)));
    const known = byUs.filter((print) => print.startsWith('sha256:'));
    expect(known.length).toBeGreaterThan(least);
    expect(new Set(known).size).toBeGreaterThan(least / 2);
  });

  test.each(shells.map((shell) => ({ shell, as: shell.join(' ') })))(
    'is the same, or unknown for the same fact, by $as',
    async ({ shell }) => {
      const cases = [...nodes, ...many];
      const byIt = await byShell(shell, name, cases);
      const apart = cases.flatMap((node, i) =>
        byUs[i] === byIt[i] ? [] : [{ by: [byUs[i], byIt[i]], ...shown(node) }],
      );
      expect(apart.slice(0, 3)).toEqual([]);
    },
    300_000,
  );
});

/** A node as it can be read in the message of a test. */
function shown(node: Case): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(node).map(([id, left]) => [
      id,
      `${left.status} ${JSON.stringify(Buffer.from(left.out).toString('latin1'))}`,
    ]),
  );
}
