/** The programs that are asked for: whether they are there, may be executed, and are what the kernel starts. */
import { posix } from 'node:path';
import type { LaunchWish, PlannedMount, PreflightFinding, PreflightInput, StartedProgram } from './finding.ts';

/** The suite's own programs as they were found; undefined where nobody looked. */
export function ownPrograms({ started, program }: LaunchWish): readonly StartedProgram[] | undefined {
  return program === 'image' ? undefined : started?.filter(({ origin }) => origin === 'suite');
}

/** A program that the suite brings is linked with glibc; true as well where that is not known. */
export function needsGlibc(wish: LaunchWish): boolean {
  const own = ownPrograms(wish);
  if (!own) return true;
  return own.some(({ absent, program: { elf } }) => {
    if (absent) return true;
    return elf?.interpreter !== undefined && !/\/ld-musl-/.test(elf.interpreter);
  });
}

/** What the suite brings is linked with an MPI that the image has to have; true as well where nobody looked. */
export function needsMpi(wish: LaunchWish, brought: ReadonlySet<string> = new Set()): boolean {
  const own = ownPrograms(wish);
  if (!own) return true;
  return own.some(({ absent, namesMpi, program: { elf } }) =>
    absent ? namesMpi : (elf?.needed ?? []).some((name) => /mpi/i.test(name) && !brought.has(name)),
  );
}

/**
 * The ranks surely speak no MPI, however they are started: the suite's own ELF files are linked with none. A script may
 * start a program of the image, so it only counts as such where the image has no MPI.
 */
export function speaksNoMpi({ wish, image }: PreflightInput): boolean {
  const own = ownPrograms(wish);
  if (!own || own.length === 0 || own.length !== wish.started?.length || needsMpi(wish)) return false;
  return own.every(({ absent, speaksMpi, program: { elf, doubt, trouble, files } }) => {
    if (absent || speaksMpi || doubt !== undefined || trouble !== undefined) return false;
    if (elf) return elf.needed.every((name) => !/pmi/i.test(name));
    return files.length > 0 && 'unknown' in image.mpi;
  });
}

/** Looks at those that are known; an image must hold a program at all, unless the suite brings its own. */
export function checkProgram({ image, wish, mounts }: PreflightInput): PreflightFinding {
  const started = wish.started ?? [];
  const unread = image.gaps.some((gap) => /^not listed|were not looked at/.test(gap));
  const own = wish.program === 'image' || started.some(({ origin }) => origin === 'image');
  if (own && image.needs.programs.length === 0) {
    const doubtful = unread || (mounts ?? []).length > 0;
    return {
      check: 'program',
      outcome: doubtful ? 'cannot-tell' : 'will-fail',
      message: 'the image holds no program that could be started',
      evidence: image.gaps.slice(0, 8),
      hint: 'look whether the image was built and pushed whole',
    };
  }
  const { noLoader } = image.needs;
  if (wish.program === 'image' && started.length === 0 && noLoader) {
    // A static program might be meant, but not where ranks of the image's MPI are.
    const sure = 'abi' in image.mpi && !(mounts ?? []).some(({ target }) => meet(target, noLoader.path));
    return {
      check: 'program',
      outcome: sure ? 'will-fail' : 'cannot-tell',
      message: `programs of the image are started by ${noLoader.path}, which it does not have`,
      evidence: [`${noLoader.program} names it, and no program that is not static has another that is there`],
      hint: 'put the C library into the image whole, its loader too',
    };
  }
  const evidence = started
    .flatMap(({ program }) => program.files.map((path) => `${program.word} is ${path}`))
    .slice(0, 8);
  const bad = started.map((one) => judge(one, mounts ?? [])).sort((a, b) => a.rank - b.rank)[0];
  if (bad && bad.rank < 2)
    return {
      check: 'program',
      outcome: bad.rank === 0 ? 'will-fail' : 'cannot-tell',
      message: bad.message,
      evidence,
      hint: 'name a program that is in the image, or put it there',
    };
  return {
    check: 'program',
    outcome: 'ok',
    message: started.length === 0 ? 'no program is asked for by name' : 'every program asked for can be started',
    evidence,
    hint: '',
  };
}

function judge(
  { program, ownPath }: StartedProgram,
  mounts: readonly PlannedMount[],
): { rank: number; message: string } {
  const { trouble, doubt, places, word } = program;
  if (trouble === undefined) return { rank: doubt === undefined ? 2 : 1, message: doubt ?? '' };
  const mounted = mounts.find(({ target }) => places.some((place) => meet(target, place)));
  if (mounted) return { rank: 1, message: `${trouble}; what is mounted at ${mounted.target} may change that` };
  if (ownPath && !word.includes('/')) return { rank: 1, message: `${trouble}; a case or the site sets PATH` };
  return { rank: 0, message: trouble };
}

/** A mount at `target`, or below or above it, where `/lib` may be a link to `/usr/lib`. */
function meet(target: string, place: string): boolean {
  const [a, b] = [target, place].map((path) => `${posix.normalize(path).replace(/^\/usr(?=\/)/, '')}/`);
  return a !== undefined && b !== undefined && (a.startsWith(b) || b.startsWith(a));
}
