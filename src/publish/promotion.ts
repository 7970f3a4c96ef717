/**
 * Promotion: copy by digest, attach, look, tag, look again. In this order, so that whatever breaks on the way, the tag never names an
 * image without its listed attestations; and every step looks first, so that doing it again finishes what was begun.
 */
import { type Digest, digestOf } from '../base/digest.ts';
import type { Attestation } from '../certify/bundle.ts';
import type { Decision } from '../certify/certify.ts';
import { type Statement, sameClaim, testResultType, verificationSummaryType } from '../certify/statement.ts';
import type { Trust } from '../certify/trust.ts';
import { verify } from '../certify/verify.ts';
import { copyImage } from '../oci/copy.ts';
import type { Descriptor, Manifest, RawManifest } from '../oci/descriptor.ts';
import { attach } from '../oci/referrers.ts';
import type { Repository } from '../oci/registry.ts';
import { attachmentOf } from './attachment.ts';
import { type ReadCandidate, readCandidate } from './candidate.ts';
import { attestationUnusable, notAsPushed, sameRepository, tagRaced, tagTaken, wrongSource } from './errors.ts';
import type { NotPromoted, PublishedAttestation, Receipt } from './publish.ts';
import { checkAttestations } from './verification.ts';

/** What is to be promoted, where to, and under which tag. */
export interface PromotionRequest {
  readonly decision: Decision;
  /** The candidate's repository. */
  readonly source: Repository;
  /** The blessed one. */
  readonly target: Repository;
  readonly tag: string;
  /** Bundles, signed already: the test results, and the summary that says PASSED. */
  readonly attestations: readonly Pick<Attestation, 'bytes'>[];
  /** The public key that others will verify with. */
  readonly trust: Trust;
  /** Whether a tag that names another image may be moved. */
  readonly taken: 'refuse' | 'move';
  /** ISO 8601 UTC. */
  readonly now: string;
}

/**
 * Promotes. The receipt tells what was read back. Throws PUBLISH_… for what the user or site can mend and the registry's own
 * errors; after any of them the same call again finishes the work.
 */
export async function promote(request: PromotionRequest): Promise<Receipt | NotPromoted> {
  const { decision, source, target, tag } = request;
  if (decision.outcome !== 'promote')
    return { outcome: decision.outcome, reason: `the gate decided ${decision.outcome}` };
  checkRepositories(request);
  const claims = readClaims(request);
  const image = await readCandidate(source, decision.candidate);
  if ('outcome' in image) return image;
  const before = (await target.manifest(tag))?.digest;
  checkTaken(request, before);
  const missing = await missingOf(target, image);
  if (missing.length > 0) await copyImage(source, target, image.raw);
  const attached = await attachMissing(request, image.raw, claims);
  await readBack(request, image, claims);
  const tagged = await giveTag(request, image.raw);
  const attestations = await readBack(request, image, claims);
  await checkTag(request);
  const blobs = blobsOf(image.manifest);
  return {
    outcome: missing.length > 0 || attached > 0 || tagged === 'given' ? 'promoted' : 'already-there',
    repository: target.name,
    tag,
    digest: image.raw.digest,
    ...(before && before !== image.raw.digest && { previous: before }),
    source: { repository: source.name, ...(decision.candidate.tag && { tag: decision.candidate.tag }) },
    blobs: { count: blobs.length, bytes: blobs.reduce((sum, { size }) => sum + size, 0) },
    attestations,
    policy: decision.policy,
    decidedAt: decision.decidedAt,
    promotedAt: request.now,
  };
}

function checkRepositories({ decision, source, target }: PromotionRequest): void {
  if (source.name !== decision.candidate.repository) {
    throw wrongSource(
      `the decision is about ${decision.candidate.repository}; ${source.name} was given to copy from`,
      'promote from the repository that was tested, or gate the other one',
    );
  }
  if (placeOf(source) === placeOf(target)) {
    throw sameRepository(
      `${target.name} holds the candidate; promoting into it would bless whatever is pushed there`,
      'name another repository, one that only the promotion job may push to',
    );
  }
}

/** One name for one place: hosts ignore case, and their usual ports may be written or not. */
function placeOf({ name }: Repository): string {
  return name.startsWith('oci:') ? name : name.toLowerCase().replace(/^([^/]+):(?:443|80)\//, '$1/');
}

/** A claim to be published: the signed bytes with the statement in them. */
interface Claim {
  readonly attestation: Pick<Attestation, 'bytes' | 'predicateType'>;
  readonly statement: Statement;
}

/** Nothing is written for attestations that others could not verify afterwards. Test results first, the summary last. */
function readClaims({ attestations, trust, decision }: PromotionRequest): readonly Claim[] {
  const hint = 'sign with the private half of the key given for verification, for this image';
  const claims = attestations.map(({ bytes }, index) => {
    const verified = verify(bytes, trust, { subject: decision.candidate.digest, predicateTypes: [] });
    if (verified.outcome === 'refused')
      throw attestationUnusable(`attestation ${index + 1} does not verify: ${verified.reasons.join('; ')}`, hint);
    const { statement } = verified;
    return { attestation: { bytes, predicateType: statement.predicateType }, statement };
  });
  const ofKind = (type: string) => claims.filter(({ statement }) => statement.predicateType === type);
  const [summary, ...others] = ofKind(verificationSummaryType);
  if (ofKind(testResultType).length === 0) throw attestationUnusable('no test result is given to attach', hint);
  if (!summary || others.length > 0 || summary.statement.predicate.verificationResult !== 'PASSED')
    throw attestationUnusable('exactly one summary that says PASSED must be given to attach', hint);
  if (summary.statement.predicate.timeVerified !== decision.decidedAt)
    throw attestationUnusable('the summary is of another decision', 'give the attestations made with this decision');
  return [...claims.filter((claim) => claim !== summary), summary];
}

function checkTaken({ target, tag, taken, decision }: PromotionRequest, named: Digest | undefined): void {
  if (named === undefined || named === decision.candidate.digest || taken === 'move') return;
  throw tagTaken(
    `${target.name}:${tag} names ${named} already, not ${decision.candidate.digest}`,
    'promote under another tag, or ask for the move explicitly',
  );
}

/** Attaches what is not said there already by a trusted key; how many. */
async function attachMissing(
  { target, trust, decision }: PromotionRequest,
  raw: RawManifest,
  claims: readonly Claim[],
): Promise<number> {
  const there = await publishedOf(target, raw.digest, trust);
  const missing = claims.filter(({ statement }) => !there.some((other) => sameClaim(other.statement, statement)));
  for (const { attestation } of missing) {
    const { manifest, blobs } = attachmentOf(attestation, raw, decision.decidedAt);
    await attach(target, manifest, blobs);
  }
  return missing.length;
}

async function publishedOf(
  target: Repository,
  subject: Digest,
  trust: Trust,
): Promise<readonly { readonly statement: Statement; readonly as: PublishedAttestation }[]> {
  return (await checkAttestations(target, subject, trust)).flatMap(({ manifest, bundle, verified }) => {
    if (verified.outcome !== 'verified' || !bundle) return [];
    const { statement, digest } = verified;
    return [{ statement, as: { predicateType: statement.predicateType, manifest, bundle, statement: digest } }];
  });
}

/** What the target lacks of an image, in words; empty when its manifest and every blob are there. */
async function missingOf(target: Repository, { raw, manifest }: ReadCandidate): Promise<readonly string[]> {
  const missing: string[] = [];
  for (const { digest, size } of blobsOf(manifest)) {
    const there = await target.blobSize(digest);
    if (there === undefined) missing.push(`the blob ${digest}`);
    else if (there !== size) missing.push(`the blob ${digest}, which has ${there} bytes and should have ${size}`);
  }
  const copy = await target.manifest(raw.digest);
  if (!copy) missing.push(`the manifest ${raw.digest}`);
  else if (!copy.bytes.equals(raw.bytes) || digestOf(copy.bytes) !== raw.digest)
    missing.push(`the manifest ${raw.digest}, whose bytes differ`);
  return missing;
}

/** Configuration and layers, each once: images name one empty layer many times. */
function blobsOf({ config, layers }: Manifest): readonly Descriptor[] {
  return [...new Map([config, ...layers].map((descriptor) => [descriptor.digest, descriptor])).values()];
}

/** Reads everything back but the tag; throws PUBLISH_NOT_AS_PUSHED. */
async function readBack(
  { target, trust }: PromotionRequest,
  image: ReadCandidate,
  claims: readonly Claim[],
): Promise<readonly PublishedAttestation[]> {
  const missing = [...(await missingOf(target, image))];
  const published = await publishedOf(target, image.raw.digest, trust);
  const found = claims.map(({ statement }) => published.find((other) => sameClaim(other.statement, statement))?.as);
  const attestations = found.filter((item) => item !== undefined);
  if (attestations.length < claims.length) missing.push('an attestation among the referrers that verifies');
  if (missing.length === 0) return attestations;
  throw notAsPushed(
    `${target.name} was written and does not give back: ${missing.join('; ')}`,
    'promote again; if it stays, the registry loses or changes what it is given',
  );
}

/** Gives the tag unless it is right already: writing an immutable tag again is refused (409) even for the same digest. */
async function giveTag(request: PromotionRequest, raw: RawManifest): Promise<'given' | 'right-already'> {
  const { target, tag } = request;
  const named = (await target.manifest(tag))?.digest;
  if (named === raw.digest) return 'right-already';
  checkTaken(request, named);
  try {
    await target.putManifest(raw, tag);
  } catch (error) {
    // The answer may have been lost after the registry did it, or another promotion of this image was faster.
    const after = await target.manifest(tag).catch(() => undefined);
    if (after?.digest !== raw.digest) throw error;
  }
  return 'given';
}

async function checkTag({ target, tag, decision }: PromotionRequest): Promise<void> {
  const named = (await target.manifest(tag))?.digest;
  if (named === decision.candidate.digest) return;
  throw tagRaced(
    `${target.name}:${tag} was given to ${decision.candidate.digest} and names ${named ?? 'nothing'} now`,
    'let only one promotion into a repository run at a time (GitLab: resource_group), then promote again',
  );
}
