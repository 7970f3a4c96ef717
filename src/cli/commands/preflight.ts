/** `assay preflight`. */
import { plainLine } from '../../base/plain-text.ts';
import type { PreflightResult } from '../../flow/preflight.ts';
import { preflightText } from '../../report/preflight-view.ts';
import { type Command, textOption } from '../command.ts';
import { usageInvalid } from '../errors.ts';

const exitCodes = { ok: 0, 'will-fail': 1, 'cannot-tell': 4 } as const;

const starts: Readonly<Record<PreflightResult['start'], string>> = {
  starts: 'the ranks will start as one communicator',
  aborts: 'it will end with an error',
  singletons: 'each rank will start alone, with a world of one rank, and the step will succeed',
  unknown: 'not certain',
};

export const preflight: Command = {
  name: 'preflight',
  summary: 'will this image start here, and why not?',
  description:
    'Reads the image (configuration, files, ELF headers) and the facts of the nodes, and says before any allocation whether it ' +
    'will start, each finding with what it rests on. Exit status: 0 ok, 1 it will fail, 4 it cannot be told.',
  args: [{ name: 'image', description: 'image: REGISTRY/REPOSITORY:TAG or oci:DIRECTORY' }],
  options: [
    { flags: '--site <file>', description: 'site file; without one, this machine alone' },
    { flags: '--partition <name>', description: 'partition to use; the default one of the site unless said' },
    { flags: '--mpi <type>', description: 'process-management interface to ask srun for; the best one unless said' },
    { flags: '--suite <name>', description: 'suite whose cases are to start, else a program of the image' },
    { flags: '--ranks <number>', description: 'ranks of that program; 2 unless said' },
    {
      flags: '--facts <file>',
      description: 'facts of nodes, as inspect --json writes them; else what they told last, or this host',
    },
    {
      flags: '--inject <paths>',
      description:
        'libraries of this host, or folders of them, that will be put into the container; several with a colon',
    },
  ],
  run: async (input, { system }) => {
    const said = textOption(input, 'ranks');
    const ranks = said === undefined ? 2 : Number(said);
    if (!(Number.isInteger(ranks) && ranks > 0))
      throw usageInvalid(`"${said}" is no number of ranks`, 'write a whole number above 0, such as --ranks 4');
    const suite = textOption(input, 'suite');
    const optional = Object.fromEntries(
      ['site', 'partition', 'mpi', 'facts'].flatMap((name) => {
        const value = textOption(input, name);
        return value === undefined ? [] : [[name, value]];
      }),
    );
    const flow = await import('../../flow/preflight.ts');
    const value = await flow.preflight(system, {
      image: input.args[0] ?? '',
      suites: suite === undefined ? [] : [suite],
      ranks,
      inject: (textOption(input, 'inject') ?? '').split(':').filter((path) => path !== ''),
      ...optional,
    });
    const head = [
      `image  ${plainLine(value.image.name)} ${value.image.digest}`,
      `facts  ${plainLine(value.facts.whose)}`,
      ...value.facts.doubts.map((doubt) => `       ${plainLine(doubt)}`),
      `mpi    ${value.mpi}`,
      `start  ${starts[value.start]}`,
    ];
    return {
      text: `${head.join('\n')}\n\n${preflightText(value.findings)}`,
      value,
      exitCode: exitCodes[value.outcome],
    };
  },
};
