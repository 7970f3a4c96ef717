/** Errors of policies, keys and attestations that a user or a site can mend. */
import { defineError } from '../base/error.ts';

export const policyInvalid = defineError('CERTIFY_POLICY_INVALID', 'declaration', 'A policy file cannot be read.');

export const keyMissing = defineError('CERTIFY_KEY_MISSING', 'site', 'A key file is not there or may not be read.');

export const keyExposed = defineError(
  'CERTIFY_KEY_EXPOSED',
  'site',
  'A private key can be read by its group or by everybody, so a signature made with it proves nothing.',
);

export const keyInvalid = defineError(
  'CERTIFY_KEY_INVALID',
  'site',
  'A key file does not hold a key that Assay can use (ECDSA P-256 or Ed25519, PEM).',
);

export const keyLocked = defineError(
  'CERTIFY_KEY_LOCKED',
  'site',
  'A private key is encrypted and its passphrase is absent or wrong.',
);

export const keyExists = defineError(
  'CERTIFY_KEY_EXISTS',
  'declaration',
  'A new key would overwrite a file that is there already.',
);
