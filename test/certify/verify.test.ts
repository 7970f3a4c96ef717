import { describe, expect, it } from 'vitest';
import { canonicalJson, hexOf } from '../../src/base/digest.ts';
import { makeBundle } from '../../src/certify/bundle.ts';
import { gate } from '../../src/certify/certify.ts';
import { signEnvelope } from '../../src/certify/dsse.ts';
import { ownTrust } from '../../src/certify/signer.ts';
import {
  type Statement,
  sameClaim,
  statementBytes,
  testResultStatement,
  testResultType,
  verificationSummaryStatement,
  verificationSummaryType,
} from '../../src/certify/statement.ts';
import { verify } from '../../src/certify/verify.ts';
import { digest, goodEvidence, goodRun, newSigner, now, policyOf, tested, withRun } from './example.ts';

const policy = policyOf();
const signer = newSigner();
const trust = ownTrust(signer);
const testResult = testResultStatement(goodEvidence, goodRun, policy);
const options = {
  resource: 'registry.example/blessed/app',
  verifier: policy.verifier,
  assayVersion: '0.1.0',
  testResults: [testResult],
};
const summary = verificationSummaryStatement(goodEvidence, gate(goodEvidence, policy, now), options);

describe('testResultStatement', () => {
  it('names what was tested, how, and with what result', () => {
    expect(testResult).toMatchObject({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: 'registry.example/dev/app', digest: { sha256: hexOf(tested) } }],
      predicateType: testResultType,
      predicate: {
        result: 'PASSED',
        passedTests: ['lammps/melt ranks=2', 'lammps/melt ranks=4'],
        warnedTests: [],
        failedTests: [],
      },
    });
    const names = (testResult.predicate.configuration as { name: string }[]).map(({ name }) => name);
    expect(names).toEqual([
      'baseline',
      'host-library:/usr/lib/libfabric.so.1',
      'journal:r1',
      'policy:production',
      'site:hpc1',
      'suite:lammps',
    ]);
  });

  it('never says PASSED of anything less', () => {
    const result = (change: Parameters<typeof withRun>[0]) => {
      const evidence = withRun(change);
      return testResultStatement(evidence, evidence.runs[0] ?? goodRun, policy).predicate.result;
    };
    const cases = (verdict: 'fail' | 'invalid' | 'error' | 'skip') => [
      ...goodRun.cases.slice(1),
      { ...goodRun.cases[0], name: 'x', suite: 'lammps', reason: '', findings: [], verdict },
    ];
    expect(result({ cases: cases('fail') })).toBe('FAILED');
    expect(result({ cases: cases('invalid') })).toBe('FAILED');
    expect(result({ cases: cases('error') })).toBe('WARNED');
    expect(result({ cases: cases('skip') })).toBe('WARNED');
    expect(result({ cases: [] })).toBe('WARNED');
    expect(result({ performance: [{ case: 'x', metric: 'm', outcome: 'reject', message: '' }] })).toBe('FAILED');
  });

  it('is the same bytes for the same evidence in another order of keys', () => {
    const shuffled = JSON.parse(JSON.stringify(goodEvidence, Object.keys(flatKeys(goodEvidence)).reverse()));
    expect(
      statementBytes(testResultStatement(shuffled, shuffled.runs[0], policy)).equals(statementBytes(testResult)),
    ).toBe(true);
  });
});

describe('verificationSummaryStatement', () => {
  it('points at the test results and the policy', () => {
    expect(summary.predicate).toMatchObject({
      verificationResult: 'PASSED',
      timeVerified: now,
      policy: { uri: 'urn:assay:policy:production', digest: { sha256: hexOf(policy.digest) } },
      resourceUri: 'oci://registry.example/blessed/app',
      verifiedLevels: ['ASSAY_ACCEPTED'],
    });
  });

  it('says FAILED for anything but promote', () => {
    const evidence = { ...goodEvidence, runs: [] };
    const decision = gate(evidence, policy, now);
    expect(verificationSummaryStatement(evidence, decision, options).predicate.verificationResult).toBe('FAILED');
  });

  it('shows the bootstrap rule and untested platforms', () => {
    const lax = policyOf(
      'policy: p\nsuites: [{name: lammps}]\nbootstrap: {reason: the first image}\nuntested_platforms: leave-behind\n',
    );
    const evidence = { ...goodEvidence, blessedNow: 'none' as const, untestedPlatforms: ['linux/arm64'] };
    const { predicate } = verificationSummaryStatement(evidence, gate(evidence, lax, now), options);
    expect(predicate.verifiedLevels).toEqual(['ASSAY_ACCEPTED', 'ASSAY_BOOTSTRAP']);
    expect(predicate.assay_bootstrap).toEqual({ reason: 'the first image' });
    expect(predicate.assay_untestedPlatforms).toEqual(['linux/arm64']);
  });

  it('makes the same claim at another time, and another one for other evidence', () => {
    const later = verificationSummaryStatement(
      goodEvidence,
      gate(goodEvidence, policy, '2026-11-20T13:00:00Z'),
      options,
    );
    expect(sameClaim(later, summary)).toBe(true);
    expect(
      sameClaim(
        testResult,
        testResultStatement(
          withRun({ journalDigest: digest('x') }),
          { ...goodRun, journalDigest: digest('x') },
          policy,
        ),
      ),
    ).toBe(false);
  });
});

describe('verify', () => {
  const expected = { subject: tested, predicateTypes: [testResultType] };
  const refusal = async (bytes: Uint8Array, wanted = expected, by = trust) => {
    const verified = verify(bytes, by, wanted);
    return verified.outcome === 'refused' ? verified.reasons.join('; ') : 'verified';
  };
  const signed = async (body: string | Uint8Array, type = 'application/vnd.in-toto+json') =>
    bundleOf(await signEnvelope(type, Buffer.from(body), signer));
  const bundleOf = (dsseEnvelope: unknown, material: unknown = { publicKey: { hint: signer.hint } }) =>
    Buffer.from(
      JSON.stringify({
        mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
        verificationMaterial: material,
        dsseEnvelope,
      }),
    );

  it('accepts our own bundle, and tells the statement and the key', async () => {
    const { bytes } = await makeBundle(testResult, signer);
    const verified = verify(bytes, trust, expected);
    expect(verified.outcome === 'verified' && canonicalJson(verified.statement)).toBe(canonicalJson(testResult));
  });

  it('refuses another subject, another kind and another key, each with its reason', async () => {
    const { bytes } = await makeBundle(testResult, signer);
    expect(await refusal(bytes, { ...expected, subject: digest('other') })).toContain('another subject');
    expect(await refusal(bytes, { ...expected, predicateTypes: [verificationSummaryType] })).toContain('asked for');
    expect(await refusal(bytes, expected, ownTrust(newSigner()))).toContain('none of the trusted keys');
  });

  it('refuses a payload that was exchanged under its signature', async () => {
    const bundle = JSON.parse((await makeBundle(testResult, signer)).bytes.toString());
    const forged: Statement = { ...testResult, predicate: { ...testResult.predicate, result: 'FAILED' } };
    bundle.dsseEnvelope.payload = statementBytes(forged).toString('base64');
    expect(await refusal(Buffer.from(JSON.stringify(bundle)))).toContain('changed after it was signed');
  });

  it('refuses any flipped bit of the bundle, or says just what it said', async () => {
    const { bytes } = await makeBundle(testResult, signer);
    for (let at = 0; at < bytes.length; at += 37) {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ 4;
      const verified = verify(flipped, trust, expected);
      if (verified.outcome === 'verified') expect(canonicalJson(verified.statement)).toBe(canonicalJson(testResult));
    }
  });

  it.each([
    ['nothing', ''],
    ['not JSON', '{'],
    ['null', 'null'],
    ['an array', '[]'],
    ['another bundle', '{"mediaType":"application/x","verificationMaterial":{},"dsseEnvelope":{}}'],
  ])('refuses %s', async (_, text) => {
    expect(await refusal(Buffer.from(text))).not.toBe('verified');
  });

  it('refuses signed content that is no statement', async () => {
    expect(await refusal(await signed('{}'))).toContain('no statement');
    expect(await refusal(await signed('[1'))).toContain('not JSON');
    expect(await refusal(await signed(new Uint8Array([0xff, 0xfe])))).toContain('not JSON');
    expect(await refusal(await signed('{}', 'text/plain'))).toContain('not an in-toto statement');
    expect(
      await refusal(await signed(canonicalJson({ ...testResult, _type: 'https://in-toto.io/Statement/v2' }))),
    ).toContain('unknown version');
    expect(
      await refusal(
        await signed(canonicalJson({ ...testResult, subject: [{ name: 'x', digest: { sha512: hexOf(tested) } }] })),
      ),
    ).toContain('without sha256');
  });

  it('refuses a certificate, which offline nobody can check', async () => {
    const { dsseEnvelope } = JSON.parse((await makeBundle(testResult, signer)).bytes.toString());
    expect(await refusal(bundleOf(dsseEnvelope, { certificate: { rawBytes: 'AAAA' } }))).toContain('certificate');
  });
});

/** Every key that occurs anywhere in a value. */
function flatKeys(value: unknown): Record<string, true> {
  if (Array.isArray(value)) return Object.assign({}, ...value.map(flatKeys));
  if (typeof value !== 'object' || value === null) return {};
  return Object.assign({}, ...Object.entries(value).map(([key, member]) => ({ [key]: true, ...flatKeys(member) })));
}
