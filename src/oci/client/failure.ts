/** Errors of a registry in words: which registry, which credential from which file, what the server said. Never a secret. */
import { type HarnessError, messageOf } from '../../base/error.ts';
import type { HttpAnswer } from '../../system/http.ts';
import { redact } from '../../system/log.ts';
import type { Credential, CredentialSearch } from '../credentials.ts';
import { readAll } from '../descriptor.ts';
import { authRefused, notFound, refused, tlsFailed, unreachable } from '../errors.ts';
import type { Authorities } from './certificates.ts';
import type { GaveUp, NetworkFailure } from './retry.ts';

/** Who we are at a registry: the credential and the authorities in use. */
export interface Identity {
  readonly registry: string;
  readonly search: CredentialSearch;
  readonly authorities: Authorities;
}

/** The error for an answer that refuses, by its status: 401 and 403, 404, any other. Uses up the body. */
export async function authError(who: Identity, answer: HttpAnswer, purpose: string): Promise<HarnessError> {
  const { credential, looked } = who.search;
  const said = await wordsOf(answer, credential);
  const what = `${who.registry}: cannot ${purpose}: it answers ${answer.status}${said ? ` (${said})` : ''}`;
  if (answer.status === 404) return notFound(what, 'check the name, or push it first');
  if (answer.status !== 401 && answer.status !== 403)
    return refused(what, 'what the registry says above is the reason; ask who runs it if that is not enough');
  if (credential)
    return authRefused(
      `${what}, to ${nameOf(credential)} from ${credential.source}`,
      `check that ${nameOf(credential)} may do that in this repository, or log in again: podman login ${who.registry}`,
    );
  const where = looked.length > 0 ? looked.join(', ') : 'no file: neither HOME nor REGISTRY_AUTH_FILE is set';
  return authRefused(
    `${what}, and no credential for it was found (looked into ${where})`,
    `log in with \`podman login ${who.registry}\`, or let REGISTRY_AUTH_FILE name a credential file`,
  );
}

function nameOf(credential: Credential): string {
  return credential.kind === 'password' ? `the user "${credential.user}"` : 'an identity token';
}

/** The server's own words (distribution-spec v1.1, "Error Codes"), short, one line, without secrets. */
async function wordsOf(answer: HttpAnswer, credential: Credential | undefined): Promise<string> {
  let text = '';
  try {
    text = (await readAll(answer.body, 65536))?.toString('utf8') ?? '';
  } catch {
    return '';
  }
  try {
    const errors = (JSON.parse(text) as { errors?: readonly { code?: unknown; message?: unknown }[] }).errors;
    if (Array.isArray(errors))
      text = errors.map(({ code, message }) => [code, message].filter((word) => word).join(': ')).join('; ');
  } catch {
    // Plain text or HTML is quoted as it is.
  }
  const secrets = credential ? [secretOf(credential)] : [];
  return redact(text, secrets)
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(0, 300);
}

function secretOf(credential: Credential): string {
  return credential.kind === 'password' ? credential.password.reveal() : credential.token.reveal();
}

/** The error code that a server names first in its answer, such as `MANIFEST_INVALID`; uses up the body. */
export async function codeOf(answer: HttpAnswer): Promise<string | undefined> {
  try {
    const text = (await readAll(answer.body, 65536))?.toString('utf8') ?? '';
    const code = (JSON.parse(text) as { errors?: readonly { code?: unknown }[] }).errors?.[0]?.code;
    return typeof code === 'string' ? code : undefined;
  } catch {
    return undefined;
  }
}

/** The error for a connection that cannot be made, ever. */
export function networkError(
  who: Identity,
  failure: Exclude<NetworkFailure, 'other' | 'passing'>,
  cause: unknown,
  purpose: string,
): HarnessError {
  const what = `${who.registry}: cannot ${purpose}`;
  if (failure === 'unknown-host')
    return unreachable(`${what}: no such host`, 'check the name of the registry and the network', { cause });
  if (failure === 'not-tls')
    return tlsFailed(
      `${what}: it does not speak TLS`,
      'if plain HTTP is meant, say so for this registry in the site file (insecure: true)',
      { cause },
    );
  const host = who.registry;
  const used = who.authorities.files.length > 0 ? ` (trusted now: ${who.authorities.files.join(', ')})` : '';
  return tlsFailed(
    `${what}: its certificate is not trusted: ${messageOf(cause)}`,
    `for a private authority put its certificate into /etc/containers/certs.d/${host}/ca.crt or ~/.config/containers/certs.d/${host}/ca.crt, or name it in the site file${used}`,
    { cause },
  );
}

/** The error when every try failed. */
export function gaveUpError(registry: string, gaveUp: GaveUp, purpose: string): HarnessError {
  const cause = gaveUp.cause === undefined ? '' : `: ${messageOf(gaveUp.cause)}`;
  return unreachable(
    `${registry}: cannot ${purpose}: ${gaveUp.why}${cause} (${gaveUp.tries} tries)`,
    'check that the registry runs and that this host may reach it (HTTPS_PROXY, NO_PROXY), then run again',
    { cause: gaveUp.cause },
  );
}

/** The error when a registry sends us from TLS to somewhere without. */
export function downgradeError(registry: string, target: URL): HarnessError {
  return refused(
    `${registry} sends on to ${target.protocol}//${target.host}, which has no TLS`,
    'a proxy before the registry may not pass on X-Forwarded-Proto; ask who runs it, or allow plain HTTP in the site file',
  );
}
