/** What runtimes and launchers are: functions from Launch to Launch, with the schema of their options. */
import type { TSchema } from '../base/schema.ts';
import type { HostMount, MountProblem } from '../site/mounts.ts';
import type { Launch, TreePreparation } from './launch.ts';

/** A way to run a program inside an image. */
export interface Runtime {
  readonly kind: string;
  /** Schema of its entry in the site file, `kind` included. */
  readonly options: TSchema;
  /** What must exist in the unpacked image. */
  readonly preparation: TreePreparation;
  /** Where the suite's inputs and the working directory are seen by the program. */
  readonly targets: { readonly suite: string; readonly work: string };
  /** Paths of the container, beside the targets, at which it mounts something of its own. */
  readonly occupied: readonly string[];
  /** Why it cannot make a mount that a site declares; where it is left out, it can make each. */
  readonly refuses?: (mount: HostMount) => MountProblem | undefined;
  readonly wrap: (launch: Launch, options: Readonly<Record<string, unknown>>) => Launch;
}

/** A way to start the ranks of a case. */
export interface Launcher {
  readonly kind: string;
  readonly options: TSchema;
  /** `outside`: starts one runtime for each rank; `inside`: one runtime holds a launcher that starts all ranks. */
  readonly where: 'outside' | 'inside';
  /** Whether it can put a step on chosen nodes of the allocation (`Launch.firstNode`), so that several run side by side. */
  readonly placesSteps: boolean;
  readonly wrap: (launch: Launch, options: Readonly<Record<string, unknown>>) => Launch;
  /** A command that runs one process on every node of the allocation beside the steps, for facts. */
  readonly everywhere: (nodes: number, words: readonly string[]) => readonly [string, ...string[]];
}
