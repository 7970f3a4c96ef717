/** `assay gate`. */
import { decisionExitCode } from '../../certify/certify.ts';
import { decisionText, renderDecision } from '../../report/decision-view.ts';
import type { Command } from '../command.ts';
import { gateOptions, gateRequest } from '../gate-options.ts';

export const gate: Command = {
  name: 'gate',
  summary: 'decide whether an image may be promoted',
  description:
    'Derives every verdict again from the raw outputs of the runs, asks registry and scheduler anew, and applies a policy. ' +
    'Exit status: 0 promote, 1 refuse, 4 hold.',
  args: [{ name: 'run', description: 'run by id, latest, or directory', many: true }],
  options: gateOptions,
  run: async (input, { system }) => {
    const flow = await import('../../flow/gate.ts');
    const { decision } = await flow.gate(system, gateRequest(input));
    const { noteOnMergeRequest } = await import('../../flow/merge-request-note.ts');
    await noteOnMergeRequest(system, 'gate', () => renderDecision(system.files, decision));
    return { text: decisionText(decision), value: decision, exitCode: decisionExitCode(decision) };
  },
};
