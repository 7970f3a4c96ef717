import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDatabase } from '../../src/store/database.ts';
import { writeRun } from '../../src/store/write-run.ts';
import { fullRecord } from './record.ts';
import { opened, temporaryDirectory } from './temporary-store.ts';

// What a real DSI installation needs of a file, asked with the statements that DSI itself uses.

// Of SQLite's keywords those that a column or table of ours might be tempted to use; DSI quotes or renames them.
const keywords =
  /^(case|check|column|commit|current|date|default|desc|end|exists|filter|first|from|group|index|is|key|last|limit|name|no|not|null|of|on|order|plan|query|range|rank|release|row|rows|set|state|table|time|to|user|value|values|view|when|where|window|with)$/i;

async function filled() {
  const path = join(temporaryDirectory(), 'store.sqlite');
  const store = await opened(path);
  await writeRun(store, fullRecord('one'));
  await writeRun(store, fullRecord('two'));
  store.close();
  const database = await openDatabase(path, 'read');
  const tables = database
    .rows("SELECT name FROM sqlite_master WHERE type = 'table'")
    .map(({ name }) => String(name))
    .filter((name) => name !== 'sqlite_sequence');
  return { database, tables };
}

test('no views, no triggers, no tables without rowid, no generated columns, nothing of ANALYZE', async () => {
  const { database, tables } = await filled();
  expect(database.rows("SELECT name FROM sqlite_master WHERE type NOT IN ('table', 'index')")).toEqual([]);
  for (const table of tables) {
    expect(table).toMatch(/^[A-Za-z][A-Za-z_]*$/);
    expect(table).not.toMatch(/^sqlite_|_dsi_temp$/);
    expect(table).not.toMatch(keywords);
    database.rows(`SELECT rowid FROM ${table} LIMIT 1`);
    expect(database.rows(`PRAGMA table_xinfo(${table})`).filter(({ hidden }) => hidden !== 0)).toEqual([]);
  }
  database.close();
});

test('runTable has the two columns of DSI first, and a row of DSI alone goes in', async () => {
  const { database } = await filled();
  const columns = database.rows('PRAGMA table_info(runTable)');
  expect(columns.slice(0, 2).map(({ name }) => name)).toEqual(['run_id', 'run_timestamp']);
  expect(columns.filter(({ notnull }) => notnull === 1)).toEqual([]);
  const times = database.rows('SELECT run_timestamp AS time FROM runTable ORDER BY run_id').map(({ time }) => time);
  // The second began in the same second.
  expect(times).toEqual(['2026-03-01 12:00:00', '2026-03-01 12:00:01']);
  database.close();
});

test('every table of a run has run_id first; keys are of one column; foreign keys name theirs, one a column', async () => {
  const { database, tables } = await filled();
  for (const table of tables.filter((name) => !['assay_migration', 'dsi_units'].includes(name))) {
    const columns = database.rows(`PRAGMA table_info(${table})`);
    expect(columns[0]?.name, table).toBe('run_id');
    expect(columns.filter(({ pk }) => pk !== 0)).toHaveLength(1);
    expect(columns.length).toBeLessThanOrEqual(400);
    const foreign = database.rows(`PRAGMA foreign_key_list(${table})`);
    for (const { to } of foreign) expect(to).not.toBeNull();
    expect(new Set(foreign.map(({ from }) => from)).size).toBe(foreign.length);
    if (table !== 'runTable') expect(foreign.some(({ from }) => from === 'run_id')).toBe(true);
  }
  database.close();
});

test('column names are plain and unique over all tables but for the keys that refer to others', async () => {
  const { database, tables } = await filled();
  const seen = new Map<string, string>();
  for (const table of tables) {
    const foreign = new Set(database.rows(`PRAGMA foreign_key_list(${table})`).map(({ from }) => from));
    for (const { name, type } of database.rows(`PRAGMA table_info(${table})`)) {
      const column = String(name);
      expect(column).toMatch(/^[a-z][a-z_]*$/);
      expect(column).not.toMatch(keywords);
      expect(['TEXT', 'INTEGER', 'REAL']).toContain(type);
      if (foreign.has(column)) continue;
      expect(seen.get(column), `${table}.${column}`).toBeUndefined();
      seen.set(column, table);
    }
  }
  database.close();
});

test('units are plain, one a column, of columns that there are', async () => {
  const { database } = await filled();
  const units = database.rows('SELECT table_name, column_name, unit FROM dsi_units');
  expect(units.length).toBeGreaterThan(0);
  for (const { table_name, column_name, unit } of units) {
    expect(unit).toMatch(/^[A-Za-z0-9/%*^-]+$/);
    expect(database.rows(`PRAGMA table_info(${table_name})`).map(({ name }) => name)).toContain(column_name);
  }
  expect(new Set(units.map((row) => `${row.table_name}.${row.column_name}`)).size).toBe(units.length);
  database.close();
});
