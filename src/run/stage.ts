/** Puts on disk what an allocation needs before it is submitted. */
import { dirname, join } from 'node:path';
import type { Suite } from '../suite/suite.ts';
import type { System } from '../system/system.ts';
import type { PlannedAllocation } from './plan.ts';
import type { RunPaths } from './run.ts';

/**
 * Copies a suite's files into the run directory twice: to judge by, and for the cases. A case runs as the user who owns
 * both, so only the copy that it cannot see is trusted.
 */
export async function stageSuite(system: System, suite: Suite, paths: RunPaths): Promise<void> {
  for (const target of [paths.suite(suite.name), paths.inputs(suite.name)]) {
    for (const input of suite.inputs) {
      const to = join(target, input.path);
      await system.files.makeDirectory(dirname(to));
      if (await system.files.stat(to)) await system.files.remove(to);
      await system.files.copy(join(suite.directory, input.path), to);
      await system.files.chmod(to, input.executable ? 0o550 : 0o440);
    }
  }
}

/** The texts of an allocation: its job script, the collector, and the files of the image that each node checks. */
export interface AllocationTexts {
  readonly script: string;
  /** Its steps, which it reads by their digest. */
  readonly steps: string;
  readonly collector: string;
  /** `sha256  path` lines, as sha256sum reads them. */
  readonly sample: string;
}

/** Writes an allocation's texts and the files of every step, and gives the script. Done again after a crash it gives the same. */
export async function stageAllocation(
  system: System,
  allocation: PlannedAllocation,
  texts: AllocationTexts,
  paths: RunPaths,
): Promise<string> {
  const directory = paths.allocation(allocation.id);
  for (const step of allocation.steps) {
    const work = join(paths.step(allocation.id, step.name), 'work');
    await system.files.makeDirectory(work);
    for (const [name, text] of Object.entries(step.launch.files))
      await system.files.writeAtomic(join(work, name), text);
  }
  await system.files.makeDirectory(join(directory, 'facts'));
  await system.files.writeAtomic(join(directory, 'collector.sh'), texts.collector);
  await system.files.writeAtomic(join(directory, 'facts', 'sample.list'), texts.sample);
  await system.files.writeAtomic(join(directory, 'steps.sh'), texts.steps);
  await system.files.writeAtomic(join(directory, 'job.sh'), texts.script, 0o750);
  return texts.script;
}
