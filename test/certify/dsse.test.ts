import { sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type Envelope, openEnvelope, preAuthenticationEncoding, signEnvelope } from '../../src/certify/dsse.ts';
import { ownTrust } from '../../src/certify/signer.ts';
import { parseTrust } from '../../src/certify/trust.ts';
import { newSigner } from './example.ts';

// secure-systems-lab/dsse protocol.md, "Test Vectors": payload, payloadType, PAE and the public key's coordinates.
const specBody = Buffer.from('hello world');
const specType = 'http://example.com/HelloWorld';
const specEncoding = 'DSSEv1 29 http://example.com/HelloWorld 11 hello world';

describe('preAuthenticationEncoding', () => {
  it("gives the specification's vector", () => {
    expect(preAuthenticationEncoding(specType, specBody).toString()).toBe(specEncoding);
  });

  it('counts bytes, not characters, and takes any bytes', () => {
    expect(preAuthenticationEncoding('ü', Buffer.from([0xff, 0x00])).toString('latin1')).toBe(
      'DSSEv1 2 Ã¼ 2 \u00ff\u0000',
    );
    expect(preAuthenticationEncoding('', Buffer.alloc(0)).toString()).toBe('DSSEv1 0  0 ');
  });
});

describe.each(['ecdsa-p256', 'ed25519'] as const)('an envelope signed with %s', (algorithm) => {
  const signer = newSigner(algorithm);
  const trust = ownTrust(signer);
  const make = () => signEnvelope(specType, specBody, signer);
  const change = (envelope: Envelope, part: Partial<Envelope>): Envelope => ({ ...envelope, ...part });

  it('opens to the very bytes, with the key that signed', async () => {
    const opened = openEnvelope(await make(), trust);
    expect('body' in opened && opened.body.equals(specBody) && opened.key.hint === signer.hint).toBe(true);
  });

  it('opens under any of several keys', async () => {
    const both = { keys: [...ownTrust(newSigner()).keys, ...trust.keys] };
    expect(openEnvelope(await make(), both)).toHaveProperty('body');
  });

  it('is refused after any change', async () => {
    const envelope = await make();
    const [signature] = envelope.signatures;
    if (!signature) throw new Error('no signature');
    const bytes = Buffer.from(signature.sig, 'base64');
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    const spoilt: readonly [string, Envelope][] = [
      ['payload', change(envelope, { payload: Buffer.from('hello World').toString('base64') })],
      ['type', change(envelope, { payloadType: 'http://example.com/HelloWorle' })],
      ['signature', change(envelope, { signatures: [{ sig: bytes.toString('base64') }] })],
      ['no signature', change(envelope, { signatures: [] })],
      ['twice signed', change(envelope, { signatures: [signature, signature] })],
      ['url-safe base64', change(envelope, { payload: '-_-_' })],
      [
        'base64 with blanks',
        change(envelope, { payload: `${envelope.payload.slice(0, 4)} ${envelope.payload.slice(4)}` }),
      ],
      ['base64 without padding', change(envelope, { payload: envelope.payload.replaceAll('=', '') })],
      ['an empty signature', change(envelope, { signatures: [{ sig: 'AA==' }] })],
    ];
    for (const [name, item] of spoilt) expect(openEnvelope(item, trust), name).toHaveProperty('refused');
  });

  it('is refused by another key, and by none', async () => {
    expect(openEnvelope(await make(), ownTrust(newSigner(algorithm)))).toHaveProperty('refused');
    expect(openEnvelope(await make(), { keys: [] })).toEqual({ refused: 'no public key is trusted' });
  });

  it('does not believe a keyid', async () => {
    const envelope = await make();
    const sig = envelope.signatures[0]?.sig ?? '';
    const lying = change(envelope, { signatures: [{ sig, keyid: 'somebody else' }] });
    expect(openEnvelope(lying, trust)).toHaveProperty('body');
  });
});

describe('an ECDSA signature', () => {
  it('is DER, not the raw pair of numbers', async () => {
    const envelope = await signEnvelope(specType, specBody, newSigner());
    expect(Buffer.from(envelope.signatures[0]?.sig ?? '', 'base64')[0]).toBe(0x30);
  });

  it('made elsewhere in DER is accepted', async () => {
    const { generateKeyPairSync } = await import('node:crypto');
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const trust = parseTrust(pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(), 'k.pub');
    const sig = sign('sha256', Buffer.from(specEncoding), pair.privateKey).toString('base64');
    const envelope = { payload: specBody.toString('base64'), payloadType: specType, signatures: [{ sig }] };
    expect(openEnvelope(envelope, trust)).toHaveProperty('body');
  });
});
