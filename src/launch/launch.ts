/**
 * Launches: commands resolved to the last word. In: a case, its placement, an image and where things lie. Out: argv,
 * environment, mounts and files, printable exactly before anything runs. Pure: it never looks and never starts.
 */
import type { Argv } from '../base/argv.ts';
import type { Digest } from '../base/digest.ts';
import type { Geometry } from '../suite/suite.ts';

/** A folder or file of the host shown inside the container. */
export interface Mount {
  readonly source: string;
  readonly target: string;
  /** The program may not write there. */
  readonly readOnly?: true;
}

/** What a runtime wants to exist in the unpacked image before it starts: paths relative to its root. */
export interface TreePreparation {
  readonly directories: readonly string[];
  readonly files: readonly string[];
}

/** A fully resolved command. */
export interface Launch {
  /** Name of the case. */
  readonly case: string;
  /** Digest of the command, environment, files, inputs, image and the site's mounts: what resume compares. Holds no path of the run. */
  readonly id: Digest;
  readonly geometry: Geometry;
  /** Number of its first node within the allocation, where others run beside it; else the launcher is free to choose. */
  readonly firstNode?: number;
  /** The words to run. Runtime and launcher wrap them, each returning a Launch with a longer argv. */
  readonly argv: Argv;
  readonly environment: Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
  /** As the program sees it. */
  readonly workingDirectory: string;
  /** Files to put into the working directory before the start. */
  readonly files: Readonly<Record<string, string>>;
  readonly image: { readonly digest: Digest; readonly root: string };
  /** Process-management interface that the launcher offers: `pmix`, `pmi2`, `none` … */
  readonly mpi: string;
  readonly mpiFamily: string;
  readonly runtime: string;
  readonly launcher: string;
  readonly limitSeconds: number;
}
