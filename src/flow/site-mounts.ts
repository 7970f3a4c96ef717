/** The mounts of a site as the host that plans sees them: what their sources are, and what they cover in an image. */
import { posix } from 'node:path';
import type { Digest } from '../base/digest.ts';
import { messageOf } from '../base/error.ts';
import type { TreePreparation } from '../launch/launch.ts';
import type { InjectedLibrary, PlannedMount } from '../preflight/finding.ts';
import { type HostMount, liesIn } from '../site/mounts.ts';
import { type Files, hasCode } from '../system/files.ts';
import type { System } from '../system/system.ts';
import { librariesAt } from './injected-libraries.ts';

/** A mount, and what its source is here. */
export interface SeenMount extends HostMount {
  readonly is?: 'file' | 'folder';
  /** What could not be looked at, and why. */
  readonly untold?: string;
  /** Of a file. */
  readonly digest?: Digest;
  /** The libraries that it puts into the container: the file itself, or those directly in the folder. */
  readonly libraries: readonly InjectedLibrary[];
}

/** Largest file whose digest is taken, in bytes: no library is that large. */
const largest = 4 * 1024 ** 3;

/** Looks at the source of every mount. What this host does not have or does not let anyone see is told, never an error. */
export function seeMounts(system: System, mounts: readonly HostMount[]): Promise<readonly SeenMount[]> {
  return Promise.all(mounts.map((mount) => seeMount(system, mount)));
}

async function seeMount(system: System, mount: HostMount): Promise<SeenMount> {
  const { files, environment } = system;
  let is: SeenMount['is'];
  try {
    const real = await files.realPath(mount.source);
    const stat = await files.stat(real);
    is = stat?.isDirectory() ? 'folder' : stat?.isFile() ? 'file' : undefined;
    if (is === undefined) return { ...mount, untold: `${mount.source} is neither a file nor a folder`, libraries: [] };
    const digest = is === 'file' && (stat?.size ?? 0) <= largest ? await files.digest(real) : undefined;
    const found = await librariesAt(system, real);
    return {
      ...mount,
      is,
      ...(digest && { digest }),
      ...('excess' in found && { untold: `${mount.source} ${found.excess}` }),
      libraries: 'libraries' in found ? found.libraries : [],
    };
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'ELOOP', 'EIO', 'ESTALE', 'EFTYPE')) throw error;
    const gone = hasCode(error, 'ENOENT', 'ENOTDIR');
    const untold = gone
      ? `${mount.source} is not on ${environment.host}; the nodes may have it`
      : `${mount.source} cannot be read on ${environment.host}: ${messageOf(error)}`;
    return { ...mount, ...(is && { is }), untold, libraries: [] };
  }
}

/** What the runtime wants in the unpacked image, and the targets of mounts whose sources are known. */
export function preparationWith(base: TreePreparation, mounts: readonly SeenMount[]): TreePreparation {
  // What lies in another mount is seen there, and not in the image.
  const own = mounts.filter((mount) => !mounts.some((other) => other !== mount && liesIn(mount.target, other.target)));
  const targets = (kind: SeenMount['is']) => own.flatMap(({ is, target }) => (is === kind ? [target.slice(1)] : []));
  return {
    directories: [...base.directories, ...targets('folder')],
    files: [...base.files, ...targets('file')],
  };
}

/** The mounts as preflight wants them: with what there is at their targets before they are made. */
export function plannedMounts(
  system: System,
  root: string,
  mounts: readonly SeenMount[],
): Promise<readonly PlannedMount[]> {
  return Promise.all(
    mounts.map(async (mount): Promise<PlannedMount> => {
      const { source, target, is, untold } = mount;
      // Sorted by target, the innermost of those that it lies in is the last.
      const outer = mounts.filter((other) => other !== mount && liesIn(target, other.target)).at(-1);
      const [place, path] = outer ? [outer.source, posix.relative(outer.target, target)] : [root, target.slice(1)];
      const there = await lookBelow(system.files, place, path);
      return { source, target, ...(is && { is }), ...(untold !== undefined && { untold }), there };
    }),
  );
}

/** The libraries that mounts put into the container, each once, beside others that are known to come. */
export function mountedLibraries(
  mounted: readonly InjectedLibrary[],
  others: readonly InjectedLibrary[] = [],
): readonly InjectedLibrary[] {
  const all = [...others, ...mounted];
  return [...new Map(all.map((library) => [library.path, library])).values()];
}

/** As the kernel (path_resolution(7)): a path with more links is a loop. */
const mostLinks = 40;

/**
 * What a path is below a folder. Links that stay in it are followed, as runtimes do; one that starts at `/` or climbs out is
 * theirs to refuse, and is never followed here: it leads out of the image.
 */
async function lookBelow(files: Files, folder: string, path: string): Promise<PlannedMount['there']> {
  let pending = path.split('/').reverse();
  let here: readonly string[] = [];
  let links = 0;
  let last = { link: '', to: '' };
  try {
    for (let step = pending.pop(); step !== undefined; step = pending.pop()) {
      if (step === '' || step === '.') continue;
      if (step === '..') {
        if (here.length === 0) return last;
        here = here.slice(0, -1);
        continue;
      }
      const at = posix.join(folder, ...here, step);
      const stat = await files.stat(at);
      if (!stat) return 'absent';
      if (!stat.isSymbolicLink()) {
        here = [...here, step];
        continue;
      }
      const to = await files.readLink(at);
      last = { link: `/${[...here, step].join('/')}`, to };
      if (to.startsWith('/')) return last;
      links += 1;
      if (links > mostLinks) return 'absent';
      pending = [...pending, ...to.split('/').reverse()];
    }
    const stat = await files.stat(posix.join(folder, ...here));
    return stat?.isDirectory() ? 'folder' : stat ? 'file' : 'absent';
  } catch (error) {
    if (hasCode(error, 'ENOTDIR', 'ENOENT', 'EACCES', 'EPERM')) return 'absent';
    throw error;
  }
}
