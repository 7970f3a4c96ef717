/** What the driver and the file system throw, as errors that say what to do next. */
import { dirname } from 'node:path';
import { messageOf } from '../base/error.ts';
import { showBytes } from '../base/quantity.ts';
import type { System } from '../system/system.ts';
import { DamagedCell } from './column.ts';
import { storeCorrupt, storeForeign, storeFull, storeLocked, storeUnreadable, storeUnwritable } from './errors.ts';

/** Where to find again what could not be stored: the run and its directory. */
export interface KeptRun {
  readonly id: string;
  readonly directory: string;
}

/** What was being done to which file. */
export interface Attempt {
  readonly path: string;
  readonly access: 'read' | 'write';
  readonly limitSeconds: number;
  readonly kept?: KeptRun;
}

const locked = /^SQLITE_(BUSY|LOCKED|PROTOCOL)/;
const damaged = /^SQLITE_(CORRUPT|FORMAT)/;
const refused =
  /^(SQLITE_(READONLY|CANTOPEN|PERM|IOERR|AUTH)|E(ACCES|PERM|ROFS|NOTDIR|ISDIR|IO|STALE|LOOP|NAMETOOLONG)$)/;

/** Below this many free bytes, an error of reading or writing is put down to the full disk. */
const nearlyNothing = 256 * 1024;

/** The `code` of a thrown value, or nothing. */
function codeOf(error: unknown): string {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : '';
}

/** True when another process holds the file and trying again may help. */
export function isLocked(error: unknown): boolean {
  return locked.test(codeOf(error));
}

/**
 * True when a process died while it wrote and its journal must be rolled back, which a reader's connection may not do
 * (sqlite.org/rescode.html, SQLITE_READONLY_ROLLBACK).
 */
export function needsRecovery(error: unknown): boolean {
  return codeOf(error) === 'SQLITE_READONLY_ROLLBACK';
}

/** The error to throw for a thrown value; what is neither the driver's nor the file system's comes back as it is. */
export async function storeFailure(system: System, attempt: Attempt, error: unknown): Promise<unknown> {
  const { path, access, kept } = attempt;
  const code = codeOf(error);
  const cause = { cause: error };
  const again = kept
    ? ` The run directory ${kept.directory} still holds everything: "assay run --resume ${kept.id}" stores it.`
    : '';
  if (error instanceof DamagedCell || damaged.test(code))
    return storeCorrupt(
      `the store ${path} is damaged: ${messageOf(error)}`,
      `move the file aside and keep it; a backup, or "sqlite3 ${path} .recover", may bring its runs back. A new store is made at the next run, and every run directory can be stored again with "assay run --resume RUN".`,
      cause,
    );
  if (code === 'SQLITE_NOTADB')
    return storeForeign(
      `${path} is not an SQLite database`,
      `name another path for the store; this file was not touched.${again}`,
      cause,
    );
  if (isLocked(error))
    return storeLocked(
      `the store ${path} was held by another process for ${attempt.limitSeconds} s`,
      `see who holds it with "fuser ${path}" on the hosts that use it, and try again when it is done.${again}`,
      cause,
    );
  const full = code === 'SQLITE_FULL' || code === 'ENOSPC' || code === 'EDQUOT';
  if (!full && !refused.test(code)) return error;
  const directory = dirname(path);
  const free = await freeBytes(system, directory);
  if (full || (code.startsWith('SQLITE_IOERR') && free !== undefined && free < nearlyNothing))
    return storeFull(
      `the store ${path} is out of space; nothing of this was written`,
      `${free === undefined ? 'no space is' : `${showBytes(free)} are`} free in ${directory}: make room there (look at quotas too) or name another store.${again}`,
      cause,
    );
  if (needsRecovery(error))
    return storeUnreadable(
      `a process died while it wrote the store ${path}, and what it left must be rolled back first`,
      `${await whoMay(system, path)}; let its owner list the runs once: that rolls it back`,
      cause,
    );
  const what = `(${code}) ${messageOf(error)}`;
  if (access === 'read')
    return storeUnreadable(
      `the store ${path} cannot be read: ${what}`,
      `${await whoMay(system, path)}; ask its owner, or name another store`,
      cause,
    );
  const broken = code.startsWith('SQLITE_IOERR');
  return storeUnwritable(
    `the store ${path} cannot be written: ${what}`,
    `${broken ? `look at quotas and at the file system of ${directory}` : `${await whoMay(system, path)}; SQLite needs to write the file and the directory ${directory}`}, or name another store.${again}`,
    cause,
  );
}

async function freeBytes(system: System, directory: string): Promise<number | undefined> {
  try {
    return await system.files.freeBytes(directory);
  } catch {
    return undefined;
  }
}

/** `it belongs to uid 0 with mode 640, and you are alice (uid 1000)`. */
async function whoMay(system: System, path: string): Promise<string> {
  const you = `you are ${system.environment.user} (uid ${system.environment.uid})`;
  for (let at = path; ; at = dirname(at)) {
    const seen = await system.files.stat(at).catch(() => undefined);
    if (seen) return `${at} belongs to uid ${seen.uid} with mode ${(seen.mode & 0o7777).toString(8)}, and ${you}`;
    if (dirname(at) === at) return you;
  }
}
