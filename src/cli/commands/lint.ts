/** `assay lint`. */
import { drawDiagnostic } from '../../base/diagnostic.ts';
import type { Command } from '../command.ts';

export const lint: Command = {
  name: 'lint',
  summary: 'check files of suites, sites and policies',
  description:
    'Says of each file what it declares, or what is wrong with it and where. Nothing is run, and no scheduler or registry is ' +
    'asked. The status is 2 when one of them is wrong.',
  args: [{ name: 'path', description: 'folders of suites, site files, policies', many: true }],
  options: [],
  run: async (input, { system }) => {
    const flow = await import('../../flow/lint.ts');
    const files = await flow.lint(system, input.args);
    const blocks = files.map(({ path, declares, error }) =>
      error
        ? [`${path}: ${error.code}: ${error.message}`, ...error.diagnostics.map(drawDiagnostic), `hint: ${error.hint}`]
        : [`${path}: ${declares}`],
    );
    const wrong = files.some(({ error }) => error !== undefined);
    return { text: `${blocks.flat().join('\n')}\n`, value: { files }, exitCode: wrong ? 2 : 0 };
  },
};
