import { beforeEach, describe, expect, it } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { type Attestation, makeBundle } from '../../src/certify/bundle.ts';
import { gate } from '../../src/certify/certify.ts';
import { ownTrust } from '../../src/certify/signer.ts';
import { testResultType, verificationSummaryType } from '../../src/certify/statement.ts';
import { copyImage } from '../../src/oci/copy.ts';
import type { RawManifest } from '../../src/oci/descriptor.ts';
import { unreachable } from '../../src/oci/errors.ts';
import { attach } from '../../src/oci/referrers.ts';
import { attachmentOf } from '../../src/publish/attachment.ts';
import { promote } from '../../src/publish/promotion.ts';
import { verificationExitCode, verifyImage } from '../../src/publish/verification.ts';
import { newSigner, now, policyOf } from '../certify/example.ts';
import { evidenceOf, requestOf, signedOf, signer, trust } from './example.ts';
import { type MemoryRepository, memoryRepository, pushImage } from './memory-repository.ts';

let target: MemoryRepository;
let raw: RawManifest;

beforeEach(async () => {
  const source = memoryRepository('registry.example/dev/app');
  target = memoryRepository('registry.example/blessed/app');
  raw = await pushImage(source, '1.2');
  await promote(await requestOf(source, target, raw));
});

async function add(attestation: Attestation): Promise<void> {
  const { manifest, blobs } = attachmentOf(attestation, raw, now);
  await attach(target, manifest, blobs);
}

async function summaryAt(at: string, outcome: 'promote' | 'hold', by = signer): Promise<Attestation> {
  const evidence = evidenceOf('registry.example/dev/app', raw);
  const decision = { ...gate(evidence, policyOf(), at), outcome };
  const [summary] = await signedOf(evidence, decision, target.name, by);
  if (!summary) throw new Error('no summary');
  return summary;
}

async function reasons(reference = 'v1', by = trust): Promise<string> {
  const verification = await verifyImage(target, reference, by);
  expect(verificationExitCode(verification)).toBe(verification.reasons.length === 0 ? 0 : 1);
  return verification.reasons.join('; ');
}

describe('verifyImage', () => {
  it('verifies by tag and by digest', async () => {
    expect(await reasons()).toBe('');
    expect(await reasons(raw.digest)).toBe('');
    const verification = await verifyImage(target, 'v1', trust);
    expect(verification.summary?.predicate.verificationResult).toBe('PASSED');
    expect(verification.attestations.map(({ verified }) => verified.outcome)).toEqual(['verified', 'verified']);
  });

  it('says what is missing: the tag, the attestations, the key', async () => {
    expect(await reasons('v2')).toContain('has no v2');
    await pushImage(target, 'plain');
    expect(await reasons('plain')).toContain('no verified attestation');
    expect(await reasons('v1', ownTrust(newSigner()))).toContain('2 found and refused');
    expect(await reasons('v1', { keys: [] })).not.toBe('');
  });

  it('lists attestations that do not verify, and does not count them', async () => {
    await add(await summaryAt('2026-12-01T00:00:00Z', 'hold', newSigner()));
    await add({ bytes: Buffer.from('junk'), digest: digestOf('junk'), predicateType: 'https://example.org/x' });
    const verification = await verifyImage(target, 'v1', trust);
    expect(verification.outcome).toBe('verified');
    expect(verification.attestations.filter(({ verified }) => verified.outcome === 'refused').length).toBe(2);
  });

  it('lets a later summary withdraw an earlier one, and not the other way', async () => {
    await add(await summaryAt('2026-11-01T00:00:00Z', 'hold'));
    expect(await reasons()).toBe('');
    await add(await summaryAt('2026-12-01T00:00:00Z', 'hold'));
    expect(await reasons()).toContain('the newest summary says FAILED');
    await add(await summaryAt('2026-12-02T00:00:00Z', 'promote'));
    expect(await reasons()).toBe('');
  });

  it('counts a summary without a readable time as the newest', async () => {
    const predicate = { verificationResult: 'FAILED', timeVerified: 'never' };
    const subject = [{ digest: { sha256: raw.digest.slice(7) } }];
    const statement = {
      _type: 'https://in-toto.io/Statement/v1',
      subject,
      predicateType: verificationSummaryType,
      predicate,
    };
    await add(await makeBundle(statement, signer));
    expect(await reasons()).toContain('FAILED');
  });

  it('wants the test results that the summary names', async () => {
    const before = await verifyImage(target, 'v1', trust);
    const result = before.attestations.find(
      ({ verified }) => verified.outcome === 'verified' && verified.statement.predicateType !== verificationSummaryType,
    );
    if (!result?.bundle) throw new Error('no test result');
    target.manifests.delete(result.manifest);
    expect(await reasons()).toContain('which the summary names, is not there');
    const damaged = await verifyImage(target, 'v1', trust, [verificationSummaryType]);
    expect(damaged.outcome).toBe('not-verified');
  });

  it('finds nothing for another image in attestations moved to it', async () => {
    const other = await pushImage(target, 'other');
    for (const manifest of [...target.manifests.values()]) {
      const value = JSON.parse(manifest.bytes.toString());
      if (!value.subject) continue;
      value.subject.digest = other.digest;
      const bytes = Buffer.from(JSON.stringify(value));
      target.manifests.set(digestOf(bytes), { bytes, digest: digestOf(bytes), mediaType: manifest.mediaType });
    }
    expect(await reasons('other')).toContain('2 found and refused');
  });

  it('does not count a test result that failed', async () => {
    const other = await pushImage(target, 'failed');
    const subject = [{ digest: { sha256: other.digest.slice(7) } }];
    const statement = { _type: 'https://in-toto.io/Statement/v1', subject, predicateType: testResultType };
    for (const result of ['FAILED', 'WARNED', 'PASSED']) {
      const made = await makeBundle({ ...statement, predicate: { result, configuration: [] } }, signer);
      const { manifest, blobs } = attachmentOf(made, other, now);
      await attach(target, manifest, blobs);
      const { outcome } = await verifyImage(target, 'failed', trust, [testResultType]);
      expect(outcome).toBe(result === 'PASSED' ? 'verified' : 'not-verified');
    }
  });

  it('points at the platform when the reference names an index', async () => {
    const mediaType = 'application/vnd.oci.image.index.v1+json';
    const manifests = [{ mediaType: raw.mediaType, digest: raw.digest, size: raw.bytes.length }];
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests }));
    target.manifests.set(digestOf(bytes), { bytes, digest: digestOf(bytes), mediaType });
    expect(await reasons(digestOf(bytes))).toContain('it is an index');
  });

  it('does not take a registry that is down for one without attestations', async () => {
    target.hook = (call) => {
      if (call === 'blob') throw unreachable('the registry is down', 'try again');
    };
    await expect(verifyImage(target, 'v1', trust)).rejects.toMatchObject({ code: 'OCI_UNREACHABLE' });
  });

  it('verifies a copy that has no registry behind it', async () => {
    const copy = memoryRepository('oci:/media/usb/app', { referrers: 'none', tags: 'mutable' });
    await copyImage(target, copy, raw, { tag: 'v1' });
    expect((await verifyImage(copy, 'v1', trust)).outcome).toBe('not-verified');
    for (const { bytes, digest, mediaType } of target.manifests.values()) {
      const { subject, layers } = JSON.parse(bytes.toString());
      if (!subject) continue;
      const bundle = target.blobs.get(layers[0].digest);
      if (!bundle) throw new Error('no bundle');
      const predicateType = JSON.parse(bytes.toString()).annotations['dev.sigstore.bundle.predicateType'];
      const { manifest, blobs } = attachmentOf({ bytes: bundle, predicateType }, raw, now);
      expect(manifest).toEqual({ bytes, digest, mediaType });
      await attach(copy, manifest, blobs);
    }
    expect((await verifyImage(copy, 'v1', trust)).outcome).toBe('verified');
  });
});
