/** `assay run`: its words and how its result is told. */
import { parseDuration } from '../../base/quantity.ts';
import type { RunResult } from '../../flow/drive-run.ts';
import { type Command, textOption } from '../command.ts';
import { usageInvalid } from '../errors.ts';
import { runOutput } from '../run-output.ts';

export const run: Command = {
  name: 'run',
  summary: 'run suites for an image on a site',
  description:
    'Resolves the image, checks that it can start, runs the cases of the suites through the scheduler, judges and stores them. ' +
    'Exit status: 0 every case passed, 1 a fault is proven, 4 not proven either way.',
  args: [{ name: 'suite', description: 'folder of a suite, or name of a shipped one', optional: true, many: true }],
  options: [
    { flags: '--image <name>', description: 'image to test: REGISTRY/REPOSITORY:TAG or oci:DIRECTORY' },
    { flags: '--site <file>', description: 'site file; without one, this machine alone' },
    { flags: '--partition <name>', description: 'partition to use; the default one of the site unless said' },
    { flags: '--mpi <type>', description: 'process-management interface to ask srun for, instead of the one chosen' },
    { flags: '--despite-preflight', description: 'run also what preflight says will fail' },
    { flags: '--wait-at-most <duration>', description: 'hold (exit 4) when allocations are not over by then' },
    { flags: '--fresh', description: 'do not go on with an unfinished run of the same image, suites and site' },
    { flags: '--results <directory>', description: 'also write the results there, for the artifacts of a CI job' },
    { flags: '--resume <run>', description: 'go on with a run that was killed, stopped or held' },
  ],
  run: async (input, { system, version, signal }) => {
    const wait = textOption(input, 'waitAtMost');
    const limit = wait === undefined ? undefined : parseDuration(wait);
    const resume = textOption(input, 'resume');
    const site = textOption(input, 'site');
    const results = textOption(input, 'results');
    const { toldRun } = await import('../../flow/told-run.ts');
    const telling = async (work: () => Promise<RunResult>) => runOutput(await toldRun(system, results, work));
    if (resume !== undefined) {
      const { resumeRun } = await import('../../flow/run.ts');
      const { runDirectoryOf } = await import('../../flow/find-run.ts');
      return telling(async () => resumeRun(system, await runDirectoryOf(system, site, resume), signal, limit));
    }
    const image = textOption(input, 'image');
    if (image === undefined)
      throw usageInvalid('no image is named', 'name the image to test with --image, or a run with --resume');
    if (input.args.length === 0)
      throw usageInvalid('no suite is named', 'name a folder with suite.yaml, or wireup, lammps, hpcc');
    const partition = textOption(input, 'partition');
    const mpi = textOption(input, 'mpi');
    const flow = await import('../../flow/run.ts');
    const request = {
      suites: input.args,
      image,
      ...(site !== undefined && { site }),
      ...(partition !== undefined && { partition }),
      ...(mpi !== undefined && { mpi }),
      ...(limit !== undefined && { waitAtMost: limit }),
      ...(input.options.despitePreflight === true && { despitePreflight: true }),
      ...(input.options.fresh === true && { fresh: true }),
    };
    return telling(() => flow.run(system, request, version, signal));
  },
};
