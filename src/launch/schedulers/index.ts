/** The schedulers, by kind. One file (or folder) and one line each. */
import type { Scheduler } from '../scheduler.ts';
import { local } from './local.ts';
import { slurm } from './slurm/slurm.ts';
import { slurmrest } from './slurmrest/slurmrest.ts';

export const schedulers: Readonly<Record<string, Scheduler>> = { local, slurm, slurmrest };
