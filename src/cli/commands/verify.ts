/** `assay verify`. */
import { verificationExitCode } from '../../publish/verification.ts';
import { type Command, textOption } from '../command.ts';

export const verify: Command = {
  name: 'verify',
  summary: "check an image's attestations with a public key",
  description:
    'Finds the attestations of an image, in a registry or in a layout on disk, and checks signatures and subjects with the ' +
    'public key alone. Exit status: 0 verified, 1 not.',
  args: [{ name: 'image', description: 'REGISTRY/REPOSITORY:TAG, …@DIGEST, or oci:DIRECTORY' }],
  options: [
    { flags: '--key <file>', description: 'public key', required: true },
    { flags: '--site <file>', description: 'site file, for how its registry is reached' },
  ],
  run: async (input, { system }) => {
    const flow = await import('../../flow/verify.ts');
    const key = textOption(input, 'key') ?? '';
    const result = await flow.verify(system, input.args[0] ?? '', [key], textOption(input, 'site'));
    const lines = [
      `${result.outcome === 'verified' ? 'verified' : 'NOT VERIFIED'}: ${result.repository} ${result.reference}`,
      ...(result.digest ? [`digest  ${result.digest}`] : []),
      ...result.attestations.map(({ manifest, verified }) =>
        verified.outcome === 'verified'
          ? `ok      ${verified.statement.predicateType}`
          : `refused ${manifest}: ${verified.reasons.join('; ')}`,
      ),
      ...result.reasons.map((reason) => `reason  ${reason}`),
    ];
    return { text: `${lines.join('\n')}\n`, value: result, exitCode: verificationExitCode(result) };
  },
};
