/** One registry's connection: where it is, who we are there, tokens, redirects and retries. */
import type { Readable } from 'node:stream';
import type { HttpAnswer, HttpRequest } from '../../system/http.ts';
import type { System } from '../../system/system.ts';
import { type Credential, findCredential } from '../credentials.ts';
import { findAuthorities } from './certificates.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import { authError, downgradeError, gaveUpError, type Identity, networkError } from './failure.ts';
import { failureOf, isPassing, type RetryLimits, retryAfter, type Try, withRetries } from './retry.ts';
import { fetchToken, type Token } from './token.ts';

/** How a registry is reached. */
export interface RegistryOptions {
  /** True lets Assay speak plain HTTP to this registry when it does not speak TLS. Local addresses may always. */
  readonly insecure?: boolean;
  /** PEM file of a private certificate authority. */
  readonly caFile?: string;
  /** Credential file that alone is read, in place of Podman's and Docker's. */
  readonly authFile?: string;
  /** Seconds for an answer's headers and between two pieces of its body; default 60. */
  readonly answerSeconds?: number;
  /** Seconds after which a failing request is not tried again; default 120. */
  readonly retrySeconds?: number;
}

/** A body with its length; `open` is called for every try. */
export interface RequestBody {
  readonly size: number;
  readonly open: () => Promise<Readable | Uint8Array>;
}

/** One request to the registry. */
export interface RegistryRequest {
  readonly method: HttpRequest['method'];
  /** A path such as `/v2/NAME/tags/list`, or a URL that the registry itself gave. */
  readonly target: string;
  /** What it is for, in words that follow "cannot": `read the manifest of …`. */
  readonly purpose: string;
  /** Token scopes, such as `repository:NAME:pull` (distribution "Token Scope Documentation"). */
  readonly scopes: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: RequestBody;
  readonly answerSeconds?: number;
}

/** An open connection. `send` gives any answer but 401, 429 and 5xx, which become errors; bodies must be used up. */
export interface Session {
  readonly registry: string;
  readonly send: (request: RegistryRequest) => Promise<HttpAnswer>;
  /** Turns an answer that refuses into an error, with the server's own words. */
  readonly refusal: (answer: HttpAnswer, purpose: string) => Promise<Error>;
  /** The absolute URL of a Location or Link that came with an answer to `target`. */
  readonly resolve: (location: string, target: string) => Promise<string>;
}

const redirects = 5;

/** Opens a session with one registry for one repository's credential. Nothing is sent before the first request. */
export function openSession(
  system: System,
  registry: string,
  repository: string,
  options: RegistryOptions = {},
): Session {
  const limits: RetryLimits = { tries: 5, totalSeconds: options.retrySeconds ?? 120 };
  const answerSeconds = options.answerSeconds ?? 60;
  const mayPlain = options.insecure === true || isLocal(registry);
  let identity: Promise<Identity> | undefined;
  let base: Promise<string> | undefined;
  let challenge: Challenge | undefined;
  const tokens = new Map<string, Token>();

  const identify = (): Promise<Identity> => {
    identity ??= loadIdentity(system, registry, repository, options);
    return identity;
  };

  const http = async (request: HttpRequest): Promise<HttpAnswer> => {
    const { authorities } = await identify();
    return system.http({ ...request, ...(authorities.pem && { certificates: authorities.pem }) });
  };

  // Plain HTTP is only ever used where TLS was tried first and the server answered in something else than TLS.
  const findBase = async (): Promise<string> => {
    const host = registry === 'docker.io' ? 'registry-1.docker.io' : registry;
    if (!mayPlain) return `https://${host}`;
    try {
      const answer = await http({ method: 'GET', url: `https://${host}/v2/`, limitSeconds: answerSeconds });
      answer.body.on('error', () => {}).destroy();
      return `https://${host}`;
    } catch (error) {
      if (failureOf(error) === 'not-tls') return `http://${host}`;
      // Any other failure will come again, with its proper retries and message, at the request itself.
      base = undefined;
      return `https://${host}`;
    }
  };
  const baseUrl = (): Promise<string> => {
    base ??= findBase();
    return base;
  };

  const authorization = async (scopes: readonly string[], purpose: string): Promise<string | undefined> => {
    if (!challenge) return undefined;
    const who = await identify();
    if (challenge.scheme === 'basic') return basic(who.search.credential);
    const key = [...scopes].sort().join(' ');
    const known = tokens.get(key);
    if (known && known.expires > system.clock.monotonic()) return `Bearer ${known.value.reveal()}`;
    const realm = mayPlain ? 'plain-too' : 'tls';
    const token = await fetchToken(system, http, who, challenge, scopes, { limits, answerSeconds, realm, purpose });
    tokens.set(key, token);
    return `Bearer ${token.value.reveal()}`;
  };

  /** One request through its redirects. Authorization goes to the registry's own origin only. */
  const follow = async (url: string, request: RegistryRequest, authorize: string | undefined): Promise<HttpAnswer> => {
    const home = new URL(await baseUrl()).origin;
    let at = url;
    for (let hops = 0; ; hops += 1) {
      const body = request.body && (await request.body.open());
      const mine = new URL(at).origin === home;
      const answer = await http({
        method: request.method,
        url: at,
        headers: {
          ...request.headers,
          ...(request.body && { 'content-length': String(request.body.size) }),
          ...(mine && authorize && { authorization: authorize }),
        },
        ...(body && { body }),
        limitSeconds: request.answerSeconds ?? answerSeconds,
      });
      const location = answer.headers.location;
      const followable = request.method === 'GET' || request.method === 'HEAD' ? [301, 302, 303, 307, 308] : [307, 308];
      if (!followable.includes(answer.status) || !location || hops >= redirects) return answer;
      await discard(answer);
      at = secureTarget(location, at, registry, mayPlain);
    }
  };

  const attempt = async (request: RegistryRequest): Promise<Try<HttpAnswer>> => {
    const url = request.target.startsWith('/') ? `${await baseUrl()}${request.target}` : request.target;
    try {
      let answer = await follow(url, request, await authorization(request.scopes, request.purpose));
      if (answer.status === 401) {
        const who = await identify();
        const offered = chooseChallenge(parseChallenges(answer.headers['www-authenticate'] ?? ''));
        const again = offered && (offered.scheme !== 'basic' || challenge?.scheme !== 'basic');
        if (!again || (offered.scheme === 'basic' && who.search.credential?.kind !== 'password'))
          throw await authError(who, answer, request.purpose);
        await discard(answer);
        tokens.clear();
        challenge = offered;
        answer = await follow(url, request, await authorization(scopesOf(request.scopes, offered), request.purpose));
        if (answer.status === 401) throw await authError(who, answer, request.purpose);
      }
      if (!isPassing(answer.status)) return { kind: 'done', value: answer };
      await discard(answer);
      const wait = retryAfter(answer, system.clock.now());
      return { kind: 'again', why: `it answers ${answer.status}`, ...(wait !== undefined && { waitSeconds: wait }) };
    } catch (error) {
      const failure = failureOf(error);
      if (failure === 'other') throw error;
      if (failure === 'passing') return { kind: 'again', why: 'the connection fails', cause: error };
      throw networkError(await identify(), failure, error, request.purpose);
    }
  };

  return {
    registry,
    send: async (request) => {
      const outcome = await withRetries(system, limits, () => attempt(request));
      if (outcome.kind === 'done') return outcome.value;
      throw gaveUpError(registry, outcome, request.purpose);
    },
    refusal: async (answer, purpose) => authError(await identify(), answer, purpose),
    resolve: async (location, target) => {
      const from = target.startsWith('/') ? `${await baseUrl()}${target}` : target;
      return secureTarget(location, from, registry, mayPlain);
    },
  };
}

async function loadIdentity(
  system: System,
  registry: string,
  repository: string,
  options: RegistryOptions,
): Promise<Identity> {
  const search = await findCredential(system, registry, repository, options);
  return { registry, search, authorities: await findAuthorities(system, registry, options.caFile) };
}

/** Reads an answer's body to its end or lets it go, so that its connection is free. */
export async function discard(answer: HttpAnswer): Promise<void> {
  let length = 0;
  try {
    for await (const piece of answer.body) {
      length += (piece as Uint8Array).length;
      if (length > 65536) break;
    }
  } catch {
    // Nobody wants these bytes; that they do not come is no failure.
  }
}

/** Loopback names and addresses, where nobody listens in. */
function isLocal(registry: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/.test(registry);
}

function secureTarget(location: string, from: string, registry: string, mayPlain: boolean): string {
  const target = new URL(location, from);
  const downgrade = target.protocol !== 'https:' && new URL(from).protocol === 'https:' && !mayPlain;
  if (downgrade || !/^https?:$/.test(target.protocol)) throw downgradeError(registry, target);
  return target.href;
}

function basic(credential: Credential | undefined): string | undefined {
  if (credential?.kind !== 'password') return undefined;
  return `Basic ${Buffer.from(`${credential.user}:${credential.password.reveal()}`).toString('base64')}`;
}

/** Bearer before basic: a token says less than a password. */
function chooseChallenge(challenges: readonly Challenge[]): Challenge | undefined {
  return (
    challenges.find(({ scheme, parameters }) => scheme === 'bearer' && parameters.realm) ??
    challenges.find(({ scheme }) => scheme === 'basic')
  );
}

function scopesOf(wanted: readonly string[], challenge: Challenge): readonly string[] {
  if (wanted.length > 0) return wanted;
  return (challenge.parameters.scope ?? '').split(' ').filter((scope) => scope !== '');
}
