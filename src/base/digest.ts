/** Content digests and the canonical JSON they are taken over. */
import { createHash } from 'node:crypto';

/** `sha256:` and 64 lower-case hex digits, as OCI writes digests (image-spec descriptor.md#digests). */
export type Digest = `sha256:${string}`;

const pattern = /^sha256:[0-9a-f]{64}$/;

/** True for a well-formed sha256 digest. Other algorithms are not accepted anywhere in Assay. */
export function isDigest(text: unknown): text is Digest {
  return typeof text === 'string' && pattern.test(text);
}

/** Digest of bytes (a string is taken as UTF-8). */
export function digestOf(bytes: Uint8Array | string): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** The 64 hex digits alone. */
export function hexOf(digest: Digest): string {
  return digest.slice('sha256:'.length);
}

/** A value that JSON can carry. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/**
 * JSON with sorted keys and no spaces, so that equal values give equal bytes (as RFC 8785 orders them, by UTF-16 code
 * units). `undefined` members are left out; NaN and infinities are a bug and throw.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new Error(`${value} has no JSON form`);
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) {
    let text = '';
    for (const item of value) text += `${text === '' ? '' : ','}${canonicalJson(item ?? null)}`;
    return `[${text}]`;
  }
  if (typeof value === 'object') {
    let text = '';
    const members = value as Readonly<Record<string, unknown>>;
    for (const key of Object.keys(members).sort())
      if (members[key] !== undefined)
        text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(members[key])}`;
    return `{${text}}`;
  }
  throw new Error(`a ${typeof value} has no JSON form`);
}

/** Digest of a value's canonical JSON. */
export function digestOfJson(value: unknown): Digest {
  return digestOf(canonicalJson(value));
}
