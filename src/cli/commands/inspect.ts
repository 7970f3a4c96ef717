/** `assay inspect`. */
import { foldHosts } from '../../base/host-list.ts';
import { factsText } from '../../report/facts-view.ts';
import type { System } from '../../system/system.ts';
import { type Command, textOption } from '../command.ts';
import { usageInvalid } from '../errors.ts';
import { nodeCount } from '../node-count.ts';

/** Facts in which nodes differ that are named below the table. */
const shownDeviations = 20;

/** The text of a script that a node runs. */
async function nodeScript(system: System, which: string): Promise<string> {
  const { probes } = await import('../../inspect/probes/index.ts');
  if (which === 'fingerprint') {
    const { loadFingerprintTemplates, renderFingerprintScript } = await import('../../inspect/fingerprint-script.ts');
    return renderFingerprintScript(await loadFingerprintTemplates(system.files), { probes });
  }
  if (which !== 'collector')
    throw usageInvalid(
      `there is no script named ${which}`,
      'write --script for the collector, or --script=fingerprint',
    );
  const { loadCollectorTemplates, renderCollector } = await import('../../inspect/collector.ts');
  const templates = await loadCollectorTemplates(system.files);
  return renderCollector(templates, { nonce: '0'.repeat(32), probes, ranksLimitSeconds: 60 });
}

export const inspect: Command = {
  name: 'inspect',
  summary: 'facts of this host, or of the nodes of a partition',
  description:
    'Kernel, modules, MPI and PMI, GPUs, fabric, hardware and container abilities. What cannot be read is unknown, with the ' +
    'reason. With --nodes the facts are taken on the nodes, in one allocation, by a shell script that needs nothing of Assay.',
  args: [],
  options: [
    { flags: '--nodes <number>', description: 'take the facts of so many nodes instead of this host' },
    { flags: '--site <file>', description: 'site file of the nodes' },
    { flags: '--partition <name>', description: 'partition of the nodes' },
    {
      flags: '--script [which]',
      description:
        'print a script that a node runs, and run nothing: collector, as without a name, or fingerprint, for its boot',
    },
  ],
  run: async (input, { system, signal }) => {
    const which = input.options.script;
    if (which !== undefined && which !== false) {
      const text = await nodeScript(system, which === true ? 'collector' : which);
      return { text, value: { script: text }, exitCode: 0 };
    }
    const nodes = nodeCount(textOption(input, 'nodes'));
    const site = textOption(input, 'site');
    const partition = textOption(input, 'partition');
    const flow = await import('../../flow/inspect.ts');
    const request = { ...(nodes && { nodes }), ...(site !== undefined && { site }), ...(partition && { partition }) };
    const result = await flow.inspect(system, request, signal);
    const deviations = result.deviations.map(({ group, key, nodes: others }) => {
      return `differs: ${group}.${key} on ${foldHosts(others.map(({ node }) => node))}`;
    });
    const more =
      deviations.length > shownDeviations ? [`… and ${deviations.length - shownDeviations} more (assay uniform)`] : [];
    const same =
      result.nodes.length > 1 && deviations.length === 0 ? ['all nodes agree in every fact that is not their own'] : [];
    return {
      text: `${[factsText(result.nodes).trimEnd(), ...deviations.slice(0, shownDeviations), ...more, ...same].join('\n')}\n`,
      value: result,
      exitCode: 0,
    };
  },
};
