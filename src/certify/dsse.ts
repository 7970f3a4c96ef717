/** DSSE envelopes (secure-systems-lab/dsse v1.0): bytes with their type under one signature. */
import { Type } from '../base/schema.ts';
import type { Signer } from './signer.ts';
import { type Trust, type TrustedKey, verifySignature } from './trust.ts';

/** Media type of an in-toto Statement in an envelope (in-toto/attestation spec/v1/envelope.md). */
export const inTotoPayloadType = 'application/vnd.in-toto+json';

/** An envelope as JSON carries it: standard base64, as cosign decodes nothing else. */
export interface Envelope {
  readonly payload: string;
  readonly payloadType: string;
  readonly signatures: readonly { readonly sig: string; readonly keyid?: string }[];
}

/** Foreign members are dropped: they are not signed, so nobody may rely on them. */
export const envelopeSchema = Type.Object({
  payload: Type.String({ minLength: 1 }),
  payloadType: Type.String(),
  signatures: Type.Array(Type.Object({ sig: Type.String({ minLength: 1 }), keyid: Type.Optional(Type.String()) })),
});

/** The bytes that are signed: pre-authentication encoding, lengths in bytes (DSSE protocol.md). */
export function preAuthenticationEncoding(payloadType: string, body: Uint8Array): Buffer {
  const type = Buffer.from(payloadType, 'utf8');
  return Buffer.concat([Buffer.from(`DSSEv1 ${type.length} `), type, Buffer.from(` ${body.length} `), body]);
}

/** Signs a body. The `keyid` is left out: it is a hint only, and the bundle carries one. */
export async function signEnvelope(payloadType: string, body: Uint8Array, signer: Signer): Promise<Envelope> {
  const signature = await signer.sign(preAuthenticationEncoding(payloadType, body));
  return {
    payload: Buffer.from(body).toString('base64'),
    payloadType,
    signatures: [{ sig: signature.toString('base64') }],
  };
}

/** The body of an envelope once its signature is known to be good, or why it is not. */
export type OpenedEnvelope =
  | { readonly body: Buffer; readonly payloadType: string; readonly key: TrustedKey }
  | { readonly refused: string };

/**
 * Opens an envelope: exactly one signature, made by a trusted key over exactly the bytes given back. The body is not looked at
 * before that; whoever parses it parses these bytes.
 */
export function openEnvelope(envelope: Envelope, trust: Trust): OpenedEnvelope {
  const [signature, ...others] = envelope.signatures;
  if (!signature) return { refused: 'the envelope is not signed' };
  if (others.length > 0)
    return { refused: `the envelope has ${others.length + 1} signatures; exactly one is accepted` };
  const body = decodeBase64(envelope.payload);
  const bytes = decodeBase64(signature.sig);
  if (!body || !bytes) return { refused: 'payload or signature is not standard base64' };
  const signed = preAuthenticationEncoding(envelope.payloadType, body);
  const key = trust.keys.find((candidate) => verifySignature(candidate, signed, bytes));
  if (key) return { body, payloadType: envelope.payloadType, key };
  const names = trust.keys.map(({ name }) => name).join(', ');
  return {
    refused:
      trust.keys.length === 0
        ? 'no public key is trusted'
        : `the signature is by none of the trusted keys (${names}), or the content was changed after it was signed`,
  };
}

/** Bytes of standard, padded base64; undefined for anything else. Node alone would skip what it does not know. */
function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
