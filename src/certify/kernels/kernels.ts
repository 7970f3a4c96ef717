/**
 * Kernels. In come the bytes of blessings and revocations, and the public keys that are believed; out comes, for one kernel
 * fingerprint, whether it is blessed now, and why not. It reads no file and no clock, and believes nothing that is not signed.
 */
import type { Digest } from '../../base/digest.ts';
import { momentOf } from '../rule.ts';
import type { Blessing, KernelStatement, Revocation } from './kernel-statement.ts';

/**
 * Where a fingerprint stands. Only `blessed` counts. `not-yet`: the clock is before the blessing. `altered`: the one statement
 * about it was changed after it was signed. `untrusted`: signed by other keys only. `elsewhere`: blessed on other sites only.
 */
export type KernelStatus =
  | 'blessed'
  | 'not-yet'
  | 'expired'
  | 'revoked'
  | 'altered'
  | 'untrusted'
  | 'elsewhere'
  | 'unknown';

/** What is known of one fingerprint at one moment. */
export interface KernelStanding {
  readonly fingerprint: Digest;
  readonly status: KernelStatus;
  /** The blessing that it stands or falls with: of several the one that lasts longest. */
  readonly blessing?: Blessing;
  readonly revocation?: Revocation;
  /** Why a statement about it does not count, as its reader said. */
  readonly why?: string;
}

/** Where a fingerprint stands on a site at `now` (ISO 8601 UTC; unreadable, nothing is in force). */
export function kernelStanding(
  fingerprint: Digest,
  site: string,
  statements: readonly KernelStatement[],
  now: string,
): KernelStanding {
  const blessings = statements
    .filter((one) => one.kind === 'blessing')
    .filter((one) => one.fingerprint === fingerprint)
    .sort((a, b) => timeOf(b.until) - timeOf(a.until) || (a.digest < b.digest ? -1 : 1));
  const revocations = statements
    .filter((one) => one.kind === 'revocation')
    .filter((one) => one.fingerprint === fingerprint)
    .sort((a, b) => timeOf(b.at) - timeOf(a.at));
  const [revocation] = revocations;
  // A revocation counts whatever the clock says: one that is slow must not let a kernel in.
  const alive = blessings.filter(({ from }) => !revocation || timeOf(from) > timeOf(revocation.at));
  const here = alive.filter((one) => one.site === site);
  const moment = momentOf(now) ?? Number.NaN;
  const begun = here.filter(({ from }) => timeOf(from) <= moment);
  const blessed = begun.find(({ until }) => moment <= timeOf(until));
  const tell = (status: KernelStatus, blessing?: Blessing, why?: string): KernelStanding => ({
    fingerprint,
    status,
    ...(blessing && { blessing }),
    ...(revocation && { revocation }),
    ...(why !== undefined && { why }),
  });
  if (blessed) return tell('blessed', blessed);
  if (begun[0]) return tell('expired', begun[0]);
  if (here[0]) return tell('not-yet', here[0]);
  if (revocation) return tell('revoked', blessings[0]);
  if (alive[0]) return tell('elsewhere', alive[0]);
  for (const status of ['altered', 'untrusted'] as const) {
    const found = statements.find((one) => one.kind === status && one.claims?.fingerprint === fingerprint);
    if (found && 'why' in found) return tell(status, undefined, found.why);
  }
  return tell('unknown');
}

/** Milliseconds since 1970; the reader has let no other times through. */
function timeOf(text: string): number {
  return momentOf(text) ?? Number.NaN;
}

/** The first digits of a fingerprint, for people; `bless --revoke` takes them too. */
export function shortFingerprint(fingerprint: Digest): string {
  return fingerprint.slice('sha256:'.length, 'sha256:'.length + 12);
}
