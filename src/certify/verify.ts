/** Verification of one attestation, offline: signature, subject and kind, from bytes and public keys alone. */
import { type Digest, digestOf, hexOf } from '../base/digest.ts';
import { messageOf } from '../base/error.ts';
import { Type, validate } from '../base/schema.ts';
import { parseBundle } from './bundle.ts';
import { inTotoPayloadType, openEnvelope } from './dsse.ts';
import { type Statement, statementTypes } from './statement.ts';
import type { Trust } from './trust.ts';

/** What an attestation must be about to count. */
export interface Expected {
  readonly subject: Digest;
  /** Kinds that count; none named means any. */
  readonly predicateTypes: readonly string[];
}

/** A verified attestation, or every reason why it is not. A refused one tells nothing of its content that is not signed. */
export type Verified =
  | {
      readonly outcome: 'verified';
      readonly statement: Statement;
      /** Digest of the signed statement's bytes. */
      readonly digest: Digest;
      /** Name of the trusted key. */
      readonly key: string;
    }
  | { readonly outcome: 'refused'; readonly reasons: readonly string[] };

const descriptorSchema = Type.Object({
  name: Type.Optional(Type.String()),
  uri: Type.Optional(Type.String()),
  digest: Type.Optional(Type.Record(Type.String(), Type.String())),
});

// Consumers ignore members that they do not know (in-toto parsing rules).
const statementSchema = Type.Object({
  _type: Type.String(),
  subject: Type.Array(descriptorSchema, { minItems: 1 }),
  predicateType: Type.String({ minLength: 1 }),
  predicate: Type.Record(Type.String(), Type.Unknown()),
});

/** Verifies a bundle's bytes against keys and expectations. Never throws for what the bytes may hold. */
export function verify(bytes: Uint8Array, trust: Trust, expected: Expected): Verified {
  const bundle = parseBundle(bytes);
  if ('refused' in bundle) return refused(bundle.refused);
  const opened = openEnvelope(bundle.envelope, trust);
  if ('refused' in opened) return refused(opened.refused);
  if (opened.payloadType !== inTotoPayloadType)
    return refused(`the signed content is ${opened.payloadType}, not an in-toto statement`);
  const statement = parseStatement(opened.body);
  if ('refused' in statement) return refused(statement.refused);
  const reasons = [...kindReasons(statement, expected), ...subjectReasons(statement, expected)];
  if (reasons.length > 0) return refused(...reasons);
  return { outcome: 'verified', statement, digest: digestOf(opened.body), key: opened.key.name };
}

function refused(...reasons: readonly string[]): Verified {
  return { outcome: 'refused', reasons };
}

/** A statement's members from its bytes, or why they are none. Says nothing of who made it. */
export function parseStatement(body: Uint8Array): Statement | { readonly refused: string } {
  try {
    const checked = validate(statementSchema, JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)));
    if ('ok' in checked) return checked.ok as unknown as Statement;
    return { refused: `the signed content is no statement: ${checked.problems[0]?.message}` };
  } catch (error) {
    return { refused: `the signed content is not JSON: ${messageOf(error)}` };
  }
}

function kindReasons(statement: Statement, { predicateTypes }: Expected): readonly string[] {
  const type = statementTypes.includes(statement._type)
    ? []
    : [`a statement of an unknown version: ${statement._type}`];
  if (predicateTypes.length === 0 || predicateTypes.includes(statement.predicateType)) return type;
  return [...type, `it says ${statement.predicateType}; asked for: ${predicateTypes.join(', ')}`];
}

/** Subjects are matched by digest alone; a name is for people. */
function subjectReasons({ subject }: Statement, expected: Expected): readonly string[] {
  const hex = hexOf(expected.subject);
  if (subject.some(({ digest }) => digest?.sha256 === hex)) return [];
  const about = subject
    .map(({ name, digest }) => `${name ?? 'unnamed'} ${digest?.sha256 ?? 'without sha256'}`)
    .join(', ');
  return [`it is about another subject: ${about}; not about ${expected.subject}`];
}
