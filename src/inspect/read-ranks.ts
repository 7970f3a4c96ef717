/** The text in which a collector wrote down the ranks it saw, read back. */
import { type Digest, isDigest } from '../base/digest.ts';
import { type GroupLimits, limitsOf } from './cgroup-limits.ts';
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
  /** It had been let go when the process was looked at for the last time. */
  readonly released?: true;
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
  /** Processors it might use when looked at last, as a kernel list: `0-3,8`. */
  readonly processors?: string;
  readonly memoryNodes?: string;
  /** Lines of /proc/PID/cgroup, as cgroups(7) has them. */
  readonly cgroups: readonly string[];
  /** What its cgroups and those above limited when it was first looked at. */
  readonly limits: GroupLimits;
  readonly libraries: readonly MappedLibrary[];
  /** Devices and kinds of shared memory that it had mapped: `/dev/infiniband/uverbs0`, `/dev/shm/vader_segment`. */
  readonly opened: readonly string[];
  /**
   * Looks, a third of a second apart, since which neither its mappings nor its processors had changed; not there when the
   * sampling had no proper end. A process with few may have been about to load more: see `isSettled`.
   */
  readonly quiet?: number;
  /** What could not be read of it. */
  readonly unread: readonly string[];
}

/** Whether a process had loaded what it loads: for a second, nothing of it had changed. */
export function isSettled({ quiet }: Pick<SeenRank, 'quiet'>): boolean {
  return (quiet ?? 0) >= 3;
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
  const unread = fields.get('unread') ?? [];
  return {
    step,
    rank,
    node,
    pid,
    ...(uid !== undefined && { uid }),
    ...present(optional),
    cgroups: fields.get('cgroup') ?? [],
    limits: limitsIn(fields, unread),
    libraries: (fields.get('map') ?? []).flatMap(libraryOf),
    opened: [...new Set(fields.get('opened') ?? [])],
    unread,
  };
}

const limitFiles = {
  memory: ['memory.max', 'memory.limit_in_bytes'],
  time: ['cpu.max', 'cpu.cfs_quota_us', 'cpu.cfs_period_us'],
  processors: ['cpuset.cpus.effective', 'cpuset.effective_cpus'],
} as const;

/**
 * Limits of a record: unknown where a file on the way could not be read, since it may hold the least; none where every file
 * was looked for and none was there.
 */
function limitsIn(fields: ReadonlyMap<string, readonly string[]>, unread: readonly string[]): GroupLimits {
  const lines = (fields.get('limit') ?? []).flatMap((line) => {
    const [path, value] = line.split('\t');
    return path !== undefined && value !== undefined ? [{ path, value }] : [];
  });
  const looked = (fields.get('limits-of') ?? []).flatMap((line) => line.split(' '));
  const readable = (files: readonly string[]) => !unread.some((what) => files.some((file) => what.includes(file)));
  const none = (files: readonly string[]) =>
    files.some((file) => looked.includes(file)) &&
    !lines.some(({ path }) => files.some((file) => path.endsWith(`/${file}`)));
  const { memory, time, processors } = limitsOf(lines);
  return {
    ...(readable(limitFiles.memory) && given('memory', memory ?? (none(limitFiles.memory) ? 'none' : undefined))),
    ...(readable(limitFiles.time) && given('time', time ?? (none(limitFiles.time) ? 'none' : undefined))),
    ...(readable(limitFiles.processors) && given('processors', processors)),
  };
}

/** A member that is there when it has a value. */
function given<K extends string, T>(key: K, value: T | undefined): { readonly [key in K]?: T } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [key in K]?: T };
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
    opened: [...new Set([...before.opened, ...later.opened])],
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
  const looks = looksOf([...frames.good.values()].filter(isLooks));
  for (const frame of frames.good.values()) {
    if (frame.id === 'libraries' || isLooks(frame)) continue;
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
  const ranks = [...seen].map(([key, rank]): SeenRank => {
    const look = looks.get(key);
    return {
      ...rank,
      libraries: rank.libraries.map((one) => ({
        ...one,
        ...origins.get(`${one.inode} ${one.path}`),
        ...(look?.released.has(`${one.device} ${one.inode} ${one.path}`) && { released: true as const }),
      })),
      ...(look && { quiet: look.quiet }),
      ...(look?.processors !== undefined && { processors: look.processors }),
    };
  });
  ranks.sort(order);
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

/** What the last looks at a process came to, by step, rank and process. */
interface Look {
  readonly quiet: number;
  readonly processors?: string;
  /** Device, inode and path of what it had let go. */
  readonly released: ReadonlySet<string>;
}

function isLooks({ id }: Frame): boolean {
  return id.startsWith('looks.');
}

function looksOf(frames: readonly Frame[]): ReadonlyMap<string, Look> {
  const looks = new Map<string, Look>();
  let released = new Set<string>();
  for (const line of frames.flatMap(({ bytes }) => Buffer.from(bytes).toString('utf8').split('\n'))) {
    const [, process, quiet, processors] = /^looked (\S+ \d+ \d+) (\d+) ?(\S*)$/.exec(line) ?? [];
    if (process !== undefined) {
      released = new Set();
      looks.set(process, { quiet: Number(quiet), released, ...(processors && { processors }) });
    } else if (line.startsWith('map ')) released.add(line.slice('map '.length));
  }
  return looks;
}
