/** How this node starts MPI programs: Slurm, its MPI plugins and settings; MPI installed; limits of the step. */
import { factOrNone } from '../../answers.ts';
import type { Probe } from '../../probe.ts';
import { cgroupAsk, cgroupOwnKeys, cgroupRows } from './cgroup.ts';
import { launcherVersion } from './implementations.ts';
import { installedAsks, installedRows } from './installed.ts';
import { moduleRow, offeredAsks, offeredRows } from './offered.ts';
import { clusterKeys, controllerRows, slurmAsks, slurmRows } from './slurm.ts';

export const mpi: Probe = {
  name: 'mpi',
  asks: [
    ...slurmAsks,
    { id: 'mpirun', kind: 'command', argv: ['mpirun', '--version'], limitSeconds: 10 },
    { id: 'mpiexec', kind: 'command', argv: ['mpiexec', '--version'], limitSeconds: 10 },
    cgroupAsk,
    ...offeredAsks,
    ...installedAsks,
  ],
  fingerprints: { mpi: ['plugins', 'slurm', 'mpirun'] },
  forms: {
    plugins: { name: 'mpi_plugins', asks: ['plugins'] },
    slurm: { name: 'slurm_version', asks: ['srun'] },
    mpirun: { name: 'launcher_version', asks: ['mpirun'] },
  },
  ownKeys: cgroupOwnKeys,
  clusterKeys,
  read: (answers) => [
    ...slurmRows(answers),
    { key: 'mpirun', fact: factOrNone(answers('mpirun'), launcherVersion) },
    { key: 'mpiexec', fact: factOrNone(answers('mpiexec'), launcherVersion) },
    ...cgroupRows(answers('cgroup')),
    ...offeredRows(answers),
  ],
  readSlow: (answers) => [
    ...controllerRows(answers('slurm-controller')),
    ...installedRows(answers),
    moduleRow(answers('modules')),
  ],
};
