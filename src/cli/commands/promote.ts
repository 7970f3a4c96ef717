/** `assay promote`. */
import { decisionExitCode } from '../../certify/certify.ts';
import { decisionText } from '../../report/decision-view.ts';
import { type Command, textOption } from '../command.ts';
import { gateOptions, gateRequest } from '../gate-options.ts';

export const promote: Command = {
  name: 'promote',
  summary: 'gate, sign, and bring an image into the blessed repository',
  description:
    'Gates the runs again; when the decision is to promote, copies the image by digest, attaches the signed attestations, gives ' +
    'the tag, and reads everything back. Exit status: 0 promoted, 1 refused, 4 held.',
  args: [{ name: 'run', description: 'run by id, latest, or directory', many: true }],
  options: [
    ...gateOptions,
    { flags: '--key <file>', description: 'private key to sign with, readable by this user alone', required: true },
    { flags: '--passphrase-file <file>', description: "file that holds the key's passphrase" },
    { flags: '--move', description: 'let the tag move from the image that it names now' },
  ],
  run: async (input, { system, version }) => {
    const flow = await import('../../flow/promote.ts');
    const file = textOption(input, 'passphraseFile');
    const request = {
      ...gateRequest(input),
      key: textOption(input, 'key') ?? '',
      move: input.options.move === true,
      ...(file !== undefined && { passphrase: { file } }),
    };
    const { gated, receipt } = await flow.promote(system, request, version);
    const { decision } = gated;
    if (!receipt) return { text: decisionText(decision), value: { decision }, exitCode: decisionExitCode(decision) };
    const value = { decision, receipt };
    if ('reason' in receipt) {
      const text = `${decisionText(decision)}\n${receipt.outcome.toUpperCase()}: ${receipt.reason}\n`;
      return { text, value, exitCode: receipt.outcome === 'refuse' ? 1 : 4 };
    }
    const lines = [
      `${receipt.outcome === 'promoted' ? 'promoted' : 'already there'}: ${receipt.repository}:${receipt.tag}`,
      `digest         ${receipt.digest}`,
      ...receipt.attestations.map((one) => `attestation    ${one.manifest}  ${one.predicateType}`),
      `verify with:   assay verify ${receipt.repository}:${receipt.tag} --key PUBLIC-KEY`,
    ];
    return { text: `${decisionText(decision)}\n${lines.join('\n')}\n`, value, exitCode: 0 };
  },
};
