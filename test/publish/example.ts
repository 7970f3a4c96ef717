/** A candidate, its decision and its signed attestations, for tests of promotion. */
import type { Attestation } from '../../src/certify/bundle.ts';
import { makeBundle } from '../../src/certify/bundle.ts';
import { type Decision, gate } from '../../src/certify/certify.ts';
import type { Evidence } from '../../src/certify/evidence.ts';
import { ownTrust, type Signer } from '../../src/certify/signer.ts';
import { testResultStatement, verificationSummaryStatement } from '../../src/certify/statement.ts';
import type { RawManifest } from '../../src/oci/descriptor.ts';
import type { Repository } from '../../src/oci/registry.ts';
import type { PromotionRequest } from '../../src/publish/promotion.ts';
import { goodEvidence, goodRun, newSigner, now, policyOf } from '../certify/example.ts';

export const signer = newSigner();
export const trust = ownTrust(signer);

export function evidenceOf(source: string, raw: RawManifest, tag = '1.2'): Evidence {
  return {
    ...goodEvidence,
    candidate: { name: `${source}:${tag}`, repository: source, tag, digest: raw.digest, resolved: raw.digest },
    tagNow: { digest: raw.digest },
    runs: [{ ...goodRun, tested: raw.digest }],
  };
}

export async function signedOf(
  evidence: Evidence,
  decision: Decision,
  resource: string,
  by: Signer = signer,
): Promise<readonly Attestation[]> {
  const policy = policyOf();
  const results = evidence.runs.map((run) => testResultStatement(evidence, run, policy));
  const options = { resource, verifier: policy.verifier, assayVersion: '0.1.0', testResults: results };
  const summary = verificationSummaryStatement(evidence, decision, options);
  return Promise.all([summary, ...results].map((statement) => makeBundle(statement, by)));
}

/** A request for a promotion as a gate's job would make it at some time. */
export async function requestOf(
  source: Repository,
  target: Repository,
  raw: RawManifest,
  change: Partial<PromotionRequest> = {},
  at = now,
): Promise<PromotionRequest> {
  const evidence = evidenceOf(source.name, raw);
  const decision = gate(evidence, policyOf(), at);
  const attestations = await signedOf(evidence, decision, target.name);
  return { decision, source, target, tag: 'v1', attestations, trust, taken: 'refuse', now: at, ...change };
}
