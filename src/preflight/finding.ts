/** What preflight looks at, and what it finds. */
import type { AskedProgram } from '../image/asked-program.ts';
import type { Image } from '../image/image.ts';
import type { Facts } from '../inspect/facts.ts';
import type { Partition } from '../site/site.ts';

/** What is expected: `ok`, `will-fail`, or nothing certain. */
export type Forecast = 'ok' | 'will-fail' | 'cannot-tell';

/** What ranks will do: all in one communicator, an end with an error, each alone with status 0, or nothing certain. */
export type Start = 'starts' | 'aborts' | 'singletons' | 'unknown';

/** The things looked at, in the order in which they are told. */
export type PreflightCheck =
  | 'architecture'
  | 'os'
  | 'level'
  | 'kernel'
  | 'libc'
  | 'abi'
  | 'program'
  | 'libraries'
  | 'injected'
  | 'mounts'
  | 'pmi'
  | 'gpu'
  | 'fabric'
  | 'files'
  | 'environment';

/** One thing looked at. */
export interface PreflightFinding {
  readonly check: PreflightCheck;
  readonly outcome: Forecast;
  /** One sentence for people. */
  readonly message: string;
  /** What the outcome rests on. */
  readonly evidence: readonly string[];
  /** What to do next; empty when there is nothing to do. */
  readonly hint: string;
}

/** How a case is to be started. */
export interface LaunchWish {
  /** Kind of the launcher: `srun`, `mpirun`, `plain` … */
  readonly launcher: string;
  readonly ranks: number;
  /** The `--mpi` value that the user insists on. */
  readonly mpi?: string;
  /** `image`: a program of the image. Else the ABIs for which a suite brings a program of its own, as `libmpi.so.40`. */
  readonly program: 'image' | { readonly builds: readonly string[] };
  /** First words of the commands of the image that are to be run, as the suite names them. */
  readonly commands?: readonly string[];
  /** Those programs and that of the suite as they were found; left out where nobody looked. */
  readonly started?: readonly StartedProgram[];
  /** A case or the site sets LD_LIBRARY_PATH: what the image's own does not find may be found by that. */
  readonly ownLibraryPath?: boolean;
}

/** A program that a case starts, as it was found. */
export interface StartedProgram {
  /** Whose file it is. */
  readonly origin: 'image' | 'suite';
  readonly program: AskedProgram;
  /** The PATH that it is looked for by, and whether a case or the site sets that. */
  readonly path: string;
  readonly ownPath: boolean;
  /** Its name depends on the MPI of the image. */
  readonly namesMpi: boolean;
  /** The suite has no such file. */
  readonly absent?: true;
  /** Of a suite's program: libraries (DT_NEEDED) and, by library, symbol versions that the image must have for it. */
  readonly needed?: readonly string[];
  readonly versionsNeeded?: Readonly<Record<string, readonly string[]>>;
  /** Of a program without libraries: an MPI seems to be linked into it. */
  readonly speaksMpi?: true;
}

/** A library of the host that will be put into the container. */
export interface InjectedLibrary {
  /** Its path on the host. */
  readonly path: string;
  /** DT_SONAME, or the name of its file. */
  readonly soname: string;
  /** GOARCH word, or undefined for a machine that no image is made for. */
  readonly architecture?: string;
  readonly needed: readonly string[];
  /** Symbol versions it needs, by the library that has to define them, and those it defines. */
  readonly versionsNeeded: Readonly<Record<string, readonly string[]>>;
  readonly versionsDefined: readonly string[];
  /** DT_RPATH and DT_RUNPATH as written; left out when there is none. */
  readonly rpath?: readonly string[];
  readonly runpath?: readonly string[];
  /** Of `needed`: what those find in the container, where its place there is known. */
  readonly found?: readonly string[];
  /** It comes by a mount that the image was looked at with: what finds it there is known, and what does not too. */
  readonly placed?: true;
}

/** A mount that the site declares, as the host that plans sees it. */
export interface PlannedMount {
  readonly source: string;
  readonly target: string;
  /** What the source is; left out where it could not be looked at. */
  readonly is?: 'file' | 'folder';
  /** What could not be looked at of it, and why. */
  readonly untold?: string;
  /**
   * What is at the target before: in the image, or in the mount that the target lies in. A link on the way that
   * starts at `/` or climbs out is told with where it leads: that is a path of the host to a runtime.
   */
  readonly there: 'file' | 'folder' | 'absent' | { readonly link: string; readonly to: string };
}

/** All that preflight looks at. */
export interface PreflightInput {
  /** As its containers see it: with what the site mounts over it. */
  readonly image: Image;
  /** The image without those mounts; left out when there are none. */
  readonly bare?: Image;
  /** Facts of nodes of the partition; empty when none are known yet. */
  readonly facts: readonly Facts[];
  readonly partition: Partition;
  readonly wish: LaunchWish;
  /** Libraries of the host that will be injected; none unless said. */
  readonly injected?: readonly InjectedLibrary[];
  /** Mounts that the site declares; none unless said. */
  readonly mounts?: readonly PlannedMount[];
  /** Variables that the site sets over those of the image. */
  readonly environment?: Readonly<Record<string, string>>;
}
