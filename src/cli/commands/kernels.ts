/** `assay kernels`. */
import { kernelsText } from '../../report/kernels-view.ts';
import { type Command, textOption } from '../command.ts';

export const kernels: Command = {
  name: 'kernels',
  summary: 'list kernels: which are blessed, and which nodes run them',
  description:
    'Every kernel fingerprint known from the blessings of a site and from the facts in its store, what needs attention first. ' +
    'Only what a key given with --key has signed counts.',
  args: [],
  options: [
    { flags: '--key <file>', description: 'public keys that are believed, one or more in one file', required: true },
    { flags: '--site <file>', description: 'site file; without one, this machine alone' },
  ],
  run: async (input, { system }) => {
    const flow = await import('../../flow/kernels.ts');
    const site = textOption(input, 'site');
    const request = { keys: [textOption(input, 'key') ?? ''], ...(site !== undefined && { site }) };
    const value = await flow.kernels(system, request);
    return { text: kernelsText(value, value.folder, value.store), value, exitCode: 0 };
  },
};
