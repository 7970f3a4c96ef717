/** The text in which a collector wrote down the ranks it saw, read back. */
import { type Digest, isDigest } from '../base/digest.ts';
import { type Frame, readFrames } from './frames.ts';

/**
 * A library mapped by a rank: device and inode as in /proc/PID/maps, path as the rank sees it. `origin` and `digest` are
 * there when the node found the same file in the image's tree or among its own.
 */
export interface MappedLibrary {
  readonly path: string;
  readonly device: string;
  readonly inode: string;
  readonly origin?: 'image' | 'host';
  readonly digest?: Digest;
}

/** One process of a step, as seen from outside while it ran. A rank may be several: a wrapper and what it started. */
export interface SeenRank {
  /** Slurm's step number within the job, such as `0`. */
  readonly step: string;
  /** SLURM_PROCID: the rank's number in the step. */
  readonly rank: number;
  readonly node: string;
  /** ASSAY_CASE of its environment. */
  readonly case?: string;
  readonly pid: number;
  /** Real user id outside of any user namespace. */
  readonly uid?: number;
  /** Namespaces as `user:[4026531837]`; `host…` are those of the collector beside it. */
  readonly userNamespace?: string;
  readonly hostUserNamespace?: string;
  readonly mountNamespace?: string;
  readonly hostMountNamespace?: string;
  readonly executable?: string;
  /** Processors it may use, as a kernel list: `0-3,8`. */
  readonly processors?: string;
  readonly memoryNodes?: string;
  readonly cgroups: readonly string[];
  readonly libraries: readonly MappedLibrary[];
  /** What could not be read of it. */
  readonly unread: readonly string[];
}

/** All ranks seen on one node. */
export interface SeenRanks {
  readonly node: string;
  readonly ranks: readonly SeenRank[];
  /** How the sampling ended: `stop` as asked, `signal`, `limit`, or `cut`: the text has no proper end. */
  readonly ended: 'stop' | 'signal' | 'limit' | 'cut';
  /** What cannot be believed or is missing, in words; empty when all is well. */
  readonly problems: readonly string[];
}

/** Lines of one record, `word rest`, by word. */
function fieldsOf(frame: Frame): ReadonlyMap<string, readonly string[]> {
  const fields = new Map<string, string[]>();
  for (const line of Buffer.from(frame.bytes).toString('utf8').split('\n')) {
    const match = /^([A-Za-z_-]+):?[ \t](.*)$/.exec(line);
    if (match?.[1] !== undefined) fields.set(match[1], [...(fields.get(match[1]) ?? []), match[2] ?? '']);
  }
  return fields;
}

/** The record of one frame; undefined when it names no rank. */
function recordOf(frame: Frame): SeenRank | undefined {
  const fields = fieldsOf(frame);
  const one = (name: string): string | undefined => fields.get(name)?.[0]?.trim() || undefined;
  const whole = (name: string): number | undefined => {
    const word = /^\d+/.exec(one(name) ?? '')?.[0];
    return word === undefined ? undefined : Number(word);
  };
  const [step, rank, pid, node] = [one('step'), whole('rank'), whole('pid'), one('node')];
  if (step === undefined || rank === undefined || pid === undefined || node === undefined) return undefined;
  const uid = whole('Uid');
  const optional = {
    case: one('case'),
    userNamespace: one('user-namespace'),
    hostUserNamespace: one('own-user-namespace'),
    mountNamespace: one('mount-namespace'),
    hostMountNamespace: one('own-mount-namespace'),
    executable: one('exe'),
    processors: one('Cpus_allowed_list'),
    memoryNodes: one('Mems_allowed_list'),
  };
  return {
    step,
    rank,
    node,
    pid,
    ...(uid !== undefined && { uid }),
    ...present(optional),
    cgroups: fields.get('cgroup') ?? [],
    libraries: (fields.get('map') ?? []).flatMap(libraryOf),
    unread: fields.get('unread') ?? [],
  };
}

/** The members that have a value. */
function present<K extends string>(members: Readonly<Record<K, string | undefined>>): { readonly [key in K]?: string } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    readonly [key in K]?: string;
  };
}

function libraryOf(line: string): readonly MappedLibrary[] {
  const match = /^(\S+) (\S+) (\/.*)$/.exec(line);
  if (!match?.[1] || !match[2] || !match[3]) return [];
  return [{ device: match[1], inode: match[2], path: match[3] }];
}

/** Later records of a process hold what is new: its libraries add up, its program is the last one seen. */
function merged(before: SeenRank, later: SeenRank): SeenRank {
  const known = new Set(before.libraries.map((library) => `${library.device} ${library.inode} ${library.path}`));
  const fresh = later.libraries.filter((l) => !known.has(`${l.device} ${l.inode} ${l.path}`));
  return {
    ...before,
    ...(later.executable !== undefined && { executable: later.executable }),
    libraries: [...before.libraries, ...fresh],
    unread: [...new Set([...before.unread, ...later.unread])],
  };
}

const endings = ['stop', 'signal', 'limit'] as const;

/** Ranks in a collector's text, in the order of step, rank, process. Never throws. */
export function readRanks(text: string, nonce: string, node: string): SeenRanks {
  const frames = readFrames(text, nonce);
  const ended = endings.find((each) => each === frames.ended) ?? 'cut';
  const problems: string[] = [];
  if (frames.node === undefined)
    return { node, ranks: [], ended: 'cut', problems: ['nothing with the mark of this run'] };
  if (frames.node !== node)
    return { node, ranks: [], ended: 'cut', problems: [`the text is of node ${frames.node}, not of ${node}`] };
  if (ended === 'cut') problems.push('the text ends before the sampling did');
  for (const [id, why] of frames.bad) problems.push(`${id}: ${why}`);
  const there = frames.good.size + frames.bad.size;
  if (frames.count !== undefined && frames.count !== there)
    problems.push(`${frames.count} records were written and ${there} are there`);
  const seen = new Map<string, SeenRank>();
  const origins = originsOf(frames.good.get('libraries'));
  for (const frame of frames.good.values()) {
    if (frame.id === 'libraries') continue;
    const record = recordOf(frame);
    if (!record) {
      problems.push(`${frame.id}: it names no rank`);
      continue;
    }
    const key = `${record.step} ${record.rank} ${record.pid}`;
    const before = seen.get(key);
    seen.set(key, before ? merged(before, record) : record);
  }
  const order = (a: SeenRank, b: SeenRank): number =>
    a.step === b.step ? a.rank - b.rank || a.pid - b.pid : a.step < b.step ? -1 : 1;
  const ranks = [...seen.values()].sort(order).map((rank): SeenRank => {
    return {
      ...rank,
      libraries: rank.libraries.map((one) => ({ ...one, ...origins.get(`${one.inode} ${one.path}`) })),
    };
  });
  return { node, ranks, ended, problems };
}

/** Origin and digest of libraries by inode and path. */
function originsOf(frame: Frame | undefined): ReadonlyMap<string, Pick<MappedLibrary, 'origin' | 'digest'>> {
  const found = new Map<string, Pick<MappedLibrary, 'origin' | 'digest'>>();
  for (const line of Buffer.from(frame?.bytes ?? [])
    .toString('utf8')
    .split('\n')) {
    const [, inode, origin, digest, path] = /^library (\d+) (image|host) (\S+) (\/.*)$/.exec(line) ?? [];
    if (isDigest(digest)) found.set(`${inode} ${path}`, { origin: origin === 'image' ? 'image' : 'host', digest });
  }
  return found;
}
