/**
 * SQLite files: the one import site of better-sqlite3, loaded when the first file is opened. Errors come out as the
 * driver throws them (`code` SQLITE_…); `failure.ts` turns them into ones that people can act on.
 */
import type { Database as Connection, Statement } from 'better-sqlite3';
import { messageOf } from '../base/error.ts';
import { storeDriver } from './errors.ts';

/** A value of a cell. Blobs are files named by their digest, never cells. */
export type SqlValue = string | number | null;

/** A row by column name. */
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** An open SQLite file. All of it works at once, without waiting for anything but the disk and the lock. */
export interface Database {
  readonly path: string;
  readonly rows: (sql: string, ...values: readonly SqlValue[]) => readonly SqlRow[];
  /** Runs one statement and gives the key of the last row put in. */
  readonly run: (sql: string, ...values: readonly SqlValue[]) => number;
  /** Runs several statements; for the texts of migrations. */
  readonly script: (sql: string) => void;
  /** Does the work in one transaction: all of it, or (when anything throws) nothing. */
  readonly within: <T>(lock: 'deferred' | 'immediate' | 'exclusive', work: () => T) => T;
  readonly close: () => void;
}

/** Longest wait for another process's lock inside one call; the caller tries again, without holding up the program. */
const busyMilliseconds = 1000;

/**
 * Opens a file that exists. For writing: a rollback journal, never WAL (which does not work on network file systems),
 * synced in full, foreign keys checked.
 */
export async function openDatabase(path: string, access: 'read' | 'write'): Promise<Database> {
  const { default: Driver } = await import('better-sqlite3');
  let connection: Connection;
  try {
    connection = new Driver(path, { readonly: access === 'read', fileMustExist: true, timeout: busyMilliseconds });
  } catch (error) {
    // The driver's native half is loaded by its first use.
    if (error instanceof Driver.SqliteError || error instanceof TypeError) throw error;
    throw storeDriver(
      `better-sqlite3 cannot be loaded: ${messageOf(error).split('\n')[0]}`,
      `install Assay again for Node ${process.versions.node} on ${process.platform}-${process.arch} (npm rebuild better-sqlite3)`,
      { cause: error },
    );
  }
  try {
    connection.pragma('foreign_keys = ON');
    connection.pragma('trusted_schema = OFF');
    if (access === 'write') {
      connection.pragma('journal_mode = DELETE');
      connection.pragma('synchronous = FULL');
    }
  } catch (error) {
    connection.close();
    throw error;
  }
  return wrapped(path, connection);
}

function wrapped(path: string, connection: Connection): Database {
  const statements = new Map<string, Statement>();
  const prepared = (sql: string): Statement => {
    const known = statements.get(sql);
    if (known) return known;
    const statement = connection.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  return {
    path,
    rows: (sql, ...values) => prepared(sql).all(...values) as SqlRow[],
    run: (sql, ...values) => Number(prepared(sql).run(...values).lastInsertRowid),
    script: (sql) => {
      connection.exec(sql);
    },
    within: (lock, work) => {
      connection.exec(`BEGIN ${lock}`);
      try {
        const result = work();
        connection.exec('COMMIT');
        return result;
      } catch (error) {
        // A full disk may already have rolled back; a rollback that fails must not hide why it was needed.
        if (connection.inTransaction) {
          try {
            connection.exec('ROLLBACK');
          } catch {
            // The journal stays, and the next one to open the file rolls it back.
          }
        }
        throw error;
      }
    },
    close: () => {
      connection.close();
    },
  };
}
