/** `assay plan`. */
import { showArgv } from '../../base/argv.ts';
import { plainLine } from '../../base/plain-text.ts';
import { type Command, textOption } from '../command.ts';
import { usageInvalid } from '../errors.ts';

export const plan: Command = {
  name: 'plan',
  summary: 'show what run would do, word for word',
  description:
    'Prints every command that `run` would give, and runs none. The directory of the run is the hole @RUN@, its id @RUN_ID@.',
  args: [{ name: 'suite', description: 'folder of a suite, or name of a shipped one', many: true }],
  options: [
    { flags: '--image <name>', description: 'image: REGISTRY/REPOSITORY:TAG or oci:DIRECTORY', required: true },
    { flags: '--site <file>', description: 'site file; without one, this machine alone' },
    { flags: '--partition <name>', description: 'partition to use; the default one of the site unless said' },
    { flags: '--mpi <type>', description: 'process-management interface to ask srun for' },
    { flags: '--despite-preflight', description: 'plan also what preflight says will fail' },
    {
      flags: '--facts <file>',
      description: 'facts of nodes, as inspect --json writes them; else what they told last, or this host',
    },
    { flags: '--script', description: 'print the job scripts too' },
  ],
  run: async (input, { system }) => {
    const image = textOption(input, 'image');
    if (image === undefined) throw usageInvalid('no image is named', 'name the image with --image');
    const optional = Object.fromEntries(
      ['site', 'partition', 'mpi', 'facts'].flatMap((name) => {
        const value = textOption(input, name);
        return value === undefined ? [] : [[name, value]];
      }),
    );
    const flow = await import('../../flow/plan.ts');
    const made = await flow.plan(system, {
      suites: input.args,
      image,
      scripts: input.options.script === true,
      despitePreflight: input.options.despitePreflight === true,
      ...optional,
    });
    const doubtful = made.mpi.findings.filter(({ check, outcome }) => check === 'mounts' && outcome === 'cannot-tell');
    const lines = [
      `image  ${made.image.digest}`,
      `facts  ${plainLine(made.facts.whose)}`,
      ...made.facts.doubts.map((doubt) => `       ${plainLine(doubt)}`),
      `mpi    ${made.mpi.choice}: ${made.mpi.why}`,
      ...doubtful.map(({ message }) => `mounts ${plainLine(message)}`),
    ];
    for (const { allocation, submit, script, steps } of made.jobs) {
      lines.push(
        '',
        `allocation ${allocation.id}: ${allocation.nodes} nodes of ${allocation.partition.name}`,
        showArgv(submit),
      );
      for (const step of allocation.steps) lines.push('', `# ${step.launch.case}`, showArgv(step.launch.argv));
      if (script !== undefined) lines.push('', script.trimEnd(), '', (steps ?? '').trimEnd());
    }
    for (const skip of made.skips) lines.push('', `skip ${skip.case}: ${skip.why}`);
    lines.push('', 'later: a wave for what an allocation left undone, when the run was stopped and is resumed');
    return { text: `${lines.join('\n')}\n`, value: made, exitCode: 0 };
  },
};
