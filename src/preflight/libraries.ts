/** Libraries that do not come together: those that programs of the image miss, and those of the host that do not fit in. */
import { posix } from 'node:path';
import type { Image } from '../image/image.ts';
import type { InjectedLibrary, PreflightFinding, PreflightInput } from './finding.ts';
import { compareVersions } from './versions.ts';

const shown = 8;

/** The commands of the suite find their libraries: missing ones of other programs are told, and do not count. */
export function checkLibraries({ image, wish, injected }: PreflightInput): PreflightFinding {
  const brought = new Set((injected ?? []).flatMap(({ soname, placed }) => (placed ? [] : soname)));
  const { mpi } = image;
  const outcome = wish.ownLibraryPath ? 'cannot-tell' : 'will-fail';
  const lost = 'missing' in mpi ? mpi.missing?.find((name) => !brought.has(name)) : undefined;
  if (lost !== undefined && 'path' in mpi)
    return {
      check: 'libraries',
      outcome,
      message: `the MPI of the image, ${mpi.path}, needs ${lost}, which its loader does not find in the image`,
      evidence: mpi.missing?.map((name) => `${mpi.path} needs ${name}`) ?? [],
      hint: `put ${lost} into the image, or inject that of the host`,
    };
  const missing = image.needs.missing.filter(({ name }) => !brought.has(name));
  const wanted = (path: string): boolean =>
    (wish.commands ?? []).some((word) => (word.includes('/') ? word === path : word === posix.basename(path)));
  const hit = missing.find(({ program }) => wanted(program));
  const evidence = missing.slice(0, shown).map(({ name, program }) => `${program} needs ${name}`);
  if (hit)
    return {
      check: 'libraries',
      outcome,
      message: `${hit.program} needs ${hit.name}, which its loader does not find in the image`,
      evidence,
      hint: `put ${hit.name} into the image, or name its directory in LD_LIBRARY_PATH`,
    };
  const programs = new Set(missing.map(({ program }) => program)).size;
  return {
    check: 'libraries',
    outcome: 'ok',
    message:
      programs === 0
        ? 'every program of the image finds its libraries'
        : `${programs} programs of the image miss libraries, and none of them is asked for`,
    evidence,
    hint: '',
  };
}

/** What one injected library lacks. */
interface Lack {
  readonly message: string;
  readonly hint: string;
}

/**
 * Every library that comes from the host finds in the image, or among the others that come, the libraries it needs, each
 * with the symbol versions it needs. The loader checks the same when a program starts (glibc's dl-version.c), and ends it.
 */
export function checkInjected({ image, bare = image, injected }: PreflightInput): PreflightFinding {
  const libraries = injected ?? [];
  if (libraries.length === 0)
    return {
      check: 'injected',
      outcome: 'ok',
      message: 'no library of the host is put into the container',
      evidence: [],
      hint: '',
    };
  const evidence = libraries.flatMap((library) => needsOf(library)).slice(0, 4 * shown);
  const lacks = libraries.flatMap((library) => lacksOf(library, image, libraries));
  const [first] = lacks;
  if (first)
    return {
      check: 'injected',
      outcome: 'will-fail',
      message: lacks.length === 1 ? first.message : `${first.message}; and ${lacks.length - 1} more`,
      evidence: [...lacks.slice(1, shown).map(({ message }) => message), ...evidence],
      hint: first.hint,
    };
  const [replaced] = libraries.flatMap((library) => replacing(library, bare));
  if (replaced)
    return {
      check: 'injected',
      outcome: 'cannot-tell',
      message: replaced.message,
      evidence,
      hint: replaced.hint,
    };
  return {
    check: 'injected',
    outcome: 'ok',
    message: `the image has all that ${libraries.length} libraries of the host need`,
    evidence,
    hint: '',
  };
}

/** Symbol versions that a library of the image defines and the one that comes in its place does not. */
function replacing({ path, soname, versionsDefined }: InjectedLibrary, image: Image): readonly Lack[] {
  const own = image.libraries.find((other) => other.soname === soname && other.found);
  const gone = (own?.versions ?? []).filter((version) => !versionsDefined.includes(version)).sort(newestFirst);
  if (!own || gone[0] === undefined || versionsDefined.length === 0) return [];
  return [
    {
      message: `${path} takes the place of ${own.path} and defines no ${gone[0]}, which programs of the image may need`,
      hint: `inject a ${soname} that is not older than the image's`,
    },
  ];
}

function needsOf({ path, versionsNeeded }: InjectedLibrary): readonly string[] {
  const highest = Object.entries(versionsNeeded).flatMap(([soname, versions]) => {
    const [top] = [...versions].filter((version) => /_\d/.test(version)).sort(newestFirst);
    return top === undefined ? [] : [`${top} of ${soname}`];
  });
  return [highest.length > 0 ? `${path} needs ${highest.join(', ')}` : `${path} needs no symbol versions`];
}

function lacksOf(library: InjectedLibrary, image: Image, all: readonly InjectedLibrary[]): readonly Lack[] {
  if (library.architecture !== image.architecture)
    return [
      {
        message: `${library.path} is for ${library.architecture ?? 'another processor'}, and the image for ${image.architecture}`,
        hint: 'inject the library of the other architecture',
      },
    ];
  const has = (soname: string): readonly string[] | undefined => {
    const brought = all.find((other) => other.soname === soname);
    if (brought) return brought.versionsDefined;
    const own = image.libraries.find((other) => other.soname === soname && other.found);
    return own && (own.versions ?? []);
  };
  const absent = library.needed.filter(
    (name) => has(posix.basename(name)) === undefined && !library.found?.includes(name),
  );
  return [
    ...absent.map(
      (name): Lack => ({
        message: `${library.path} needs ${name}, which is neither in the image nor injected`,
        hint: name === 'libc.so.6' ? 'the image must have glibc' : `inject the host's ${name} too`,
      }),
    ),
    ...Object.entries(library.versionsNeeded).flatMap(([soname, versions]) => {
      const defined = has(soname);
      // A library that defines no versions at all takes every need (dl-version.c: only a warning), and one that is absent is told above.
      if (!defined || defined.length === 0) return [];
      const lacking = versions.filter((version) => !defined.includes(version)).sort(newestFirst);
      return lacking[0] === undefined ? [] : [lackOf(library, soname, lacking[0], defined)];
    }),
  ];
}

function lackOf(library: InjectedLibrary, soname: string, version: string, defined: readonly string[]): Lack {
  const family = version.split('_')[0] ?? '';
  const [newest] = defined.filter((one) => one.startsWith(`${family}_`) && /_\d/.test(one)).sort(newestFirst);
  const upTo = newest === undefined ? `no ${family} at all` : `${newest} at most`;
  return {
    message: `${library.path} needs ${version} of ${soname}, and the image has ${upTo}`,
    hint: `build the image on a distribution whose ${soname} has ${version}, or inject an older library`,
  };
}

function newestFirst(a: string, b: string): number {
  const number = (version: string): string => version.slice(version.indexOf('_') + 1);
  return compareVersions(number(b), number(a)) || (a < b ? -1 : 1);
}
