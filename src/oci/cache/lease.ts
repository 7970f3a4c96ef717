/**
 * Leases: who works on a thing that several processes, on several hosts of a shared file system, may want to make.
 * A lease saves work; it is never what keeps results right: those are published by rename.
 */
import { basename, dirname, join } from 'node:path';
import { showDuration } from '../../base/quantity.ts';
import { hasCode } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import { cacheBusy } from '../errors.ts';

/** Times of a lease, in seconds. */
export interface LeaseTimes {
  /** How long to wait for another holder, at most; default 1800. */
  readonly waitSeconds?: number;
  /** A lease that was seen unchanged for so long is stale; default 60. It is renewed every sixth of that. */
  readonly staleSeconds?: number;
}

interface Holder {
  readonly host: string;
  readonly pid: number;
  readonly nonce: string;
  /** ISO 8601, by the holder's clock. */
  readonly heartbeat: string;
}

// Clocks of one cluster agree better than this: MUNGE refuses credentials beyond 5 minutes.
const longDeadSeconds = 600;
const pollSeconds = 0.5;
const reportSeconds = 10;
let sequence = 0;

/**
 * Does `work` while holding the lease at `path` (its directory must be there). Waits for another holder, tells so, and
 * takes over from a dead one. OCI_CACHE_BUSY when the wait is over. `purpose` follows "waiting for HOST (process N) to".
 */
export async function withLease<T>(
  system: System,
  path: string,
  purpose: string,
  work: () => Promise<T>,
  times: LeaseTimes = {},
): Promise<T> {
  const staleSeconds = times.staleSeconds ?? 60;
  sequence += 1;
  const nonce = `${process.pid}-${sequence}-${Math.random().toString(36).slice(2)}`;
  await acquire(system, path, purpose, nonce, times.waitSeconds ?? 1800, staleSeconds);
  const stop = new AbortController();
  const renewal = renew(system, path, nonce, staleSeconds / 6, stop.signal);
  try {
    return await work();
  } finally {
    stop.abort();
    await renewal;
    if ((await readHolder(system, path))?.nonce === nonce) await system.files.remove(path);
  }
}

function contentOf(system: System, nonce: string): string {
  const { host } = system.environment;
  const holder: Holder = { host, pid: process.pid, nonce, heartbeat: system.clock.now() };
  return `${JSON.stringify(holder)}\n`;
}

async function acquire(
  system: System,
  path: string,
  purpose: string,
  nonce: string,
  waitSeconds: number,
  staleSeconds: number,
): Promise<void> {
  const { clock, files, log } = system;
  const started = clock.monotonic();
  let seen: { text: string; since: number } | undefined;
  let reported = started;
  for (;;) {
    if (await files.createExclusive(path, contentOf(system, nonce))) return;
    const text = await files.readTextIfThere(path);
    if (text === undefined) continue;
    const now = clock.monotonic();
    if (seen?.text !== text) seen = { text, since: now };
    const holder = parseHolder(text);
    if (now - seen.since >= staleSeconds || (holder && (await isDead(system, holder)))) {
      await takeAway(system, path, text);
      seen = undefined;
      continue;
    }
    const who = holder ? `${holder.host} (process ${holder.pid})` : 'another process';
    if (now - started >= waitSeconds)
      throw cacheBusy(
        `waited ${showDuration(now - started)} for ${who} to ${purpose}`,
        `if that process is gone, remove ${path} and run again`,
      );
    if (now - reported >= reportSeconds) {
      reported = now;
      log.progress(`waiting for ${who} to ${purpose}, ${showDuration(now - started)} so far`);
    }
    await clock.sleep(pollSeconds * (0.75 + Math.random() / 2));
  }
}

async function isDead(system: System, holder: Holder): Promise<boolean> {
  const age = (Date.parse(system.clock.now()) - Date.parse(holder.heartbeat)) / 1000;
  if (!(age < longDeadSeconds)) return true;
  if (holder.host !== system.environment.host) return false;
  // Only where /proc tells of processes at all does a missing one mean a dead one.
  if (!(await system.files.stat(`/proc/${process.pid}`))) return false;
  return !(await system.files.stat(`/proc/${holder.pid}`));
}

/**
 * Takes a stale lease away by rename, so that of several takers one succeeds. A taker that comes late moves the new
 * holder's lease instead: it sees so by the content and puts it back.
 */
async function takeAway(system: System, path: string, stale: string): Promise<void> {
  sequence += 1;
  const aside = join(dirname(path), `.${basename(path)}.${system.environment.host}-${process.pid}-${sequence}.stale`);
  try {
    await system.files.rename(path, aside);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw error;
  }
  const taken = await system.files.readTextIfThere(aside);
  if (taken !== undefined && taken !== stale) await system.files.createExclusive(path, taken);
  await system.files.remove(aside);
}

async function renew(
  system: System,
  path: string,
  nonce: string,
  everySeconds: number,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    await system.clock.sleep(everySeconds, signal);
    if (signal.aborted) return;
    try {
      // A lease that was taken away is not taken back: the work goes on, and its result is published by rename.
      if ((await readHolder(system, path))?.nonce !== nonce) return;
      await system.files.writeAtomic(path, contentOf(system, nonce));
    } catch {
      // A renewal that fails may succeed the next time; if not, another process takes over, which does no harm.
    }
  }
}

async function readHolder(system: System, path: string): Promise<Holder | undefined> {
  const text = await system.files.readTextIfThere(path);
  return text === undefined ? undefined : parseHolder(text);
}

function parseHolder(text: string): Holder | undefined {
  try {
    const value = JSON.parse(text) as Partial<Holder>;
    const { host, pid, nonce, heartbeat } = value;
    if (typeof host !== 'string' || typeof nonce !== 'string' || typeof heartbeat !== 'string') return undefined;
    return Number.isSafeInteger(pid) && pid !== undefined ? { host, pid, nonce, heartbeat } : undefined;
  } catch {
    return undefined;
  }
}
