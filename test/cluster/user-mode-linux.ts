/** A second kernel: Debian's user-mode-linux, booted as a process of an ordinary user, which answers the collector and halts. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Facts } from '../../src/inspect/facts.ts';
import { probes } from '../../src/inspect/probes/index.ts';
import { readFacts } from '../../src/inspect/read-collected.ts';

const modulesRoot = '/usr/lib/uml/modules';
// The mark in what `assay inspect --script` prints.
const nonce = '0'.repeat(32);
const ordinary = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'] as const;
/** Longest time of one boot, in seconds: 5 are usual. */
const limitSeconds = 120;
// The shell is process 1 of a namespace, so that with it every process of the kernel ends, also after a kill. It keeps
// what --kill-child asked for, which a change of user takes away.
const alone = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc', '--', 'sh', '-c', '"$@"; exit $?', 'sh'];

// The host's own files serve as root, read-only; what the kernel writes goes to its folder, which it sees at /mnt.
const init = `#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -t tmpfs tmpfs /run
mount -t hostfs -o FOLDER none /mnt
hostname uml
while read -r module; do
  busybox insmod "$module" 2>>/mnt/said
done </mnt/modules
${ordinary.join(' ')} sh /mnt/collector - facts slow >/mnt/answer 2>>/mnt/said
echo o >/proc/sysrq-trigger
sleep 60
`;

/** How a kernel is booted: options of its command line beside those it needs, and files of modules, in order. */
export interface Boot {
  readonly options?: readonly string[];
  readonly modules?: readonly string[];
}

/** Kernels that share one folder, which is the user's who runs them. */
export interface SecondKernel {
  readonly folder: string;
  /** The file of a module that came with the kernel. */
  readonly module: (name: string) => string;
  /** A copy of a module's file in which texts were replaced by others of the same length; its path. */
  readonly changed: (name: string, texts: Readonly<Record<string, string>>) => string;
  /** Boots, and gives what the collector found, or throws with what was said. */
  readonly boot: (boot?: Boot) => Facts;
  /** What the same collector finds on this machine's own kernel. */
  readonly host: () => Facts;
  readonly remove: () => void;
}

function timedOut({ groups }: Facts): boolean {
  const facts = Object.values(groups).flatMap((rows) => Object.values(rows));
  return facts.some((fact) => 'unknown' in fact && fact.unknown === 'timeout');
}

function bootOnce(folder: string, { options = [], modules = [] }: Boot): Facts {
  for (const name of ['answer', 'said']) rmSync(join(folder, name), { force: true });
  writeFileSync(join(folder, 'modules'), modules.map((path) => `${path.replace(folder, '/mnt')}\n`).join(''));
  const needed = [
    ...['mem=192M', 'root=/dev/root', 'rootfstype=hostfs', 'rootflags=/', 'ro', `init=${join(folder, 'init')}`],
    ...['con=null', 'con0=null,fd:1'],
  ];
  const words = [...alone, ...ordinary, 'linux.uml', ...needed, ...options];
  const ended = spawnSync('timeout', ['--signal=KILL', String(limitSeconds), ...words], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, TMPDIR: folder },
    encoding: 'utf8',
  });
  const read = (name: string) => (existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'latin1') : '');
  if (ended.status !== 0 || read('said') !== '')
    throw new Error(`status ${ended.status}: ${ended.stdout}${ended.stderr}${read('said')}`);
  return readFacts(read('answer'), { nonce, probes, slow: true });
}

/** Makes the folder and what a boot needs in it. `collector` is the script as `assay inspect --script` prints it. */
export function secondKernel(collector: string): SecondKernel {
  const folder = mkdtempSync(join(tmpdir(), 'assay-uml-'));
  writeFileSync(join(folder, 'collector'), collector);
  writeFileSync(join(folder, 'init'), init.replace('FOLDER', folder), { mode: 0o755 });
  spawnSync('chown', ['-R', '65534:65534', folder]);
  const files = readdirSync(modulesRoot, { recursive: true, encoding: 'utf8' });
  const module = (name: string) => {
    const path = files.find((file) => file.endsWith(`/${name}.ko`));
    if (!path) throw new Error(`user-mode-linux has no module ${name}`);
    return join(modulesRoot, path);
  };
  return {
    folder,
    module,
    changed: (name, texts) => {
      // As latin1, bytes and characters are one to one.
      let content = readFileSync(module(name), 'latin1');
      for (const [from, to] of Object.entries(texts)) {
        if (from.length !== to.length || !content.includes(`\0${from}\0`))
          throw new Error(`no text ${from} in ${name}, or ${to} is not as long`);
        content = content.replace(`\0${from}\0`, `\0${to}\0`);
      }
      const path = join(folder, `${name}.ko`);
      writeFileSync(path, content, 'latin1');
      return path;
    },
    boot: (boot = {}) => {
      // On a machine that is busy with other things a kernel in a process is slow beyond all limits of time: again, then.
      for (let left = 3; ; left -= 1) {
        const facts = bootOnce(folder, boot);
        if (left === 1 || !timedOut(facts)) return facts;
      }
    },
    host: () => {
      const words = [...ordinary, 'sh', join(folder, 'collector'), '-', 'facts', 'slow'];
      const { stdout } = spawnSync('env', words, { encoding: 'latin1', maxBuffer: 64 * 1024 * 1024 });
      return readFacts(stdout, { nonce, probes, slow: true });
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
