/** What a blessing and a revocation say: in-toto Statements whose subject is a kernel fingerprint. */
import { type Digest, hexOf } from '../../base/digest.ts';
import { closed, Type } from '../../base/schema.ts';
import { type Statement, statementType } from '../statement.ts';
import type { BlessingPredicate, RevocationPredicate } from './kernel-statement.ts';

/** `predicateType` of a blessing. */
export const blessingType = 'urn:assay:kernel-blessing:v1';

/** `predicateType` of a revocation. */
export const revocationType = 'urn:assay:kernel-revocation:v1';

const text = Type.String({ minLength: 1 });
const digest = Type.Unsafe<Digest>({ type: 'string', pattern: '^sha256:[0-9a-f]{64}$' });

/** The schema of `BlessingPredicate`. A later version gets a predicate type of its own, so unknown members are refused. */
export const blessingSchema = closed({
  site: text,
  partition: text,
  release: text,
  lines: Type.Array(text, { minItems: 1 }),
  evidence: closed({
    run: text,
    journal: digest,
    image: digest,
    suites: Type.Array(closed({ name: text, digest })),
    nodes: Type.Array(text, { minItems: 1 }),
  }),
  by: text,
  from: text,
  until: text,
  reason: text,
});

/** The schema of `RevocationPredicate`. */
export const revocationSchema = closed({ by: text, at: text, reason: text });

/** The statement that blesses a kernel. */
export function blessingStatement(fingerprint: Digest, predicate: BlessingPredicate): Statement {
  const name = `kernel:${predicate.site}/${predicate.partition}`;
  return {
    _type: statementType,
    subject: [{ name, digest: { sha256: hexOf(fingerprint) } }],
    predicateType: blessingType,
    predicate: { ...predicate },
  };
}

/** The statement that takes every blessing of a kernel back. `name` is for people: `kernel:SITE`. */
export function revocationStatement(fingerprint: Digest, name: string, predicate: RevocationPredicate): Statement {
  return {
    _type: statementType,
    subject: [{ name, digest: { sha256: hexOf(fingerprint) } }],
    predicateType: revocationType,
    predicate: { ...predicate },
  };
}
