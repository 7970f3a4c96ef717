/**
 * in-toto Statements (in-toto/attestation spec/v1/statement.md) about an image: what the tests gave, and what the gate decided.
 * The same evidence gives the same bytes; the one time in them that is not the evidence's own is `timeVerified`.
 */
import { canonicalJson, type Digest, digestOf, hexOf } from '../base/digest.ts';
import type { Decision } from './certify.ts';
import { inTotoPayloadType } from './dsse.ts';
import type { Evidence, RunEvidence } from './evidence.ts';
import type { Policy } from './policy.ts';

/** in-toto test-result v0.1 (spec/predicates/test-result.md). */
export const testResultType = 'https://in-toto.io/attestation/test-result/v0.1';

/** SLSA verification summary v1 (slsa.dev/spec/v1.0/verification_summary). */
export const verificationSummaryType = 'https://slsa.dev/verification_summary/v1';

/** `_type` of the statements made here. */
export const statementType = 'https://in-toto.io/Statement/v1';

/** `_type` of statements that are read: v0.1 differs in nothing that is looked at, and cosign still writes it. */
export const statementTypes: readonly string[] = [statementType, 'https://in-toto.io/Statement/v0.1'];

/** What a statement points at; the digest is hex without a prefix, as in-toto writes it. */
export interface ResourceDescriptor {
  readonly name?: string;
  readonly uri?: string;
  readonly digest?: { readonly sha256: string };
  readonly mediaType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A statement about subjects, of a kind named by `predicateType`. */
export interface Statement {
  readonly _type: string;
  readonly subject: readonly ResourceDescriptor[];
  readonly predicateType: string;
  readonly predicate: Readonly<Record<string, unknown>>;
}

/** The bytes that are signed: canonical JSON. */
export function statementBytes(statement: Statement): Buffer {
  return Buffer.from(canonicalJson(statement));
}

/** Digest of a statement's bytes: how other statements point at it, whoever signed it. */
function statementDigest(statement: Statement): Digest {
  return digestOf(statementBytes(statement));
}

/** True when two statements say the same but for the time at which they were made. */
export function sameClaim(a: Statement, b: Statement): boolean {
  return canonicalJson(timeless(a)) === canonicalJson(timeless(b));
}

function timeless(statement: Statement): Statement {
  return { ...statement, predicate: { ...statement.predicate, timeVerified: undefined } };
}

/**
 * What the tests of one run gave: FAILED with a proven fault (fail, invalid, a proven slowdown), PASSED when every case passed,
 * else WARNED, which nobody promotes on. Everything else that passed with the image is in `configuration` and `assay_…`.
 */
export function testResultStatement(evidence: Evidence, run: RunEvidence, policy: Policy): Statement {
  const named = (...verdicts: readonly string[]) =>
    [...new Set(run.cases.filter(({ verdict }) => verdicts.includes(verdict)).map(({ name }) => name))].sort();
  const failed = named('fail', 'invalid');
  const passed = named('pass');
  const slower = run.performance.some(({ outcome }) => outcome === 'reject');
  const everyPassed = run.cases.length > 0 && run.cases.every(({ verdict }) => verdict === 'pass');
  return {
    _type: statementType,
    subject: [descriptor(evidence.candidate.repository, evidence.candidate.digest)],
    predicateType: testResultType,
    predicate: {
      result: failed.length > 0 || slower ? 'FAILED' : everyPassed ? 'PASSED' : 'WARNED',
      configuration: configurationOf(run, policy),
      passedTests: passed,
      warnedTests: named('error', 'skip'),
      failedTests: failed,
      assay_run: {
        id: run.id,
        site: run.site,
        startedAt: run.startedAt,
        endedAt: run.endedAt,
        version: run.assayVersion,
      },
      assay_performance: run.performance.map(({ case: name, metric, outcome }) => ({ case: name, metric, outcome })),
      assay_nodes: run.nodes.map(({ node, fingerprints }) => ({ node, fingerprints })),
      assay_untestedPlatforms: evidence.untestedPlatforms,
    },
  };
}

function configurationOf(run: RunEvidence, policy: Policy): readonly ResourceDescriptor[] {
  return [
    descriptor(`policy:${policy.name}`, policy.digest),
    descriptor(`site:${run.site}`, run.siteDigest),
    descriptor(`journal:${run.id}`, run.journalDigest),
    ...(run.baseline ? [descriptor('baseline', run.baseline)] : []),
    ...run.suites.map(({ name, digest }) => descriptor(`suite:${name}`, digest)),
    ...run.injected.map(({ path, digest }) => descriptor(`host-library:${path}`, digest)),
  ].sort((a, b) => ((a.name ?? '') < (b.name ?? '') ? -1 : 1));
}

/** What else a summary says. */
export interface SummaryOptions {
  /** Where the image is to be: `registry/repository`. */
  readonly resource: string;
  /** URI of who decides. */
  readonly verifier: string;
  readonly assayVersion: string;
  /** The test results it rests on. */
  readonly testResults: readonly Statement[];
}

/** What the gate decided: PASSED for `promote`, FAILED for anything else. */
export function verificationSummaryStatement(
  evidence: Evidence,
  decision: Decision,
  options: SummaryOptions,
): Statement {
  const passed = decision.outcome === 'promote';
  const { policy, bootstrap } = decision;
  return {
    _type: statementType,
    subject: [descriptor(options.resource, decision.candidate.digest)],
    predicateType: verificationSummaryType,
    predicate: {
      verifier: { id: options.verifier, version: { assay: options.assayVersion } },
      timeVerified: decision.decidedAt,
      resourceUri: `oci://${options.resource}`,
      policy: {
        uri: `urn:assay:policy:${policy.name}`,
        ...(policy.digest && { digest: { sha256: hexOf(policy.digest) } }),
      },
      inputAttestations: options.testResults.map((statement) => ({
        uri: statement.predicateType,
        // Of the signed statement, not of the bundle: an ECDSA signature differs each time it is made.
        digest: { sha256: hexOf(statementDigest(statement)) },
        mediaType: inTotoPayloadType,
      })),
      verificationResult: passed ? 'PASSED' : 'FAILED',
      verifiedLevels: passed ? ['ASSAY_ACCEPTED', ...(bootstrap ? ['ASSAY_BOOTSTRAP'] : [])] : [],
      slsaVersion: '1.0',
      assay_outcome: decision.outcome,
      assay_rules: decision.rules.map(({ rule, outcome }) => ({ rule, outcome })),
      ...(bootstrap && { assay_bootstrap: bootstrap }),
      ...(decision.kernels && { assay_kernels: decision.kernels }),
      assay_untestedPlatforms: evidence.untestedPlatforms,
    },
  };
}

function descriptor(name: string, digest: Digest): ResourceDescriptor {
  return { name, digest: { sha256: hexOf(digest) } };
}
