/** The files of a node, composed from what the kernel's documentation says of them, to be put below a root of their own. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { scratch } from './scratch-collector.ts';

/** Where the kernel says what it does about the flaws of its processor. */
export const flaws = 'sys/devices/system/cpu/vulnerabilities';

/** Contents by path, without the leading slash. */
export type Tree = Readonly<Record<string, string | Buffer>>;

/** A node with a module of its own and one that is built in. */
export const kernelTree: Readonly<Record<string, string>> = {
  'proc/sys/kernel/osrelease': '6.1.0\n',
  'proc/sys/kernel/version': '#1 SMP\n',
  'proc/sys/kernel/tainted': '0\n',
  'proc/sys/kernel/random/boot_id': '11111111-2222-3333-4444-555555555555\n',
  'proc/sys/vm/swappiness': '60\n',
  'proc/cmdline': 'root=UUID=1 ro mitigations=auto\n',
  'proc/modules': 'xpmem 1 0 - Live 0x0 (OE)\nloop 1 0 - Live 0x0\n',
  'boot/config-6.1.0': 'CONFIG_HZ=250\nCONFIG_USER_NS=y\n',
  [`${flaws}/mds`]: 'Not affected\n',
  [`${flaws}/spectre_v2`]: 'Mitigation: Retpolines\n',
  'sys/module/xpmem/version': '2.7.3\n',
  'sys/module/xpmem/srcversion': 'ABCD\n',
  'sys/module/loop/initstate': 'live\n',
  'sys/module/bridge/version': '2.3\n',
};

/** /sys/kernel/notes with one build-id, little-endian. */
export const buildIdNote = Buffer.from(`040000001400000003000000474e5500${'85'.repeat(20)}`, 'hex');

/** Writes the files below a new root and gives it; what is undefined is left out. */
export function planted(files: Readonly<Record<string, string | Buffer | undefined>>): string {
  const root = scratch();
  for (const [path, content] of Object.entries({ 'sys/kernel/notes': buildIdNote, ...files })) {
    if (content === undefined) continue;
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}
