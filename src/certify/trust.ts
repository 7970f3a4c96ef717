/** Public keys that are believed. Offline: no root, no log, no certificate. */
import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { messageOf } from '../base/error.ts';
import { hasCode } from '../system/files.ts';
import type { System } from '../system/system.ts';
import { keyInvalid, keyMissing } from './errors.ts';

/** What Assay signs and verifies with. ECDSA signatures are ASN.1 DER over SHA-256, as cosign makes them. */
export type KeyAlgorithm = 'ecdsa-p256' | 'ed25519';

/** One public key. */
export interface TrustedKey {
  /** File it came from, or another name for people. */
  readonly name: string;
  readonly algorithm: KeyAlgorithm;
  /** base64(SHA-256(SPKI DER)): the hint that bundles carry. */
  readonly hint: string;
  readonly key: KeyObject;
}

/** The keys that are believed. */
export interface Trust {
  readonly keys: readonly TrustedKey[];
}

const wanted = 'use ECDSA P-256 or Ed25519: assay key makes such a pair';

/** Algorithm of a key, private or public; throws CERTIFY_KEY_INVALID for any other. */
export function algorithmOf(key: KeyObject, name: string): KeyAlgorithm {
  const type = key.asymmetricKeyType;
  const curve = key.asymmetricKeyDetails?.namedCurve;
  if (type === 'ed25519') return 'ed25519';
  if (type === 'ec' && curve === 'prime256v1') return 'ecdsa-p256';
  throw keyInvalid(`${name} holds a key of type ${[type, curve].filter(Boolean).join(' ')}`, wanted);
}

/** Hint of a public key. */
export function hintOf(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');
}

/** Public keys of a PEM text, one or more; throws CERTIFY_KEY_INVALID. A private key here is a mistake, and refused. */
export function parseTrust(pem: string, name: string): Trust {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem)) {
    throw keyInvalid(
      `${name} holds a private key where a public one is asked for`,
      'give the .pub file; and if others could read this one, make a new pair',
    );
  }
  const blocks = pem.match(/-----BEGIN PUBLIC KEY-----[\s\S]+?-----END PUBLIC KEY-----/g) ?? [];
  if (blocks.length === 0) throw keyInvalid(`${name} holds no PEM block "PUBLIC KEY"`, wanted);
  return {
    keys: blocks.map((block, index) => trustedKey(block, blocks.length === 1 ? name : `${name}#${index + 1}`)),
  };
}

function trustedKey(pem: string, name: string): TrustedKey {
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch (error) {
    throw keyInvalid(`the public key ${name} cannot be read: ${messageOf(error)}`, wanted, { cause: error });
  }
  return { name, algorithm: algorithmOf(key, name), hint: hintOf(key), key };
}

/** Reads public keys from files; throws CERTIFY_KEY_MISSING or CERTIFY_KEY_INVALID. */
export async function loadTrust(system: Pick<System, 'files'>, paths: readonly string[]): Promise<Trust> {
  const keys: TrustedKey[] = [];
  for (const path of paths) keys.push(...parseTrust(await readKeyFile(system, path), path).keys);
  return { keys };
}

/** Text of a key file; throws CERTIFY_KEY_MISSING. */
export async function readKeyFile(system: Pick<System, 'files'>, path: string): Promise<string> {
  try {
    return await system.files.readText(path);
  } catch (error) {
    const why = hasCode(error, 'ENOENT', 'ENOTDIR') ? 'is not there' : `cannot be read: ${messageOf(error)}`;
    throw keyMissing(`the key file ${path} ${why}`, 'check the path and its mode; assay key makes a pair', {
      cause: error,
    });
  }
}

/** True when the key made this signature over these bytes. */
export function verifySignature(trusted: TrustedKey, bytes: Uint8Array, signature: Uint8Array): boolean {
  const algorithm = trusted.algorithm === 'ed25519' ? null : 'sha256';
  return verify(algorithm, bytes, { key: trusted.key, dsaEncoding: 'der' }, signature);
}
