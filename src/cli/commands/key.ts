/** `assay key`. */

import { messageOf } from '../../base/error.ts';
import { hasCode } from '../../system/files.ts';
import { type Command, textOption } from '../command.ts';
import { usageInvalid } from '../errors.ts';

export const key: Command = {
  name: 'key',
  summary: 'make a key pair for signing',
  description: 'Writes FILE (private, readable by its owner alone) and FILE.pub. An existing file is never replaced.',
  args: [{ name: 'file', description: 'file of the private key' }],
  options: [{ flags: '--algorithm <name>', description: 'ecdsa-p256 (the default) or ed25519' }],
  run: async (input, { system }) => {
    const algorithm = textOption(input, 'algorithm') ?? 'ecdsa-p256';
    if (algorithm !== 'ecdsa-p256' && algorithm !== 'ed25519')
      throw usageInvalid(`"${algorithm}" is no algorithm known here`, 'use ecdsa-p256 or ed25519');
    const { generateKeyPair, writeKeyPair } = await import('../../certify/signer.ts');
    const path = input.args[0] ?? '';
    const files = await writeKeyPair(system, path, generateKeyPair(algorithm)).catch((error: unknown) => {
      if (!hasCode(error, 'EACCES', 'EPERM', 'ENOENT', 'ENOTDIR', 'EROFS', 'ENOSPC')) throw error;
      throw usageInvalid(
        `${path} cannot be written: ${messageOf(error)}`,
        'name a file in a folder that is there and yours',
      );
    });
    return { text: `private key  ${files.privateKey}\npublic key   ${files.publicKey}\n`, value: files, exitCode: 0 };
  },
};
