/** `assay history`. */
import { type Command, textOption } from '../command.ts';
import { usageInvalid } from '../errors.ts';

export const history: Command = {
  name: 'history',
  summary: 'show a metric over the runs in the store',
  description: 'Values of each case with their run, the newest last, and how they spread.',
  args: [{ name: 'metric', description: 'METRIC or CASE:METRIC' }],
  options: [
    { flags: '--site <file>', description: 'site file; without one, this machine alone' },
    { flags: '--case <name>', description: 'a case, or the beginning of its name' },
    { flags: '--image <image>', description: 'an image: its name, its digest, or the beginning of that' },
    { flags: '--limit <number>', description: 'how many values of each case, the newest; 20 unless said' },
  ],
  run: async (input, { system }) => {
    const limit = Number(textOption(input, 'limit') ?? '20');
    if (!(Number.isInteger(limit) && limit > 0))
      throw usageInvalid('--limit is no number', 'write a whole number above 0');
    const { history: read } = await import('../../flow/history.ts');
    const { historyText } = await import('../../report/history-view.ts');
    const [site, one, image] = [textOption(input, 'site'), textOption(input, 'case'), textOption(input, 'image')];
    const found = await read(system, {
      metric: input.args[0] ?? '',
      limit,
      ...(site !== undefined && { site }),
      ...(one !== undefined && { case: one }),
      ...(image !== undefined && { image }),
    });
    return { text: historyText(found), value: found, exitCode: 0 };
  },
};
