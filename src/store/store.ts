/**
 * The store: every run that ended, in one SQLite file a permission domain. In come RunRecords, whole, each in one
 * transaction; out come the same RunRecords and lists of them. It never judges, never changes what a run found, and is
 * never the only place that holds a run: the run directory is.
 */
import { dirname } from 'node:path';
import type { System } from '../system/system.ts';
import { type Database, openDatabase } from './database.ts';
import { storeForeign, storeMissing } from './errors.ts';
import { type Attempt, isLocked, type KeptRun, needsRecovery, storeFailure } from './failure.ts';
import { checkForm, migrate } from './migrate.ts';
import { migrations } from './migrations.ts';

/** An open store. Close it when done. */
export interface Store {
  readonly path: string;
  /**
   * Does the work with the database, again when another process holds it, until the limit; throws STORE_ errors.
   * The work must be one transaction. `kept` says where else the data is, for the hint.
   */
  readonly attempt: <T>(work: (database: Database) => T, kept?: KeptRun) => Promise<T>;
  readonly close: () => void;
}

/** How a store is opened. */
export interface StoreOptions {
  /** Longest wait for other processes, in seconds. */
  readonly limitSeconds?: number;
  /** Where the data to be stored is kept else, for the hint of an error. */
  readonly kept?: KeptRun;
}

const usualLimitSeconds = 60;
const pauseSeconds = 0.1;

/**
 * Opens the store at a path. For writing it is made when it is not there (file mode 0640, directory 2750) and brought
 * to the form of this Assay; for reading it must be there. Throws STORE_ errors.
 */
export async function openStore(
  system: System,
  path: string,
  access: 'read' | 'write',
  options: StoreOptions = {},
): Promise<Store> {
  const attempt: Attempt = {
    path,
    access,
    limitSeconds: options.limitSeconds ?? usualLimitSeconds,
    ...(options.kept && { kept: options.kept }),
  };
  let database: Database | undefined;
  try {
    await prepare(system, path, access);
    database = await openDatabase(path, access);
    const opened = database;
    const now = system.clock.now();
    await patiently(system, attempt, async () => {
      if (access === 'write') migrate(opened, migrations, now);
      else await recovering(path, () => checkForm(opened, migrations));
    });
    return handle(system, attempt, opened);
  } catch (error) {
    database?.close();
    throw await storeFailure(system, attempt, error);
  }
}

function handle(system: System, attempt: Attempt, database: Database): Store {
  return {
    path: attempt.path,
    attempt: async (work, kept) => {
      const once = async () =>
        attempt.access === 'write' ? work(database) : recovering(attempt.path, () => work(database));
      try {
        return await patiently(system, attempt, once);
      } catch (error) {
        throw await storeFailure(system, { ...attempt, ...(kept && { kept }) }, error);
      }
    },
    close: database.close,
  };
}

/**
 * Sees, before anything is spent on a run, whether a store can be at this path: its folder is there or can be made, and
 * no folder stands in its place. Throws what opening it later would.
 */
export async function checkStorePlace(system: System, path: string): Promise<void> {
  const { files } = system;
  try {
    const there = await files.stat(path);
    if (there?.isDirectory())
      throw storeForeign(
        `${path} is a folder, not an SQLite database`,
        'name a file for the store (directories.store)',
      );
    if (!there) await files.makeDirectory(dirname(path), 0o2750);
  } catch (error) {
    throw await storeFailure(system, { path, access: 'write', limitSeconds: 0 }, error);
  }
}

/** Makes the directory and the empty file when they are not there: SQLite alone would not give them these modes. */
async function prepare(system: System, path: string, access: 'read' | 'write'): Promise<void> {
  const { files } = system;
  if (await files.stat(path)) {
    const size = (await files.stat(await files.realPath(path)))?.size ?? 0;
    // SQLite takes so short a file for an empty one and would write over it (its smallest page is 512 bytes).
    if (size > 0 && size < 512)
      throw storeForeign(
        `${path} is not an SQLite database`,
        'name another path for the store; this file was not touched',
      );
    return;
  }
  if (access === 'read')
    throw storeMissing(
      `there is no store at ${path}`,
      'run a suite first, or name the store that you mean; a store is made at the first run',
    );
  const directory = dirname(path);
  if (!(await files.stat(directory))) {
    await files.makeDirectory(directory, 0o2750);
    await files.chmod(directory, 0o2750);
  }
  if (await files.createExclusive(path, '', 0o640)) await files.chmod(path, 0o640);
}

/** Tries again while another process holds the file, up to the limit. */
async function patiently<T>(system: System, attempt: Attempt, work: () => Promise<T>): Promise<T> {
  const end = system.clock.monotonic() + attempt.limitSeconds;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isLocked(error) || system.clock.monotonic() >= end) throw error;
    }
    await system.clock.sleep(pauseSeconds);
  }
}

/** Does a reader's work; when a writer died half-way, rolls back what it left (if this user may) and reads on. */
async function recovering<T>(path: string, work: () => T): Promise<T> {
  try {
    return work();
  } catch (error) {
    if (!needsRecovery(error)) throw error;
    // A user who may not write gets the first error, which says who may.
    if (!(await rolledBack(path))) throw error;
  }
  return work();
}

/** Lets SQLite roll back what a dead writer left, by opening the file for writing; false where this user may not. */
async function rolledBack(path: string): Promise<boolean> {
  try {
    (await openDatabase(path, 'write')).close();
    return true;
  } catch (error) {
    if (isLocked(error)) throw error;
    return false;
  }
}
