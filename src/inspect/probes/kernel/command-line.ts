/** The kernel's command line: which of its options shape the kernel, and which only name a machine or dress up the boot. */
import { createHash } from 'node:crypto';
import { factFrom, firstLine, known, textOf } from '../../answers.ts';
import type { NodeAnswer, ProbeRow } from '../../probe.ts';
import { namesSecret } from '../../secret-names.ts';

/**
 * Options of the kernel command line that name this machine, its disks, consoles, addresses or boot files, or only dress
 * up the boot. They say nothing of how the kernel behaves, so they are not in the fingerprint. A name ending in `*`
 * stands for all that begin so. Only names and `*`, so that a shell's `case` can read the same table. `boot` is the
 * disk that holds /boot, which FIPS mode asks for; what provisioning adds is in the words of xCAT (`mknetboot`),
 * Warewulf, and Cray's boot script service.
 */
export const volatileOptions: readonly string[] = [
  'BOOT_IMAGE', 'BOOTIF', 'boot', 'ostree', 'initrd', 'init', 'rdinit', 'root', 'rootfstype', 'rootflags', 'rootdelay', 'rootwait', 'ro', 'rw',
  'resume', 'resume_offset', 'swap', 'ip', 'netroot', 'nfsroot', 'ifname', 'hostname', 'systemd.hostname',
  'systemd.machine_id', 'rd.*', 'console', 'earlycon', 'earlyprintk', 'quiet', 'splash', 'rhgb', 'vt.*', 'plymouth.*',
  'loglevel', 'LANG', 'KEYTABLE', 'SYSFONT', 'imgurl', 'wwinit*', 'wwid', 'wwipaddr', 'ks', 'inst.*', 'cloud-init', 'ds',
  'XCAT', 'NODE', 'FC', 'netdev', 'NFSROOT', 'STATEMNT', 'MNTOPTS', 'nonodestatus',
  'xname', 'nid', 'bos_session_id', 'bss_referral_token', 'spire_join_token', 'nmd_data',
]; // biome-ignore format: a table reads better in few lines

function isVolatile(name: string): boolean {
  return volatileOptions.some((entry) => (entry.endsWith('*') ? name.startsWith(entry.slice(0, -1)) : name === entry));
}

/** Splits a command line into words; double quotes hold spaces together (kernel lib/cmdline.c, next_arg). */
export function commandLineWords(text: string): readonly string[] {
  return text.trim().match(/(?:[^\s"]|"[^"]*"?)+/g) ?? [];
}

/** The command line that shapes the kernel, in order, and the names of the options that were left out. */
export function splitCommandLine(text: string): { readonly kept: string; readonly volatile: readonly string[] } {
  const kept: string[] = [];
  const volatile: string[] = [];
  const words = commandLineWords(text);
  // Behind `--` stand arguments of init, not options of the kernel (kernel-parameters.rst).
  const end = words.indexOf('--');
  for (const word of end < 0 ? words : words.slice(0, end)) {
    const name = word.split('=', 1)[0] ?? word;
    if (isVolatile(name)) volatile.push(name);
    // iSCSI and remote-attestation passwords do stand on command lines.
    else kept.push(namesSecret(name) && word.includes('=') ? `${name}=***` : word);
  }
  return { kept: kept.join(' '), volatile };
}

/**
 * Options by name with their values. One without a value is `set`; of one that stands there several times all values
 * count, in order (`hugepagesz=1G hugepages=4 hugepagesz=2M` → hugepagesz `1G 2M`).
 */
export function optionValues(kept: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const word of commandLineWords(kept)) {
    const equals = word.indexOf('=');
    const name = equals < 0 ? word : word.slice(0, equals);
    const value = equals < 0 ? 'set' : word.slice(equals + 1).replaceAll('"', '') || 'empty';
    const before = found.get(name);
    found.set(name, before === undefined ? value : `${before} ${value}`);
  }
  return found;
}

/** The kept line as one fact (what the fingerprint holds), each option of it, what was left out, and the whole's digest. */
export function commandLineRows(answer: NodeAnswer): readonly ProbeRow[] {
  const text = textOf(answer);
  if (text === undefined) return [{ key: 'command-line', fact: factFrom(answer, firstLine) }];
  const { kept, volatile } = splitCommandLine(text);
  const digest = createHash('sha256').update(text.trim()).digest('hex');
  return [
    known('command-line', kept === '' ? 'none' : kept, answer.source),
    ...[...optionValues(kept)].map(([name, value]) => known(`command-line.${name}`, value, answer.source)),
    known('command-line-volatile', volatile.length === 0 ? 'none' : volatile.join(' '), answer.source),
    known('command-line-digest', `sha256:${digest}`, answer.source),
  ];
}
