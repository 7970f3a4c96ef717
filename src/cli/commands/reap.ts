/** `assay reap`. */
import { type Command, textOption } from '../command.ts';

export const reap: Command = {
  name: 'reap',
  summary: 'cancel what dead or cancelled runs left in the queue',
  description:
    'Looks at the unfinished runs of the site that no process drives, cancels their jobs, and waits until they are gone. A ' +
    'job is known by the record and key of its run, never by its user. In a GitLab job only runs of that job are looked at. ' +
    'A run that is driven is never touched. Exit status: 0, also when there was nothing to do.',
  args: [],
  options: [
    { flags: '--site <file>', description: 'site file; without one, this machine alone' },
    { flags: '--pipeline <id>', description: 'runs of this pipeline (CI_PIPELINE_ID)' },
    { flags: '--job <id>', description: 'runs of this job (CI_JOB_ID)' },
    { flags: '--held', description: 'also runs that hold and left their jobs for a later pipeline' },
  ],
  run: async (input, { system }) => {
    const flow = await import('../../flow/reap.ts');
    const optional = Object.fromEntries(
      ['site', 'pipeline', 'job'].flatMap((name) => {
        const value = textOption(input, name);
        return value === undefined ? [] : [[name, value]];
      }),
    );
    const found = await flow.reap(system, { ...optional, held: input.options.held === true });
    const told = found.some((one) => one.outcome === 'cancelled' || one.outcome === 'unreadable');
    const lines = [...found.map(({ run, words }) => `${run}  ${words}`), ...(told ? [] : ['nothing to cancel'])];
    return { text: `${lines.join('\n')}\n`, value: found, exitCode: 0 };
  },
};
