/**
 * Sigstore bundles, v0.3, with a plain public key (sigstore/protobuf-specs sigstore_bundle.proto; cosign specs/BUNDLE_SPEC.md).
 * No log entry and no certificate: they are verified offline by key alone.
 */
import { canonicalJson, type Digest, digestOf } from '../base/digest.ts';
import { messageOf } from '../base/error.ts';
import { type Static, Type, validate } from '../base/schema.ts';
import { type Envelope, envelopeSchema, inTotoPayloadType, signEnvelope } from './dsse.ts';
import type { Signer } from './signer.ts';
import { type Statement, statementBytes } from './statement.ts';

/** Media type of a bundle, of the layer that carries it, and of its artifact. */
export const bundleMediaType = 'application/vnd.dev.sigstore.bundle.v0.3+json';

/** Largest bundle read, in bytes: a test result with a hundred thousand case names takes some 20 MB. */
export const largestBundle = 64 * 1024 * 1024;

// Later minor versions may add members, so the objects are open; what matters is signed inside the envelope.
const bundleSchema = Type.Object({
  mediaType: Type.String(),
  verificationMaterial: Type.Object({ publicKey: Type.Optional(Type.Object({ hint: Type.Optional(Type.String()) })) }),
  dsseEnvelope: envelopeSchema,
});

/** A signed statement, as bytes to store and hand around. */
export interface Attestation {
  readonly bytes: Buffer;
  readonly digest: Digest;
  readonly predicateType: string;
}

/** Signs a statement into a bundle. */
export async function makeBundle(statement: Statement, signer: Signer): Promise<Attestation> {
  const envelope = await signEnvelope(inTotoPayloadType, statementBytes(statement), signer);
  const bytes = Buffer.from(
    canonicalJson({
      mediaType: bundleMediaType,
      verificationMaterial: { publicKey: { hint: signer.hint } },
      dsseEnvelope: envelope,
    }),
  );
  return { bytes, digest: digestOf(bytes), predicateType: statement.predicateType };
}

/** An envelope that is not verified yet; `hint` says by which key it may have been signed, and proves nothing. */
interface ParsedBundle {
  readonly envelope: Envelope;
  readonly hint?: string;
}

/** The envelope inside a bundle, or why it is no bundle that a key can verify. */
export function parseBundle(bytes: Uint8Array): ParsedBundle | { readonly refused: string } {
  if (bytes.length > largestBundle) return { refused: `the bundle has ${bytes.length} bytes; too large` };
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    return { refused: `the bundle is not JSON: ${messageOf(error)}` };
  }
  const checked = validate(bundleSchema, value);
  if ('problems' in checked) return { refused: `not a Sigstore bundle: ${checked.problems[0]?.message}` };
  const bundle: Static<typeof bundleSchema> = checked.ok;
  if (!/^application\/vnd\.dev\.sigstore\.bundle(?:\.v0\.3\+json|\+json;version=0\.[123])$/.test(bundle.mediaType))
    return { refused: `a bundle of an unknown kind: ${bundle.mediaType}` };
  const { publicKey } = bundle.verificationMaterial;
  if (!publicKey) return { refused: 'the bundle is signed with a certificate; only plain keys are verified offline' };
  return { envelope: bundle.dsseEnvelope, ...(publicKey.hint !== undefined && { hint: publicKey.hint }) };
}
