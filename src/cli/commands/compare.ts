/** `assay compare`. */
import { type Command, textOption } from '../command.ts';

export const compare: Command = {
  name: 'compare',
  summary: 'say why two runs differ',
  description:
    'Candidate causes beside observed effects, the likeliest cause first. A run is named by its id, the beginning of it, latest or last-accept; ~N behind it is the run N before.',
  args: [
    { name: 'a', description: 'the run that changes start from' },
    { name: 'b', description: 'the run that they lead to' },
  ],
  options: [
    { flags: '--site <file>', description: 'site file; without one, this machine alone' },
    { flags: '--all', description: 'cut no list, and show what is hidden or not known' },
  ],
  run: async (input, { system }) => {
    const { compareStored } = await import('../../flow/compare.ts');
    const { comparisonText } = await import('../../report/comparison-view.ts');
    const [left = '', right = ''] = input.args;
    const found = await compareStored(system, textOption(input, 'site'), left, right);
    return { text: comparisonText(found, input.options.all === true), value: found, exitCode: 0 };
  },
};
