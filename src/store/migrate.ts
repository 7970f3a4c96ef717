/** Brings a file to the form of this Assay, or says why that cannot be. */
import { digestOf } from '../base/digest.ts';
import type { Database } from './database.ts';
import { storeForeign, storeMissing, storeNewer, storeOlder } from './errors.ts';
import type { Migration } from './migrations.ts';

/** `Assy` in ASCII: the `application_id` in the header of every store (sqlite.org/fileformat2.html, offset 68). */
const applicationId = 0x41737379;

/**
 * Checks that the file is ours and in the form of `steps`; throws STORE_FOREIGN, STORE_NEWER, STORE_OLDER or
 * STORE_MISSING (nothing in it yet).
 */
export function checkForm(database: Database, steps: readonly Migration[]): void {
  const version = checkedVersion(database, steps);
  if (version === 0)
    throw storeMissing(`${database.path} holds no run yet`, 'run a suite first, or name another store');
  if (version < steps.length)
    throw storeOlder(
      `the store ${database.path} has form ${version} and this Assay reads form ${steps.length}`,
      'let its owner store a run with this Assay once: that brings the store up to date',
    );
}

/**
 * Applies the steps that the file lacks, all in one transaction: after an error it is as it was. Two processes may do
 * this at once: the second finds the work done.
 */
export function migrate(database: Database, steps: readonly Migration[], now: string): void {
  if (checkedVersion(database, steps) === steps.length) return;
  // Rebuilding a table others refer to needs this off, and it cannot be changed inside a transaction.
  database.script('PRAGMA foreign_keys = OFF');
  try {
    database.within('exclusive', () => {
      for (const step of steps.slice(checkedVersion(database, steps))) {
        database.script(step.sql);
        database.run(
          'INSERT INTO assay_migration VALUES (?, ?, ?, ?)',
          step.number,
          step.name,
          digestOf(step.sql),
          now,
        );
      }
      const [broken] = database.rows('PRAGMA foreign_key_check');
      if (broken) throw new Error(`after migration a row of ${broken.table} refers to nothing`);
      database.script(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${steps.length}`);
    });
  } finally {
    database.script('PRAGMA foreign_keys = ON');
  }
}

/** The number of steps the file has, each checked to be the one we know; 0 for an empty file. */
function checkedVersion(database: Database, steps: readonly Migration[]): number {
  const path = database.path;
  const header = (pragma: string): number => Number(Object.values(database.rows(`PRAGMA ${pragma}`)[0] ?? {})[0]);
  const version = header('user_version');
  const empty = database.rows('SELECT name FROM sqlite_schema LIMIT 1').length === 0;
  if (empty && version === 0 && [0, applicationId].includes(header('application_id'))) return 0;
  if (header('application_id') !== applicationId)
    throw storeForeign(
      `${path} is an SQLite database of something else`,
      'name another path for the store; this file was not touched',
    );
  if (version > steps.length)
    throw storeNewer(
      `the store ${path} has form ${version}; this Assay knows forms up to ${steps.length}`,
      'use the newer Assay that wrote it, or name another store; this file was not touched',
    );
  const applied = database.rows('SELECT migration_number, migration_digest FROM assay_migration ORDER BY 1');
  const known = steps.slice(0, version).map((step) => digestOf(step.sql));
  if (applied.length !== version || applied.some((row, index) => row.migration_digest !== known[index]))
    throw storeForeign(
      `the store ${path} was made by an Assay whose tables differ from this one's`,
      'use the Assay that made it, or name another store; this file was not touched',
    );
  return version;
}
