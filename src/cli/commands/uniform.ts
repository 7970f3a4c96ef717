/** `assay uniform`. */
import { type Command, textOption } from '../command.ts';
import { usageInvalid } from '../errors.ts';
import { nodeCount } from '../node-count.ts';

export const uniform: Command = {
  name: 'uniform',
  summary: 'whether nodes are alike, and which one stands out in what',
  description:
    'Compares facts of nodes: of files that inspect --json wrote (several partitions, several sites), or of nodes that are ' +
    'asked now with --nodes. What most nodes say is the rule, and who says something else is named. The exit status is 1 when ' +
    'nodes differ.',
  args: [{ name: 'facts', description: 'files of facts', optional: true, many: true }],
  options: [
    { flags: '--nodes <number>', description: 'ask so many nodes now, in one allocation' },
    { flags: '--site <file>', description: 'site file of these nodes' },
    { flags: '--partition <name>', description: 'partition of these nodes' },
    { flags: '--all', description: 'cut no list' },
  ],
  run: async (input, { system, signal }) => {
    const nodes = nodeCount(textOption(input, 'nodes'));
    if ((input.args.length === 0) === (nodes === undefined))
      throw usageInvalid('name files of facts, or --nodes, and not both', 'files come from: assay inspect --json');
    const [site, partition] = [textOption(input, 'site'), textOption(input, 'partition')];
    const flow = await import('../../flow/uniform.ts');
    const { uniformityText } = await import('../../report/uniformity-view.ts');
    const request = {
      files: input.args,
      ...(nodes && { nodes }),
      ...(site && { site }),
      ...(partition && { partition }),
    };
    const found = await flow.uniform(system, request, signal);
    const text = uniformityText(found, input.options.all === true);
    return { text, value: found, exitCode: found.deviations.length === 0 ? 0 : 1 };
  },
};
