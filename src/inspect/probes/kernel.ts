/** The running kernel: what it is built from and how it was started. */
import { createHash } from 'node:crypto';
import { factFrom, firstLine, known, smallFact, smallFiles, textOf } from '../answers.ts';
import type { Fact } from '../facts.ts';
import type { NodeAnswer, Probe } from '../probe.ts';

/**
 * Options of the kernel command line that name this machine's disks, consoles, addresses or boot files, or only dress
 * up the boot. They say nothing of how the kernel behaves, so they are not in the fingerprint. A name ending in `*`
 * stands for all that begin so. Only names and `*`, so that a shell's `case` can read the same table.
 */
export const volatileOptions: readonly string[] = [
  'BOOT_IMAGE', 'BOOTIF', 'initrd', 'rdinit', 'root', 'rootfstype', 'rootflags', 'rootdelay', 'rootwait', 'ro', 'rw',
  'resume', 'resume_offset', 'swap', 'ip', 'netroot', 'nfsroot', 'ifname', 'hostname', 'systemd.hostname',
  'systemd.machine_id', 'rd.*', 'console', 'earlycon', 'earlyprintk', 'quiet', 'splash', 'rhgb', 'vt.*', 'plymouth.*',
  'loglevel', 'LANG', 'KEYTABLE', 'SYSFONT', 'imgurl', 'wwinit*', 'wwid', 'wwipaddr', 'ks', 'inst.*', 'cloud-init', 'ds',
]; // biome-ignore format: a table reads better in few lines

// A word whose value must never be stored: iSCSI and remote-attestation passwords do stand on command lines.
const secretName = /pass(word|wd|phrase)?$|secret|token|cred/i;

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
    else kept.push(secretName.test(name) && word.includes('=') ? `${name}=***` : word);
  }
  return { kept: kept.join(' '), volatile };
}

/**
 * The GNU build-id in ELF notes (elf(5), NT_GNU_BUILD_ID = 3, owner `GNU`), as hex; undefined when there is none.
 * Both byte orders: the one whose first note makes sense is taken.
 */
export function buildIdOf(notes: Uint8Array): string | undefined {
  const bytes = Buffer.from(notes);
  for (const little of [true, false]) {
    const word = (at: number): number => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
    for (let at = 0; at + 12 <= bytes.length; ) {
      const [nameSize, size, type] = [word(at), word(at + 4), word(at + 8)];
      const content = at + 12 + Math.ceil(nameSize / 4) * 4;
      if (content + size > bytes.length) break;
      if (type === 3 && bytes.toString('latin1', at + 12, at + 12 + nameSize) === 'GNU\0')
        return bytes.toString('hex', content, content + size);
      at = content + Math.ceil(size / 4) * 4;
    }
  }
  return undefined;
}

function buildId(answer: NodeAnswer): Fact {
  if (answer.kind === 'unknown') return { unknown: answer.unknown, why: answer.why, source: answer.source };
  const id = buildIdOf(answer.bytes);
  if (id) return { value: id, source: answer.source };
  return { unknown: 'absent', why: `${answer.source} holds no GNU build-id`, source: answer.source };
}

/** Path and digest of a `digest` ask: the path on the first line, then the line of sha256sum. */
function configRows(answer: NodeAnswer) {
  const [path = '', digest = ''] = (textOf(answer) ?? '').split('\n');
  const fact = factFrom(answer, () => /^[0-9a-f]{64}\b/.exec(digest)?.[0]);
  if (!('value' in fact)) return [{ key: 'config-digest', fact }];
  return [
    { key: 'config-digest', fact: { value: `sha256:${fact.value}`, source: path } },
    known('config-source', path, path),
  ];
}

function commandLineRows(answer: NodeAnswer) {
  const text = textOf(answer);
  if (text === undefined) return [{ key: 'command-line', fact: factFrom(answer, firstLine) }];
  const { kept, volatile } = splitCommandLine(text);
  const digest = createHash('sha256').update(text.trim()).digest('hex');
  return [
    known('command-line', kept === '' ? 'none' : kept, answer.source),
    known('command-line-volatile', volatile.length === 0 ? 'none' : volatile.join(' '), answer.source),
    known('command-line-digest', `sha256:${digest}`, answer.source),
  ];
}

export const kernel: Probe = {
  name: 'kernel',
  asks: [
    {
      id: 'sys',
      kind: 'small',
      patterns: [
        '/proc/sys/kernel/osrelease',
        '/proc/sys/kernel/version',
        '/proc/sys/kernel/tainted',
        '/proc/sys/kernel/random/boot_id',
      ],
    },
    { id: 'machine', kind: 'command', argv: ['uname', '-m'], limitSeconds: 5 },
    { id: 'notes', kind: 'file', path: '/sys/kernel/notes' },
    { id: 'cmdline', kind: 'file', path: '/proc/cmdline' },
    {
      id: 'config',
      kind: 'digest',
      paths: ['/proc/config.gz', '/boot/config-{release}', '/lib/modules/{release}/config'],
    },
  ],
  // Not the taint (a warning at run time sets it) and not the loaded modules (other hardware loads others).
  fingerprints: { kernel: ['release', 'version', 'machine', 'build-id', 'config-digest', 'command-line'] },
  ownKeys: ['boot-id', 'command-line-volatile', 'command-line-digest'],
  read: (answers) => {
    const sys = smallFiles(answers('sys'));
    return [
      { key: 'release', fact: smallFact(sys, '/proc/sys/kernel/osrelease') },
      { key: 'version', fact: smallFact(sys, '/proc/sys/kernel/version') },
      { key: 'machine', fact: factFrom(answers('machine'), firstLine) },
      { key: 'taint', fact: smallFact(sys, '/proc/sys/kernel/tainted') },
      { key: 'boot-id', fact: smallFact(sys, '/proc/sys/kernel/random/boot_id') },
      { key: 'build-id', fact: buildId(answers('notes')) },
      ...configRows(answers('config')),
      ...commandLineRows(answers('cmdline')),
    ];
  },
};
