/** `assay diff`. */
import type { Command } from '../command.ts';

export const diff: Command = {
  name: 'diff',
  summary: 'what changed between the facts of nodes',
  description:
    'Two files of facts, as inspect --json writes them: of one node on two days, or of two nodes. What weighs most comes first; ' +
    'names, boot ids and serials are hidden. Files of several nodes are compared node by node, by name. The exit status is 1 ' +
    'when something differs.',
  args: [
    { name: 'a', description: 'file of facts' },
    { name: 'b', description: 'file of facts to compare it with' },
  ],
  options: [{ flags: '--all', description: "show what is each node's own too" }],
  run: async (input, { system }) => {
    const { diffFacts } = await import('../../flow/diff-facts.ts');
    const { differenceText } = await import('../../report/difference-view.ts');
    const [left = '', right = ''] = input.args;
    const found = await diffFacts(system, left, right);
    const same =
      found.onlyLeft.length + found.onlyRight.length === 0 && found.nodes.every((one) => one.differences.length === 0);
    return { text: differenceText(found, input.options.all === true), value: found, exitCode: same ? 0 : 1 };
  },
};
