/** Libraries that do not come together: those that programs of the image miss, and those of the host that do not fit in. */
import { posix } from 'node:path';
import type { Image } from '../image/image.ts';
import type { InjectedLibrary, PreflightFinding, PreflightInput, StartedProgram } from './finding.ts';
import { speaksNoMpi } from './program.ts';
import { compareVersions } from './versions.ts';

const shown = 8;

/** The commands of the suite find their libraries: missing ones of other programs are told, and do not count. */
export function checkLibraries(input: PreflightInput): PreflightFinding {
  const { image, wish, injected, mounts } = input;
  const brought = new Set((injected ?? []).flatMap(({ soname, placed }) => (placed ? [] : soname)));
  const { mpi } = image;
  const unseen = (mounts ?? []).some(({ untold }) => untold !== undefined);
  const outcome = wish.ownLibraryPath || unseen ? 'cannot-tell' : 'will-fail';
  const lost = 'missing' in mpi && !speaksNoMpi(input) ? mpi.missing?.find((name) => !brought.has(name)) : undefined;
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
  const files = wish.started?.flatMap(({ program }) => program.files);
  const hit = missing.find(({ program }) => (files ? files.includes(program) : wanted(program)));
  const evidence = [
    ...missing.slice(0, shown).map(({ name, program }) => `${program} needs ${name}`),
    ...(image.needs.unmet ?? [])
      .slice(0, shown)
      .map(({ program, file, version, library }) => `${program} loads ${file}: ${version} is not in ${library}`),
  ];
  if (hit)
    return {
      check: 'libraries',
      outcome,
      message: `${hit.program} needs ${hit.name}, which its loader does not find in the image`,
      evidence,
      hint: `put ${hit.name} into the image, or name its directory in LD_LIBRARY_PATH`,
    };
  const unmet = image.needs.unmet?.find(
    ({ program, library }) =>
      files?.includes(program) && !image.libraries.some(({ path, soname }) => path === library && brought.has(soname)),
  );
  if (unmet)
    return {
      check: 'libraries',
      outcome,
      message: `${unmet.file} needs ${unmet.version}, which ${unmet.library} of the image does not define`,
      evidence: [`${unmet.program} is asked for, and loads both`],
      hint: 'build it in the image that it runs in, or on an older distribution',
    };
  const own = (wish.started ?? []).flatMap((one) => ownLacks(one, image, brought))[0];
  if (own)
    return {
      check: 'libraries',
      outcome: own.sure ? outcome : 'cannot-tell',
      message: own.message,
      evidence,
      hint: own.hint,
    };
  const programs = new Set([...missing, ...(image.needs.unmet ?? [])].map(({ program }) => program)).size;
  return {
    check: 'libraries',
    outcome: 'ok',
    message:
      programs === 0
        ? 'every program of the image finds its libraries'
        : `${programs} programs of the image miss libraries or symbol versions, and none of them is asked for`,
    evidence,
    hint: '',
  };
}

/** What the image lacks of what a suite's program needs. */
function ownLacks(
  { origin, program, needed, versionsNeeded }: StartedProgram,
  image: Image,
  brought: ReadonlySet<string>,
): readonly (Lack & { readonly sure: boolean })[] {
  if (origin !== 'suite' || !program.elf) return [];
  const musl = /\/ld-musl-/.test(program.elf.interpreter ?? '');
  const sure = program.elf.rpath.length === 0 && program.elf.runpath.length === 0;
  const { mpi } = image;
  const abi = 'abi' in mpi ? mpi.abi : undefined;
  const elsewhere = 'libraryPath' in mpi && mpi.libraryPath.length > 0;
  const lacks = (name: string): boolean =>
    name !== abi &&
    !brought.has(name) &&
    // musl's loader is its own C library, under all its names.
    !(musl && /^lib(?:c|pthread|rt|m|dl|util|xnet)\./.test(name)) &&
    !image.libraries.some(({ soname, found }) => soname === name && (found || elsewhere));
  const absent = (needed ?? []).filter(lacks).map((name) => ({
    message: `${program.word} needs ${name}, which its loader does not find in the image`,
    hint: `put ${name} into the image, or link the program without it`,
    sure,
  }));
  const versions = Object.entries(musl ? {} : (versionsNeeded ?? {})).flatMap(([soname, wanted]) => {
    const library = image.libraries.find((one) => one.soname === soname && one.found);
    const defined = library?.versions ?? [];
    const version = wanted.filter((one) => !defined.includes(one)).sort(newestFirst)[0];
    if (!library || defined.length === 0 || version === undefined || brought.has(soname)) return [];
    return [
      {
        message: `${program.word} needs ${version}, which ${library.path} of the image does not define`,
        hint: `build it on a distribution with an older ${soname}`,
        sure: sure && (!elsewhere || image.libraries.every((one) => one.soname !== soname || one === library)),
      },
    ];
  });
  return [...absent, ...versions];
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
