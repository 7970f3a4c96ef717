/** Access tokens (distribution "Token Authentication Specification" and "OAuth2 Token Authentication"). */
import { Secret } from '../../base/secret.ts';
import type { Http, HttpRequest } from '../../system/http.ts';
import type { System } from '../../system/system.ts';
import { readAll } from '../descriptor.ts';
import { refused } from '../errors.ts';
import type { Challenge } from './challenge.ts';
import { authError, downgradeError, gaveUpError, type Identity, networkError } from './failure.ts';
import { failureOf, isPassing, type RetryLimits, retryAfter, withRetries } from './retry.ts';

/** A token and when to stop using it, in seconds of the monotonic clock. */
export interface Token {
  readonly value: Secret;
  readonly expires: number;
}

/** How the token's server may be asked. */
export interface TokenOptions {
  readonly limits: RetryLimits;
  readonly answerSeconds: number;
  /** Whether the credential may go to a realm without TLS. */
  readonly realm: 'tls' | 'plain-too';
  readonly purpose: string;
}

/**
 * Buys a token for all scopes at once: that is what lets a mount read its source and write its target. With a
 * password by GET and basic authorization, with an identity token by POST, anonymously else.
 */
export async function fetchToken(
  system: System,
  http: Http,
  who: Identity,
  challenge: Challenge,
  scopes: readonly string[],
  options: TokenOptions,
): Promise<Token> {
  const request = tokenRequest(who, challenge, scopes, options);
  const asked = system.clock.monotonic();
  const outcome = await withRetries(system, options.limits, async () => {
    try {
      const answer = await http(request);
      if (!isPassing(answer.status)) return { kind: 'done', value: answer };
      answer.body.on('error', () => {}).destroy();
      const wait = retryAfter(answer, system.clock.now());
      const why = `its token service ${new URL(request.url).host} answers ${answer.status}`;
      return { kind: 'again', why, ...(wait !== undefined && { waitSeconds: wait }) };
    } catch (error) {
      const failure = failureOf(error);
      if (failure === 'other') throw error;
      const why = `the connection to its token service ${new URL(request.url).host} fails`;
      if (failure === 'passing') return { kind: 'again', why, cause: error };
      throw networkError({ ...who, registry: new URL(request.url).host }, failure, error, options.purpose);
    }
  });
  if (outcome.kind === 'gave-up') throw gaveUpError(who.registry, outcome, options.purpose);
  const answer = outcome.value;
  if (answer.status !== 200) throw await authError(who, answer, options.purpose);
  const { value, seconds } = readToken(await readAll(answer.body, 1024 * 1024), who.registry);
  // A token is dropped before its time, so that none expires on its way.
  return { value, expires: asked + Math.max(1, seconds * 0.9 - 5) };
}

function tokenRequest(
  { registry, search: { credential } }: Identity,
  challenge: Challenge,
  scopes: readonly string[],
  options: TokenOptions,
): HttpRequest {
  const { realm = '', service } = challenge.parameters;
  const url = URL.canParse(realm) ? new URL(realm) : undefined;
  if (!url || !/^https?:$/.test(url.protocol))
    throw refused(`${registry} names no usable token service in its challenge`, 'ask who runs the registry');
  if (url.protocol === 'http:' && options.realm === 'tls') throw downgradeError(registry, url);
  const common = { limitSeconds: options.answerSeconds };
  if (credential?.kind === 'identity-token') {
    const form = new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: 'assay',
      refresh_token: credential.token.reveal(),
      scope: scopes.join(' '),
      ...(service && { service }),
    });
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return { method: 'POST', url: url.href, headers, body: form.toString(), ...common };
  }
  if (service) url.searchParams.set('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  if (!credential) return { method: 'GET', url: url.href, ...common };
  url.searchParams.set('account', credential.user);
  const pair = Buffer.from(`${credential.user}:${credential.password.reveal()}`).toString('base64');
  return { method: 'GET', url: url.href, headers: { authorization: `Basic ${pair}` }, ...common };
}

function readToken(bytes: Buffer | undefined, registry: string): { value: Secret; seconds: number } {
  let answer: unknown;
  try {
    answer = JSON.parse(bytes?.toString('utf8') ?? '');
  } catch {
    // Told below; the text itself could hold a token.
  }
  const { token, access_token, expires_in } = (answer ?? {}) as Readonly<Record<string, unknown>>;
  const text = typeof token === 'string' && token !== '' ? token : access_token;
  if (typeof text !== 'string' || text === '' || /[^\x21-\x7e]/.test(text))
    throw refused(`the token service of ${registry} gave no token`, 'ask who runs the registry');
  // 60 s is what the specification says where the server says nothing.
  const seconds = typeof expires_in === 'number' && expires_in > 0 ? expires_in : 60;
  return { value: new Secret(text), seconds };
}
