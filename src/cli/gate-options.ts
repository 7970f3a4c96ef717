/** What `gate` and `promote` have in common on the command line. */
import { isDigest } from '../base/digest.ts';
import type { GateRequest } from '../flow/gate.ts';
import { type CommandInput, type CommandOption, textOption } from './command.ts';
import { usageInvalid } from './errors.ts';

/** The options of a gate. */
export const gateOptions: readonly CommandOption[] = [
  { flags: '--policy <file>', description: 'policy file', required: true },
  { flags: '--to <name>', description: 'REGISTRY/REPOSITORY:TAG of the blessed image', required: true },
  { flags: '--site <file>', description: 'site file that this job trusts; the run must have used the same' },
  { flags: '--expect <digest>', description: 'digest of the journal as the pipeline saw it when the run ended' },
];

/** The gate's request from the command line. */
export function gateRequest(input: CommandInput): GateRequest {
  const expect = textOption(input, 'expect');
  if (expect !== undefined && !isDigest(expect))
    throw usageInvalid(`"${expect}" is no digest`, 'write sha256: and 64 hex digits, as run prints it after "journal"');
  const site = textOption(input, 'site');
  return {
    runs: input.args,
    policy: textOption(input, 'policy') ?? '',
    to: textOption(input, 'to') ?? '',
    ...(site !== undefined && { site }),
    ...(expect !== undefined && { expect }),
  };
}
