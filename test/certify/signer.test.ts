import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HarnessError } from '../../src/base/error.ts';
import { Secret } from '../../src/base/secret.ts';
import { openEnvelope, signEnvelope } from '../../src/certify/dsse.ts';
import { generateKeyPair, loadSigner, type PassphraseSource, writeKeyPair } from '../../src/certify/signer.ts';
import { loadTrust, parseTrust } from '../../src/certify/trust.ts';
import { processEnvironment } from '../../src/system/environment.ts';
import { realFiles } from '../../src/system/files.ts';

let directory = '';
const passphrase = 'correct horse battery';
const system = {
  files: realFiles,
  environment: { ...processEnvironment(), variables: { KEY_PASSPHRASE: passphrase, EMPTY: '' } },
};

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'assay-keys-'));
});

afterAll(() => rmSync(directory, { recursive: true }));

async function failure(work: Promise<unknown>): Promise<HarnessError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof HarnessError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

async function pairAt(name: string, algorithm: 'ecdsa-p256' | 'ed25519' = 'ecdsa-p256', secret?: Secret) {
  return writeKeyPair(system, join(directory, name), generateKeyPair(algorithm, secret));
}

describe.each(['ecdsa-p256', 'ed25519'] as const)('a pair of kind %s', (algorithm) => {
  it('is written guarded, loads, and its public half verifies what its private half signs', async () => {
    const paths = await pairAt(`plain-${algorithm}`, algorithm);
    expect(statSync(paths.privateKey).mode & 0o777).toBe(0o600);
    const signer = await loadSigner(system, paths.privateKey);
    const envelope = await signEnvelope('text/plain', Buffer.from('x'), signer);
    expect(openEnvelope(envelope, await loadTrust(system, [paths.publicKey]))).toHaveProperty('body');
  });

  it('may be encrypted, with its passphrase from a variable or a file', async () => {
    const paths = await pairAt(`locked-${algorithm}`, algorithm, new Secret(passphrase));
    const file = join(directory, `passphrase-${algorithm}`);
    writeFileSync(file, `${passphrase}\nsecond line\n`, { mode: 0o600 });
    for (const source of [{ variable: 'KEY_PASSPHRASE' }, { file }] satisfies PassphraseSource[])
      expect((await loadSigner(system, paths.privateKey, source)).algorithm).toBe(algorithm);
    writeFileSync(file, 'wrong\n');
    for (const source of [undefined, { variable: 'EMPTY' }, { variable: 'UNSET' }, { file }]) {
      const error = await failure(loadSigner(system, paths.privateKey, source));
      expect(error.code).toBe('CERTIFY_KEY_LOCKED');
      expect(`${error.message}${error.hint}`).not.toContain(passphrase);
    }
    chmodSync(file, 0o644);
    expect((await failure(loadSigner(system, paths.privateKey, { file }))).code).toBe('CERTIFY_KEY_EXPOSED');
  });
});

describe('loadSigner', () => {
  it('refuses a key that others can get at, through a link too', async () => {
    const { privateKey } = await pairAt('exposed');
    const link = join(directory, 'link');
    symlinkSync(privateKey, link);
    expect((await loadSigner(system, link)).algorithm).toBe('ecdsa-p256');
    for (const mode of [0o640, 0o604, 0o660, 0o620, 0o644]) {
      chmodSync(privateKey, mode);
      for (const path of [privateKey, link]) {
        const error = await failure(loadSigner(system, path));
        expect(error.code).toBe('CERTIFY_KEY_EXPOSED');
        expect(error.hint).toContain(`chmod 600 ${privateKey}`);
      }
    }
  });

  it.each([
    ['nothing', ''],
    ['words', 'hello'],
    [
      'a cosign key',
      '-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n',
    ],
    ['a broken key', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'],
  ])('refuses %s', async (name, text) => {
    const path = join(directory, `bad ${name}`);
    writeFileSync(path, text, { mode: 0o600 });
    expect((await failure(loadSigner(system, path))).code).toBe('CERTIFY_KEY_INVALID');
  });

  it('refuses other kinds of keys', async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
    for (const key of [rsa, p384]) {
      const path = join(directory, 'another-kind');
      writeFileSync(path, key.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
      expect((await failure(loadSigner(system, path))).code).toBe('CERTIFY_KEY_INVALID');
    }
  });

  it('says when the file is not there', async () => {
    expect((await failure(loadSigner(system, join(directory, 'none')))).code).toBe('CERTIFY_KEY_MISSING');
  });
});

describe('writeKeyPair', () => {
  it('never overwrites either half', async () => {
    const { privateKey, publicKey } = await pairAt('once');
    const before = readFileSync(privateKey, 'utf8');
    expect((await failure(pairAt('once'))).code).toBe('CERTIFY_KEY_EXISTS');
    rmSync(publicKey);
    expect((await failure(pairAt('once'))).code).toBe('CERTIFY_KEY_EXISTS');
    expect(readFileSync(privateKey, 'utf8')).toBe(before);
  });
});

describe('parseTrust', () => {
  it('reads several keys of one file', () => {
    const pem = generateKeyPair().publicKey + generateKeyPair('ed25519').publicKey;
    expect(parseTrust(pem, 'k.pub').keys.map(({ name, algorithm }) => `${name} ${algorithm}`)).toEqual([
      'k.pub#1 ecdsa-p256',
      'k.pub#2 ed25519',
    ]);
  });

  it('refuses a private key, nothing, and a broken block', () => {
    const pair = generateKeyPair();
    for (const text of [pair.privateKey.reveal(), '', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----'])
      expect(() => parseTrust(text, 'k.pub')).toThrowError(expect.objectContaining({ code: 'CERTIFY_KEY_INVALID' }));
  });
});
