/** The launchers, by kind. One file and one line each. */
import type { Launcher } from '../adapter.ts';
import { mpirun } from './mpirun.ts';
import { plain } from './plain.ts';
import { srun } from './srun.ts';

export const launchers: Readonly<Record<string, Launcher>> = { mpirun, plain, srun };
