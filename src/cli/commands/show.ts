/** `assay show`. */
import { runText } from '../../report/run-view.ts';
import { verdictTable } from '../../report/verdict-table.ts';
import { type Command, textOption } from '../command.ts';

export const show: Command = {
  name: 'show',
  summary: 'show a run of the store',
  description:
    'What one run was, why cases did not pass, and what was measured; with --json everything the store keeps of it.',
  args: [
    { name: 'run', description: 'id, the beginning of one, latest or last-accept; ~N behind it is the run N before' },
  ],
  options: [
    { flags: '--site <file>', description: 'site file; without one, this machine alone' },
    { flags: '--verdicts', description: 'print the table of verdicts alone' },
  ],
  run: async (input, { system }) => {
    const { storedRun } = await import('../../flow/stored-runs.ts');
    const record = await storedRun(system, textOption(input, 'site'), input.args[0] ?? 'latest');
    const text = input.options.verdicts === true ? verdictTable(record) : runText(record);
    return { text, value: record, exitCode: 0 };
  },
};
