/** Whether the mounts that the site declares can be made in this image. */
import { posix } from 'node:path';
import { liesIn } from '../site/mounts.ts';
import type { Forecast, PlannedMount, PreflightFinding, PreflightInput } from './finding.ts';

/** What is to be said of one mount; nothing when it can be made. */
interface Doubt {
  readonly outcome: Forecast;
  readonly message: string;
  readonly hint: string;
}

/**
 * Each source is of the kind of its target, and the target is there. What this host does not have is no fault: compute
 * nodes may have it.
 */
export function checkMounts(input: PreflightInput): PreflightFinding {
  const { mounts = [] } = input;
  if (mounts.length === 0)
    return { check: 'mounts', outcome: 'ok', message: 'the site mounts nothing of the host', evidence: [], hint: '' };
  const evidence = mounts.map(
    ({ source, target, is, there }) =>
      `${target} shows ${source}: ${is ?? 'not known'} here, ${typeof there === 'string' ? there : 'link'} in the image`,
  );
  const doubts = [...mounts.flatMap((mount) => doubtOf(mount, mounts) ?? []), ...hidden(input)];
  const first = doubts.find(({ outcome }) => outcome === 'will-fail') ?? doubts[0];
  if (!first)
    return {
      check: 'mounts',
      outcome: 'ok',
      message:
        mounts.length === 1
          ? 'the mount of the site can be made'
          : `the ${mounts.length} mounts of the site can be made`,
      evidence,
      hint: '',
    };
  const others = doubts.filter((doubt) => doubt !== first).map(({ message }) => message);
  const { outcome, message, hint } = first;
  const more = others.length === 0 ? '' : `; and ${others.length} more`;
  return { check: 'mounts', outcome, message: `${message}${more}`, evidence: [...others, ...evidence], hint };
}

/**
 * What programs of the image find without the mounts, and do not find under them. Of the libraries that the mounts show only
 * those seen here are known, which is told as it is for the rest of a mount.
 */
function hidden({ image, bare, wish, environment }: PreflightInput): readonly Doubt[] {
  if (!bare) return [];
  const hint = 'mount the libraries themselves, or at a folder that the image does not use';
  const outcome = wish.ownLibraryPath ? 'cannot-tell' : 'will-fail';
  const before = new Set(bare.needs.missing.map(({ name, program }) => `${program} ${name}`));
  const lost = image.needs.missing.filter(({ name, program }) => !before.has(`${program} ${name}`));
  if ('family' in bare.libc && 'unknown' in image.libc)
    return [{ outcome, message: `the mounts hide the C library of the image: ${image.libc.unknown}`, hint }];
  const asked = lost.find(({ program }) =>
    (wish.commands ?? []).some((word) => word === program || word === posix.basename(program)),
  );
  if (asked) return [{ outcome, message: `the mounts hide ${asked.name}, which ${asked.program} needs`, hint }];
  if ('unknown' in image.mpi && 'unknown' in bare.mpi) return [];
  if ('path' in image.mpi) {
    if ('path' in bare.mpi && bare.mpi.abi !== image.mpi.abi && wish.program !== 'image')
      return [
        {
          outcome: 'cannot-tell',
          message: `the mounts put ${image.mpi.abi} in place of ${bare.mpi.abi} of the image, for which the suite's program is chosen`,
          hint: 'mount an MPI of the same ABI',
        },
      ];
    // A program from outside is told where the MPI of the image itself lies, and no more.
    const told = 'path' in bare.mpi ? bare.mpi.libraryPath : [];
    const known = new Set([...told, ...(environment?.LD_LIBRARY_PATH ?? '').split(':')]);
    const { path, libraryPath } = image.mpi;
    const far = libraryPath.find((directory) => !known.has(directory));
    if (far === undefined || (wish.program === 'image' && 'path' in bare.mpi)) return [];
    return [
      {
        outcome: 'cannot-tell',
        message: `the mounts bring the MPI ${path}, which is found only with ${far} in LD_LIBRARY_PATH`,
        hint: 'set LD_LIBRARY_PATH in the site file under environment',
      },
    ];
  }
  if ('path' in bare.mpi)
    return [
      {
        // A command of the image may be one that needs no MPI.
        outcome: wish.program === 'image' && (wish.commands ?? []).length > 0 ? 'cannot-tell' : outcome,
        message: `the mounts hide the MPI of the image, ${bare.mpi.path}: ${image.mpi.unknown}`,
        hint,
      },
    ];
  return [];
}

function doubtOf(mount: PlannedMount, all: readonly PlannedMount[]): Doubt | undefined {
  const { source, target, is, untold, there } = mount;
  if (typeof there === 'object')
    return {
      outcome: 'will-fail',
      message: `${target} is reached in the image by the link ${there.link}, which leads to ${there.to}: the runtime would look for that on the host`,
      hint: `name the path behind the link as the target`,
    };
  if (is === undefined || untold !== undefined)
    return {
      outcome: 'cannot-tell',
      message: `what is mounted at ${target} cannot be told: ${untold ?? 'it was not looked at'}`,
      hint:
        is === undefined && there === 'absent'
          ? `see that the nodes have ${source}, and put ${target} into the image: it is made only where the source is seen`
          : `see that the nodes have ${source}, or plan on a host that has it`,
    };
  const outer = all.find((other) => other !== mount && liesIn(target, other.target));
  if (there === 'absent' && outer?.is === undefined && outer)
    return {
      outcome: 'cannot-tell',
      message: `${target} lies in the mount at ${outer.target}, and whether ${outer.source} has it is not known`,
      hint: `see that the nodes have ${posix.join(outer.source, posix.relative(outer.target, target))}`,
    };
  if (there === 'absent')
    return {
      outcome: 'will-fail',
      message: outer
        ? `${target} lies in the mount at ${outer.target}, and ${outer.source} has no such path`
        : `the image has no ${target}`,
      hint: outer ? `mount at a path that ${outer.source} has` : 'put it into the image, or mount elsewhere',
    };
  if (there !== is)
    return {
      outcome: 'will-fail',
      message: `${source} is a ${is}, and ${target} is a ${there}${outer ? '' : ' in the image'}: one cannot be mounted over the other`,
      hint:
        is === 'file'
          ? `name the file itself as the target, such as ${posix.join(target, posix.basename(source))}`
          : 'name a folder as the target',
    };
  return undefined;
}
