/** Trying again: which failures of HTTP pass, how long to wait, and when to stop. */
import { HarnessError } from '../../base/error.ts';
import type { HttpAnswer } from '../../system/http.ts';
import type { System } from '../../system/system.ts';

/** How often and how long. */
export interface RetryLimits {
  readonly tries: number;
  /** Seconds from the first try after which no new one begins. */
  readonly totalSeconds: number;
}

/** What one try gave: an answer to use, or a reason to try again. */
export type Try<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'again'; readonly why: string; readonly waitSeconds?: number; readonly cause?: unknown };

/** What is left when all tries are used up. */
export interface GaveUp {
  readonly kind: 'gave-up';
  readonly tries: number;
  readonly why: string;
  readonly cause?: unknown;
}

/** Runs `attempt` until it is done: waits of about 0.5, 1, 2, 4 s with jitter, or as long as the server asks. */
export async function withRetries<T>(
  system: System,
  limits: RetryLimits,
  attempt: () => Promise<Try<T>>,
): Promise<{ readonly kind: 'done'; readonly value: T } | GaveUp> {
  const started = system.clock.monotonic();
  for (let tries = 1; ; tries += 1) {
    const outcome = await attempt();
    if (outcome.kind === 'done') return outcome;
    const wait = outcome.waitSeconds ?? 0.5 * 2 ** (tries - 1) * (0.75 + Math.random() / 2);
    const late = system.clock.monotonic() - started + wait > limits.totalSeconds;
    if (tries >= limits.tries || late) {
      const asked = outcome.waitSeconds === undefined ? '' : ` and asks to wait ${Math.ceil(outcome.waitSeconds)} s`;
      return { kind: 'gave-up', tries, why: outcome.why + asked, ...('cause' in outcome && { cause: outcome.cause }) };
    }
    await system.clock.sleep(wait);
  }
}

/** True for an answer that may be another one later: 408, 429 and 5xx (but 501: the server will never know how). */
export function isPassing(status: number): boolean {
  return status === 408 || status === 429 || (status >= 500 && status !== 501);
}

/** Seconds of Retry-After (RFC 9110 section 10.2.3: seconds or a date), none when absent or unreadable. */
export function retryAfter(answer: HttpAnswer, now: string): number | undefined {
  const text = answer.headers['retry-after'];
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text.trim())) return Number(text);
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, (at - Date.parse(now)) / 1000);
}

/** What kind of failure a thrown error of HTTP is. */
export type NetworkFailure = 'passing' | 'unknown-host' | 'tls' | 'not-tls' | 'other';

const passing = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
]);
const notTls = new Set(['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG', 'ERR_SSL_HTTP_REQUEST']);
const untrusted =
  /^(ERR_TLS_|ERR_SSL_|ERR_OSSL_|CERT_|CRL_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|INVALID_CA|HOSTNAME_MISMATCH|EPROTO$)/;

/** Sorts a thrown error by its code (Node's net, tls and OpenSSL codes; undici's UND_ERR_…). */
export function failureOf(error: unknown): NetworkFailure {
  // Already in words, and tried often enough: its cause must not start another round.
  if (error instanceof HarnessError) return 'other';
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth += 1) {
    const code = (at as NodeJS.ErrnoException).code ?? '';
    if (notTls.has(code)) return 'not-tls';
    if (untrusted.test(code)) return 'tls';
    if (code === 'ENOTFOUND') return 'unknown-host';
    if (passing.has(code) || code.startsWith('UND_ERR_') || code.startsWith('HPE_')) return 'passing';
    if (at instanceof AggregateError && at.errors.length > 0) return failureOf(at.errors[0]);
  }
  return 'other';
}
