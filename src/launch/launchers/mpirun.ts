/**
 * `mpirun` inside the image: one container holds all ranks, started by the image's own MPI. For one machine without a
 * scheduler: the image's launcher always fits the image's library.
 */
import { argv } from '../../base/argv.ts';
import { closed, Type } from '../../base/schema.ts';
import type { Launcher } from '../adapter.ts';

export const mpirun: Launcher = {
  kind: 'mpirun',
  options: closed({ kind: Type.Literal('mpirun') }),
  where: 'inside',
  placesSteps: false,
  wrap: (launch) => ({
    ...launch,
    launcher: 'mpirun',
    argv: argv(
      'mpirun',
      // Open MPI counts cores as slots and refuses more ranks than those; MPICH's mpirun knows no such limit.
      ...(launch.mpiFamily === 'openmpi' ? ['--oversubscribe'] : []),
      '-n',
      String(launch.geometry.ranks),
      ...launch.argv,
    ),
  }),
  everywhere: (_nodes, [first, ...rest]) => [first ?? 'true', ...rest],
};
