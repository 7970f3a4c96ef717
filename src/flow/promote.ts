/** `assay promote`: gates again, signs what was found, and brings the image into the blessed repository. */
import type { Attestation } from '../certify/bundle.ts';
import { makeBundle } from '../certify/bundle.ts';
import { loadSigner, ownTrust, type PassphraseSource } from '../certify/signer.ts';
import { testResultStatement, verificationSummaryStatement } from '../certify/statement.ts';
import { promote as publish } from '../publish/promotion.ts';
import type { NotPromoted, Receipt } from '../publish/publish.ts';
import type { System } from '../system/system.ts';
import { type Gated, type GateRequest, gate } from './gate.ts';

/** What a promotion is asked for beside the gate. */
export interface PromoteRequest extends GateRequest {
  /** File of the private key. */
  readonly key: string;
  readonly passphrase?: PassphraseSource;
  /** Whether a tag that names another image may be moved to this one. */
  readonly move: boolean;
}

/** The decision, and what came of it; no receipt when the gate did not promote. */
export interface Promoted {
  readonly gated: Gated;
  readonly receipt?: Receipt | NotPromoted;
}

/** Promotes, or tells why not. The key is read before anything is asked or written, so that a bad one stops nothing halfway. */
export async function promote(system: System, request: PromoteRequest, version: string): Promise<Promoted> {
  const signer = await loadSigner(system, request.key, request.passphrase);
  const gated = await gate(system, request);
  const { decision, evidence, policy, source, target, to } = gated;
  if (decision.outcome !== 'promote' || !source) return { gated };
  const testResults = evidence.runs.map((run) => testResultStatement(evidence, run, policy));
  const summary = verificationSummaryStatement(evidence, decision, {
    resource: target.name,
    verifier: policy.verifier,
    assayVersion: version,
    testResults,
  });
  const attestations: Attestation[] = [];
  for (const statement of [...testResults, summary]) attestations.push(await makeBundle(statement, signer));
  system.log.progress(`promoting ${decision.candidate.digest} to ${target.name}:${to.tag}`);
  const receipt = await publish({
    decision,
    source,
    target,
    tag: to.tag,
    attestations,
    trust: ownTrust(signer),
    taken: request.move ? 'move' : 'refuse',
    now: system.clock.now(),
  });
  return { gated, receipt };
}
