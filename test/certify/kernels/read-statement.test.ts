import { describe, expect, it } from 'vitest';
import { digestOf } from '../../../src/base/digest.ts';
import { blessingStatement } from '../../../src/certify/kernels/blessing.ts';
import { claimedFingerprint, readKernelStatement } from '../../../src/certify/kernels/read-statement.ts';
import { testResultStatement } from '../../../src/certify/statement.ts';
import { goodEvidence, goodRun, policyOf } from '../example.ts';
import {
  administrator,
  blessing,
  fileOf,
  fingerprint,
  predicate,
  revocation,
  stranger,
  tampered,
  trust,
} from './kernel-example.ts';

describe('readKernelStatement', () => {
  it('gives what was signed', async () => {
    const file = await blessing();
    expect(readKernelStatement(file, trust)).toEqual({
      ...predicate,
      kind: 'blessing',
      file: file.name,
      digest: digestOf(file.bytes),
      key: 'the signing key',
      hint: administrator.hint,
      fingerprint,
    });
    expect(readKernelStatement(await revocation('2026-11-10T00:00:00Z'), trust)).toMatchObject({
      kind: 'revocation',
      fingerprint,
      reason: 'it loses packets',
    });
  });

  it('counts nothing that another key signed, and still shows what it claims', async () => {
    const read = readKernelStatement(await blessing({}, stranger), trust);
    expect(read).toMatchObject({ kind: 'untrusted', claims: { fingerprint, kind: 'blessing', release: '6.1.0-28' } });
    expect(claimedFingerprint(read)).toBe(fingerprint);
    expect(readKernelStatement(await blessing(), { keys: [] })).toMatchObject({ kind: 'untrusted' });
  });

  it('knows a changed one from a foreign one', async () => {
    const changed = tampered(await blessing(), '2026-12-31', '2036-12-31');
    expect(readKernelStatement(changed, trust)).toMatchObject({
      kind: 'altered',
      why: expect.stringContaining('changed after it was signed'),
    });
  });

  it.each<[string, () => Promise<Parameters<typeof readKernelStatement>[0]>, RegExp]>([
    ['an empty file', async () => ({ name: 'x.json', bytes: Buffer.from('') }), /not JSON/],
    ['half a file', async () => ({ name: 'x.json', bytes: (await blessing()).bytes.subarray(0, 200) }), /not JSON/],
    ['another JSON', async () => ({ name: 'x.json', bytes: Buffer.from('{}') }), /not a Sigstore bundle/],
    ['a file that could not be read', async () => ({ name: 'x.json', unreadable: 'EACCES' }), /EACCES/],
    [
      'a test result',
      async () => fileOf(testResultStatement(goodEvidence, goodRun, policyOf())),
      /a kind unknown here/,
    ],
    ['lines that give another digest', () => fileOf(blessingStatement(digestOf('x'), predicate)), /do not give its/],
    ['an end before its beginning', () => blessing({ until: '2026-10-01T00:00:00Z' }), /times of the blessing/],
    ['an end that is no time', () => blessing({ until: 'for ever' }), /times of the blessing/],
    ['a revocation without time', () => revocation('now'), /time of the revocation/],
    ['a blessing without reason', () => blessing({ reason: '' }), /not as this Assay reads it/],
    [
      'two subjects',
      async () => {
        const statement = blessingStatement(fingerprint, predicate);
        return fileOf({ ...statement, subject: [...statement.subject, { name: 'x' }] });
      },
      /no fingerprint/,
    ],
  ])('cannot read %s', async (_, make, why) => {
    expect(readKernelStatement(await make(), trust)).toMatchObject({
      kind: 'unreadable',
      why: expect.stringMatching(why),
    });
  });
});
