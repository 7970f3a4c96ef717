/** `assay runs`. */
import { runTable } from '../../report/run-table.ts';
import { type Command, textOption } from '../command.ts';
import { usageInvalid } from '../errors.ts';

export const runs: Command = {
  name: 'runs',
  summary: 'list the runs in the store',
  description: 'The newest first, with their outcome.',
  args: [],
  options: [
    { flags: '--site <file>', description: 'site file; without one, this machine alone' },
    { flags: '--limit <number>', description: 'how many; 20 unless said' },
  ],
  run: async (input, { system }) => {
    const limit = Number(textOption(input, 'limit') ?? '20');
    if (!(Number.isInteger(limit) && limit > 0))
      throw usageInvalid('--limit is no number', 'write a whole number above 0');
    const { storedRuns } = await import('../../flow/stored-runs.ts');
    const found = await storedRuns(system, textOption(input, 'site'), limit);
    return { text: runTable(found), value: found, exitCode: 0 };
  },
};
