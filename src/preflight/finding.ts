/** What preflight looks at, and what it finds. */
import type { Image } from '../image/image.ts';
import type { Facts } from '../inspect/facts.ts';
import type { Partition } from '../site/site.ts';

/** What is expected: `ok`, `will-fail`, or nothing certain. */
export type Forecast = 'ok' | 'will-fail' | 'cannot-tell';

/** One thing looked at. */
export interface PreflightFinding {
  readonly check: 'architecture' | 'os' | 'libc' | 'abi' | 'pmi';
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
}

/** All that preflight looks at. */
export interface PreflightInput {
  readonly image: Image;
  /** Facts of nodes of the partition; empty when none are known yet. */
  readonly facts: readonly Facts[];
  readonly partition: Partition;
  readonly wish: LaunchWish;
}
