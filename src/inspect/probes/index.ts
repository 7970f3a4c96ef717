/** Registration of probes: one file and one line each. */
import type { Probe } from '../probe.ts';
import { container } from './container/container.ts';
import { environment } from './environment.ts';
import { fabric } from './fabric/fabric.ts';
import { gpu } from './gpu/gpu.ts';
import { hardware } from './hardware/hardware.ts';
import { kernel } from './kernel/kernel.ts';
import { libraries } from './libraries.ts';
import { modules } from './modules/modules.ts';
import { mpi } from './mpi/mpi.ts';
import { system } from './system.ts';

/** Every probe, in the order of its groups. */
export const probes: readonly Probe[] = [
  kernel,
  modules,
  mpi,
  gpu,
  fabric,
  libraries,
  hardware,
  container,
  environment,
  system,
];
