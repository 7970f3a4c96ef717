/** Reads one file of the blessings: a signed blessing or revocation, or why it does not count. */
import { type Digest, digestOf, isDigest } from '../../base/digest.ts';
import { validate } from '../../base/schema.ts';
import { parseBundle } from '../bundle.ts';
import { momentOf } from '../rule.ts';
import type { Statement } from '../statement.ts';
import type { Trust } from '../trust.ts';
import { parseStatement, verify } from '../verify.ts';
import { blessingSchema, blessingType, revocationSchema, revocationType } from './blessing.ts';
import type { BlessingPredicate, KernelStatement, RevocationPredicate } from './kernel-statement.ts';

/** A file as it lies in the folder of blessings; `unreadable` when its bytes could not be had. */
export type KernelFile =
  | { readonly name: string; readonly bytes: Uint8Array }
  | { readonly name: string; readonly unreadable: string };

/** Reads a file with the keys that are believed. Never throws for what the bytes may hold. */
export function readKernelStatement(file: KernelFile, trust: Trust): KernelStatement {
  const { name } = file;
  if ('unreadable' in file) return { kind: 'unreadable', file: name, why: file.unreadable };
  const bundle = parseBundle(file.bytes);
  if ('refused' in bundle) return { kind: 'unreadable', file: name, why: bundle.refused };
  const statement = parseStatement(Buffer.from(bundle.envelope.payload, 'base64'));
  if ('refused' in statement) return { kind: 'unreadable', file: name, why: statement.refused };
  const fingerprint = subjectOf(statement);
  if (!fingerprint) return { kind: 'unreadable', file: name, why: 'its one subject is no fingerprint' };
  const verified = verify(file.bytes, trust, { subject: fingerprint, predicateTypes: [] });
  if (verified.outcome === 'verified') {
    const read = readSigned(verified.statement, fingerprint);
    if ('refused' in read) return { kind: 'unreadable', file: name, why: read.refused };
    const { key } = verified;
    const hint = trust.keys.find((one) => one.name === key)?.hint ?? '';
    return { ...read, file: name, digest: digestOf(file.bytes), key, hint, fingerprint };
  }
  const known = trust.keys.some(({ hint }) => hint === bundle.hint);
  const { release } = statement.predicate;
  return {
    kind: known ? 'altered' : 'untrusted',
    file: name,
    why: known
      ? 'it was changed after it was signed: its signature does not fit'
      : `it is signed by another key (hint ${bundle.hint ?? 'absent'})`,
    claims: { fingerprint, kind: wordOf(statement.predicateType), ...(typeof release === 'string' && { release }) },
  };
}

/** The fingerprint of any statement about a kernel, not verified; to find the one that a user means. */
export function claimedFingerprint(statement: KernelStatement): Digest | undefined {
  return 'fingerprint' in statement ? statement.fingerprint : statement.claims?.fingerprint;
}

function wordOf(predicateType: string): string {
  return predicateType === blessingType ? 'blessing' : predicateType === revocationType ? 'revocation' : predicateType;
}

function subjectOf({ subject }: Statement): Digest | undefined {
  const hex = subject.length === 1 ? `sha256:${subject[0]?.digest?.sha256}` : undefined;
  return isDigest(hex) ? hex : undefined;
}

type Read =
  | (BlessingPredicate & { readonly kind: 'blessing' })
  | (RevocationPredicate & { readonly kind: 'revocation' })
  | { readonly refused: string };

/** What a signature covers must also make sense: members, times, and lines that give the fingerprint. */
function readSigned({ predicateType, predicate }: Statement, fingerprint: Digest): Read {
  if (predicateType === revocationType) {
    const checked = validate(revocationSchema, predicate);
    if ('problems' in checked) return misfit(checked.problems);
    return momentOf(checked.ok.at) === undefined
      ? { refused: 'the time of the revocation cannot be read' }
      : { ...checked.ok, kind: 'revocation' };
  }
  if (predicateType !== blessingType) return { refused: `signed, but of a kind unknown here: ${predicateType}` };
  const checked = validate(blessingSchema, predicate);
  if ('problems' in checked) return misfit(checked.problems);
  const { from, until, lines } = checked.ok;
  const [begin, end] = [momentOf(from), momentOf(until)];
  if (begin === undefined || end === undefined || end <= begin)
    return { refused: 'the times of the blessing cannot be read' };
  if (digestOf(`${lines.join('\n')}\n`) !== fingerprint) return { refused: 'its lines do not give its fingerprint' };
  return { ...checked.ok, kind: 'blessing' };
}

function misfit(problems: readonly { readonly message: string }[]): { readonly refused: string } {
  return { refused: `signed, but not as this Assay reads it: ${problems[0]?.message}` };
}
