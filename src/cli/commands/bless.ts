/** `assay bless`. */
import { isDigest } from '../../base/digest.ts';
import { blessingsText, notBlessedText } from '../../report/kernels-view.ts';
import { type Command, type CommandInput, textOption } from '../command.ts';
import { usageInvalid } from '../errors.ts';

export const bless: Command = {
  name: 'bless',
  summary: 'sign that the kernels of a run were tested and accepted, or take that back',
  description:
    'Derives the run again from its raw outputs, asks the scheduler anew, and signs a blessing for each kernel fingerprint of its ' +
    'nodes. With --revoke, signs that every blessing of a kernel made until now is void. ' +
    'Exit status: 0 signed, 1 the run shows a fault, 4 not proven either way.',
  args: [{ name: 'run', description: 'run by id, latest, or directory', optional: true }],
  options: [
    { flags: '--key <file>', description: 'private key to sign with, readable by this user alone', required: true },
    { flags: '--passphrase-file <file>', description: "file that holds the key's passphrase" },
    { flags: '--reason <text>', description: 'why, for whoever reads it later', required: true },
    { flags: '--until <end>', description: 'a time from now such as 90d (the default), or a last day: 2027-06-30' },
    { flags: '--partition <name>', description: 'refuse a run that was made on another partition' },
    { flags: '--site <file>', description: 'site file that this job trusts; the run must have used the same' },
    { flags: '--expect <digest>', description: 'digest of the journal as the pipeline saw it when the run ended' },
    { flags: '--revoke <fingerprint>', description: 'the kernel whose blessings end: 8 or more hex digits' },
  ],
  run: async (input, { system }) => {
    const fingerprint = textOption(input, 'revoke');
    const [run] = input.args;
    if ((run === undefined) === (fingerprint === undefined))
      throw usageInvalid('name a run to bless, or a kernel with --revoke, and not both', 'see: assay bless --help');
    const signing = signingOf(input);
    if (fingerprint !== undefined) {
      const extra = ['until', 'partition', 'expect'].filter((name) => input.options[name] !== undefined);
      if (extra.length > 0)
        throw usageInvalid(
          `--${extra.join(' and --')} cannot stand beside --revoke`,
          'a revocation ends every blessing of the kernel, everywhere and for good; bless it again to take that back',
        );
      const { revoke } = await import('../../flow/revoke.ts');
      const value = await revoke(system, { fingerprint, ...signing });
      const text = `revoked ${value.fingerprint}\nfrom    ${value.at}\nsigned  ${value.file}\n`;
      return { text, value, exitCode: 0 };
    }
    const expect = textOption(input, 'expect');
    if (expect !== undefined && !isDigest(expect))
      throw usageInvalid(
        `"${expect}" is no digest`,
        'write sha256: and 64 hex digits, as run prints it after "journal"',
      );
    const [until, partition] = [textOption(input, 'until'), textOption(input, 'partition')];
    const flow = await import('../../flow/bless.ts');
    const value = await flow.bless(system, {
      run: run ?? '',
      ...signing,
      ...(until !== undefined && { until }),
      ...(partition !== undefined && { partition }),
      ...(expect !== undefined && { expect }),
    });
    if (value.outcome === 'blessed') return { text: blessingsText(value.blessings), value, exitCode: 0 };
    const text = notBlessedText(value.run, value.outcome, value.rules);
    return { text, value, exitCode: value.outcome === 'refuse' ? 1 : 4 };
  },
};

function signingOf(input: CommandInput) {
  const [site, file] = [textOption(input, 'site'), textOption(input, 'passphraseFile')];
  const reason = textOption(input, 'reason')?.trim() ?? '';
  if (reason === '') throw usageInvalid('the reason is empty', 'say why with --reason, for whoever reads it later');
  return {
    key: textOption(input, 'key') ?? '',
    reason,
    ...(site !== undefined && { site }),
    ...(file !== undefined && { passphrase: { file } }),
  };
}
