/** Verification of an image where it is: its attestations, found in its repository or layout and checked offline. */
import { type Digest, digestOf } from '../base/digest.ts';
import { type Statement, testResultType, verificationSummaryType } from '../certify/statement.ts';
import type { Trust } from '../certify/trust.ts';
import { type Verified, verify } from '../certify/verify.ts';
import type { Repository } from '../oci/registry.ts';
import { type FoundBundle, findBundles } from './attachment.ts';

/** One attestation that was found, verified or refused with its reasons. */
export interface CheckedAttestation {
  /** Digest of the manifest that refers to the image. */
  readonly manifest: Digest;
  /** Digest of the bundle's bytes, where they could be read. */
  readonly bundle?: Digest;
  readonly verified: Verified;
}

/** What can be said of an image from its attestations and the trusted keys alone. */
export interface Verification {
  readonly outcome: 'verified' | 'not-verified';
  readonly repository: string;
  /** Tag or digest asked for. */
  readonly reference: string;
  /** What it names; absent when there is nothing. */
  readonly digest?: Digest;
  /** The verified summary that decides, when there is one. */
  readonly summary?: Statement;
  readonly attestations: readonly CheckedAttestation[];
  /** Why not; empty when verified. */
  readonly reasons: readonly string[];
}

/** Kinds that must be there, verified: the gate's summary, and the test results it rests on. */
const requiredTypes: readonly string[] = [testResultType, verificationSummaryType];

/**
 * Verifies an image: at least one verified attestation of each kind asked for; the newest verified summary says PASSED; and the
 * test results it names are there. Attestations that do not verify are listed and count for nothing. Network errors throw.
 */
export async function verifyImage(
  repository: Repository,
  reference: string,
  trust: Trust,
  predicateTypes: readonly string[] = requiredTypes,
): Promise<Verification> {
  const about = { repository: repository.name, reference };
  const manifest = await repository.manifest(reference);
  if (!manifest) {
    const reasons = [`${repository.name} has no ${reference}`];
    return { ...about, outcome: 'not-verified', attestations: [], reasons };
  }
  const attestations = await checkAttestations(repository, manifest.digest, trust);
  const summary = newestSummary(statementsOf(attestations));
  const reasons = reasonsAgainst(attestations, summary, predicateTypes);
  return {
    ...about,
    outcome: reasons.length === 0 ? 'verified' : 'not-verified',
    digest: manifest.digest,
    ...(summary && { summary }),
    attestations,
    reasons:
      reasons.length > 0 && manifest.mediaType.match(/index|manifest\.list/)
        ? [...reasons, 'it is an index; evidence is about the manifest of one platform: name that digest']
        : reasons,
  };
}

/** Exit status of the command line: 0 verified, 1 not. */
export function verificationExitCode(verification: Verification): 0 | 1 {
  return verification.outcome === 'verified' ? 0 : 1;
}

/** Every bundle that refers to an image, checked against the keys and the image. */
export async function checkAttestations(
  repository: Repository,
  subject: Digest,
  trust: Trust,
): Promise<readonly CheckedAttestation[]> {
  return (await findBundles(repository, subject)).map((found) => checkBundle(found, subject, trust));
}

function checkBundle(found: FoundBundle, subject: Digest, trust: Trust): CheckedAttestation {
  if ('unreadable' in found)
    return { manifest: found.manifest, verified: { outcome: 'refused', reasons: [found.unreadable] } };
  const verified = verify(found.bytes, trust, { subject, predicateTypes: [] });
  return { manifest: found.manifest, bundle: digestOf(found.bytes), verified };
}

function statementsOf(attestations: readonly CheckedAttestation[]): readonly Statement[] {
  return attestations.flatMap(({ verified }) => (verified.outcome === 'verified' ? [verified.statement] : []));
}

/** A later FAILED withdraws an earlier PASSED; of two of one time, the one that is not PASSED counts. */
function newestSummary(statements: readonly Statement[]): Statement | undefined {
  return statements
    .filter(({ predicateType }) => predicateType === verificationSummaryType)
    .sort((a, b) => timeOf(b) - timeOf(a) || Number(passed(a)) - Number(passed(b)))[0];
}

/** A summary whose time cannot be read counts as the newest: it must not be outlived by what it may withdraw. */
function timeOf({ predicate }: Statement): number {
  const time = Date.parse(String(predicate.timeVerified));
  return Number.isNaN(time) ? Number.MAX_SAFE_INTEGER : time;
}

function passed({ predicate }: Statement): boolean {
  return predicate.verificationResult === 'PASSED';
}

/** A test result that is not PASSED speaks against the image, however well it is signed. */
function failed({ predicateType, predicate }: Statement): boolean {
  return predicateType === testResultType && predicate.result !== 'PASSED';
}

function reasonsAgainst(
  attestations: readonly CheckedAttestation[],
  summary: Statement | undefined,
  predicateTypes: readonly string[],
): readonly string[] {
  const statements = statementsOf(attestations);
  const refused = attestations.length - statements.length;
  const beside = refused > 0 ? ` (${refused} found and refused)` : '';
  const missing = predicateTypes
    .filter((type) => !statements.some((statement) => statement.predicateType === type && !failed(statement)))
    .map((type) => `no verified attestation of the kind ${type} that is in its favour${beside}`);
  if (!summary || !predicateTypes.includes(verificationSummaryType)) return missing;
  if (!passed(summary)) return [...missing, `the newest summary says ${String(summary.predicate.verificationResult)}`];
  return [...missing, ...inputReasons(attestations, summary)];
}

/** The test results that a summary rests on must be there, signed: a summary alone would point at nothing. */
function inputReasons(attestations: readonly CheckedAttestation[], summary: Statement): readonly string[] {
  const there = new Set(
    attestations.flatMap(({ verified }) => (verified.outcome === 'verified' ? [verified.digest] : [])),
  );
  const inputs = summary.predicate.inputAttestations;
  if (!Array.isArray(inputs) || inputs.length === 0) return ['the summary names no test result'];
  return inputs.flatMap((input: { readonly digest?: { readonly sha256?: unknown } } | null) => {
    const digest = `sha256:${String(input?.digest?.sha256)}`;
    return (there as ReadonlySet<string>).has(digest)
      ? []
      : [`the test result ${digest}, which the summary names, is not there`];
  });
}
