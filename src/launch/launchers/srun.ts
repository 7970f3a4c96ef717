/** `srun`: one step across nodes of the allocation (srun(1)). Everything explicit: inherited SLURM_* decide nothing. */
import { argv } from '../../base/argv.ts';
import { closed, Type } from '../../base/schema.ts';
import type { Launcher } from '../adapter.ts';

export const srun: Launcher = {
  kind: 'srun',
  options: closed({
    kind: Type.Literal('srun'),
    options: Type.Optional(
      Type.Array(Type.String(), { description: 'More options for every step, such as --network=….' }),
    ),
  }),
  where: 'outside',
  placesSteps: true,
  wrap: (launch, options) => {
    const { nodes, ranks, threads } = launch.geometry;
    const { firstNode } = launch;
    return {
      ...launch,
      launcher: 'srun',
      argv: argv(
        'srun',
        `--mpi=${launch.mpi}`,
        `--nodes=${nodes}`,
        ...(firstNode === undefined ? [] : [`--relative=${firstNode}`]),
        `--ntasks=${ranks}`,
        `--ntasks-per-node=${ranks / nodes}`,
        // srun ignores SLURM_CPUS_PER_TASK from 22.05 to 23.02 and honours it again later: always said.
        `--cpus-per-task=${threads}`,
        '--exact',
        '--mem=0',
        '--kill-on-bad-exit=1',
        '--export=ALL',
        ...((options.options as readonly string[] | undefined) ?? []),
        ...launch.argv,
      ),
    };
  },
  everywhere: (nodes, words) => [
    'srun',
    '--overlap',
    '--mpi=none',
    `--nodes=${nodes}`,
    `--ntasks=${nodes}`,
    '--ntasks-per-node=1',
    '--cpus-per-task=1',
    '--mem=0',
    '--export=ALL',
    '--wait=0',
    ...words,
  ],
};
