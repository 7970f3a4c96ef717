/** On which file systems the places lie that matter to a run: /, /tmp, home, scratch, /dev/shm, where it runs. */
import { factFrom, known, textOf, unknown } from '../../answers.ts';
import type { NodeAnswer, NodeAsk, ProbeRow } from '../../probe.ts';

/** A line of mountinfo (proc_pid_mountinfo(5)) without what only names the mount to the kernel. */
export interface Mount {
  readonly point: string;
  readonly type: string;
  readonly source: string;
  /** Options of the mount and of the file system, in order, each once. */
  readonly options: readonly string[];
}

/** Where those places really are, and all mounts of this process. */
export const filesystemAsks: readonly NodeAsk[] = [
  { id: 'places', kind: 'command', argv: ['say_places'], limitSeconds: 10, shown: 'cd -P / /tmp /dev/shm $HOME …' },
  { id: 'mounts', kind: 'file', path: '/proc/self/mountinfo' },
];

/** Octal escapes of the kernel: `\040` is a space (proc_pid_mountinfo(5)). */
function unescaped(text: string): string {
  return text.replaceAll(/\\([0-3][0-7]{2})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** Mounts in the order of the file, in which a later one hides an earlier one at the same point. */
export function mountsIn(text: string): readonly Mount[] {
  return text.split('\n').flatMap((line) => {
    const [before = '', after] = line.split(' - ', 2);
    const [, , device = '', , point = '', options = ''] = before.split(' ');
    const [type = '', source = '', more = ''] = (after ?? '').split(' ');
    if (!/^\d+:\d+$/.test(device) || !point.startsWith('/') || type === '') return [];
    const all = [...new Set([...options.split(','), ...more.trim().split(',')].filter(Boolean))];
    return [{ point: unescaped(point), type, source: unescaped(source), options: all }];
  });
}

/** The mount that holds a path: the one with the longest point above it, the last of those. */
export function mountOf(mounts: readonly Mount[], path: string): Mount | undefined {
  let best: Mount | undefined;
  for (const mount of mounts) {
    const above = mount.point === '/' ? '/' : `${mount.point}/`;
    if (`${path}/`.startsWith(above) && mount.point.length >= (best?.point.length ?? 0)) best = mount;
  }
  return best;
}

// What changes how a program fares: not atime, sizes of tmpfs, SELinux labels or addresses.
const telling =
  /^(ro|noexec|nosuid|nodev|flock|localflock|noflock|nolock|local_lock=\w+|vers=[\d.]+|soft|sync|user_xattr|lazystatfs)$/;

/** `lustre at /lustre, flock` or `nfs4 at /home, nosuid vers=4.2`. */
function described(mount: Mount): string {
  const options = mount.options.filter((option) => telling.test(option));
  return `${mount.type} at ${mount.point}${options.length > 0 ? `, ${options.join(' ')}` : ''}`;
}

/** One row a place: `filesystem.home`. */
export function filesystemRows(places: NodeAnswer, mountinfo: NodeAnswer): readonly ProbeRow[] {
  const text = textOf(places);
  if (text === undefined) return [{ key: 'filesystem.root', fact: factFrom(places, () => undefined) }];
  const mounts = mountsIn(textOf(mountinfo) ?? '');
  return text.split('\n').flatMap((line): readonly ProbeRow[] => {
    const [name, path, tried] = line.split('\t');
    if (!name || !/^[a-z]+$/.test(name)) return [];
    const key = `filesystem.${name}`;
    if (!path) return tried ? [unknown(key, 'absent', `${tried} cannot be entered`, tried)] : [];
    const mount = mountOf(mounts, path);
    if (mount) return [known(key, described(mount), path)];
    return [{ key, fact: factFrom(mountinfo, () => undefined) }];
  });
}
