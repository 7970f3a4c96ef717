/** Signing keys: files in PKCS#8 PEM, guarded like an SSH key. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { messageOf } from '../base/error.ts';
import { Secret } from '../base/secret.ts';
import type { System } from '../system/system.ts';
import { keyExists, keyExposed, keyInvalid, keyLocked } from './errors.ts';
import { algorithmOf, hintOf, type KeyAlgorithm, readKeyFile, type Trust } from './trust.ts';

/** Something that signs. A key file is one; a key in hardware or a service would be another. */
export interface Signer {
  readonly algorithm: KeyAlgorithm;
  /** base64(SHA-256(SPKI DER)) of the public key. */
  readonly hint: string;
  /** PEM of the public key, to verify one's own work with. */
  readonly publicKey: string;
  readonly sign: (bytes: Uint8Array) => Promise<Buffer>;
}

/** Where a passphrase comes from: an environment variable or a file (its first line). Never a command line. */
export type PassphraseSource = { readonly variable: string } | { readonly file: string };

/** The key believed when only this signer's own signatures are: for reading one's own work back. */
export function ownTrust(signer: Signer): Trust {
  const key = createPublicKey(signer.publicKey);
  return { keys: [{ name: 'the signing key', algorithm: signer.algorithm, hint: signer.hint, key }] };
}

/** A signer over a private key in memory; throws CERTIFY_KEY_INVALID for a kind of key that Assay does not use. */
export function keySigner(privateKey: KeyObject, name: string): Signer {
  const algorithm = algorithmOf(privateKey, name);
  const publicKey = createPublicKey(privateKey);
  return {
    algorithm,
    hint: hintOf(publicKey),
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    sign: async (bytes) =>
      sign(algorithm === 'ed25519' ? null : 'sha256', bytes, { key: privateKey, dsaEncoding: 'der' }),
  };
}

/**
 * A signer over a key file. Throws CERTIFY_KEY_MISSING, CERTIFY_KEY_EXPOSED when anybody but its owner may read or write it,
 * CERTIFY_KEY_LOCKED without its passphrase, CERTIFY_KEY_INVALID for anything that is no private key of a kind in use.
 */
export async function loadSigner(
  system: Pick<System, 'files' | 'environment'>,
  path: string,
  passphrase?: PassphraseSource,
): Promise<Signer> {
  const pem = await readPrivateFile(system, path, 'the private key');
  if (/-----BEGIN ENCRYPTED (?:SIGSTORE|COSIGN) PRIVATE KEY-----/.test(pem)) {
    throw keyInvalid(
      `${path} is a key in cosign's own encrypted form`,
      'Assay reads PKCS#8: make a pair with assay key, or one with openssl genpkey, and trust its public key',
    );
  }
  const encrypted = pem.includes('-----BEGIN ENCRYPTED PRIVATE KEY-----');
  if (encrypted && !passphrase) {
    throw keyLocked(`${path} is encrypted`, 'name the variable or the file that holds its passphrase');
  }
  const secret = encrypted && passphrase ? await readPassphrase(system, passphrase) : undefined;
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: pem, format: 'pem', ...(secret && { passphrase: secret.reveal() }) });
  } catch (error) {
    // OpenSSL's own words for a wrong passphrase differ by version and by luck (bad decrypt, bad padding, bad tag).
    if (encrypted) throw keyLocked(`${path} cannot be opened with the passphrase given`, 'check the passphrase');
    throw keyInvalid(`${path} is no private key: ${messageOf(error)}`, 'give a PKCS#8 PEM file (BEGIN PRIVATE KEY)');
  }
  return keySigner(key, path);
}

async function readPrivateFile(system: Pick<System, 'files'>, path: string, what: string): Promise<string> {
  const real = await system.files.realPath(path).catch(() => path);
  const stat = await system.files.stat(real);
  const mode = stat ? stat.mode & 0o777 : 0;
  if (mode & 0o077) {
    throw keyExposed(
      `${what} ${path} has mode 0${mode.toString(8)}: others than its owner can get at it`,
      `chmod 600 ${real}; and if it ever was readable by others, make a new pair and withdraw the old public key`,
    );
  }
  return readKeyFile(system, real);
}

async function readPassphrase(
  system: Pick<System, 'files' | 'environment'>,
  source: PassphraseSource,
): Promise<Secret> {
  if ('file' in source) {
    const text = await readPrivateFile(system, source.file, 'the passphrase file');
    return new Secret(text.split(/\r?\n/, 1)[0] ?? '');
  }
  const value = system.environment.variables[source.variable];
  if (value === undefined || value === '') {
    throw keyLocked(
      `the variable ${source.variable}, which should hold the passphrase, is empty`,
      `set ${source.variable} (in GitLab: a masked, protected variable)`,
    );
  }
  return new Secret(value);
}

/** A fresh pair in PEM: PKCS#8 (encrypted with AES-256 when there is a passphrase) and SPKI. */
export interface KeyPair {
  readonly privateKey: Secret;
  readonly publicKey: string;
}

/** Makes a pair. Cosign verifies with either kind; ECDSA P-256 is the one it makes itself. */
export function generateKeyPair(algorithm: KeyAlgorithm = 'ecdsa-p256', passphrase?: Secret): KeyPair {
  const pair =
    algorithm === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const guard = passphrase ? { cipher: 'aes-256-cbc', passphrase: passphrase.reveal() } : {};
  return {
    privateKey: new Secret(pair.privateKey.export({ type: 'pkcs8', format: 'pem', ...guard }).toString()),
    publicKey: pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}

/** Writes a pair as PATH (mode 0600) and PATH.pub; throws CERTIFY_KEY_EXISTS rather than overwrite either. */
export async function writeKeyPair(
  system: Pick<System, 'files'>,
  path: string,
  pair: KeyPair,
): Promise<{ readonly privateKey: string; readonly publicKey: string }> {
  const publicPath = `${path}.pub`;
  const taken = (where: string) =>
    keyExists(`${where} is there already`, 'name another file; what was signed with an old key needs its public part');
  if (await system.files.stat(publicPath)) throw taken(publicPath);
  if (!(await system.files.createExclusive(path, pair.privateKey.reveal(), 0o600))) throw taken(path);
  if (!(await system.files.createExclusive(publicPath, pair.publicKey, 0o644))) throw taken(publicPath);
  return { privateKey: path, publicKey: publicPath };
}
