/** Tables and their columns as values: one description writes rows and reads them back, checked. */
import { type Digest, isDigest } from '../base/digest.ts';
import { wellFormed } from '../base/plain-text.ts';
import type { Database, SqlRow, SqlValue } from './database.ts';

/** A cell that does not hold what Assay writes there: the file was damaged, or changed by someone else. */
export class DamagedCell extends Error {
  constructor(table: string, column: string, value: SqlValue | undefined) {
    super(`${table}.${column} holds ${value === undefined ? 'nothing' : JSON.stringify(value)?.slice(0, 80)}`);
    this.name = 'DamagedCell';
  }
}

/** A column: how a member is written into a cell, and read back (undefined when the cell holds something else). */
export interface Column<T, Presence extends 'required' | 'nullable' = 'required'> {
  readonly name: string;
  readonly presence: Presence;
  readonly write: (value: T) => SqlValue;
  readonly read: (value: SqlValue) => T | undefined;
}

/** Text, stored as well-formed Unicode. */
export function text(name: string): Column<string> {
  return {
    name,
    presence: 'required',
    write: wellFormed,
    read: (value) => (typeof value === 'string' ? value : undefined),
  };
}

/** One of a few words. */
export function word<const T extends string>(name: string, words: readonly T[]): Column<T> {
  const known = new Map<SqlValue, T>(words.map((one) => [one, one]));
  return { name, presence: 'required', write: (value) => value, read: (value) => known.get(value) };
}

/** A sha256 digest. */
export function digest(name: string): Column<Digest> {
  return {
    name,
    presence: 'required',
    write: (value) => value,
    read: (value) => (isDigest(value) ? value : undefined),
  };
}

/** A whole number that JavaScript holds exactly. */
export function integer(name: string): Column<number> {
  return numeric(name, Number.isSafeInteger);
}

/** A finite number. SQLite has no NaN (it would become NULL) and no negative zero. */
export function real(name: string): Column<number> {
  return numeric(name, Number.isFinite);
}

function numeric(name: string, fits: (value: number) => boolean): Column<number> {
  return {
    name,
    presence: 'required',
    write: (value) => {
      if (!fits(value)) throw new Error(`${value} does not fit the column ${name}`);
      return value;
    },
    read: (value) => (typeof value === 'number' && fits(value) ? value : undefined),
  };
}

/** A number, or the word `none` for "no limit", which SQLite sorts behind every number. */
export function limit(name: string): Column<number | 'none'> {
  const number = numeric(name, Number.isFinite);
  return {
    name,
    presence: 'required',
    write: (value) => (value === 'none' ? value : number.write(value)),
    read: (value) => (value === 'none' ? value : number.read(value)),
  };
}

/** True, as 1; what is false is not there. */
export function flag(name: string): Column<true> {
  return { name, presence: 'required', write: () => 1, read: (value) => (value === 1 ? true : undefined) };
}

/** The column with NULL for a member that is not there. */
export function maybe<T>(column: Column<T>): Column<T, 'nullable'> {
  return { ...column, presence: 'nullable' };
}

/** A column for each member of a row; optional members have nullable ones. */
export type Columns<R> = {
  readonly [K in keyof R]-?: Column<
    Exclude<R[K], undefined>,
    Pick<Partial<R>, K> extends Pick<R, K> ? 'nullable' : 'required'
  >;
};

/** A table: its key column (counted up by SQLite, so that order is kept) and the others. */
export interface Table<R> {
  readonly name: string;
  readonly key: string;
  /** Puts in one row and gives its key. */
  readonly insert: (database: Database, row: R) => number;
  /** Rows in the order of putting in; `where` is SQL with `?` for each of the values. */
  readonly select: (database: Database, where: string, ...values: readonly SqlValue[]) => readonly Keyed<R>[];
}

/** A row and its key. */
export interface Keyed<R> {
  readonly key: number;
  readonly row: R;
}

/** Describes a table. Names are plain identifiers of ours and are never taken from data. */
export function table<R extends object>(name: string, key: string, columns: Columns<R>): Table<R> {
  // The one place where members lose their types: `Columns<R>` has tied each to its column.
  const members = Object.entries(columns) as [keyof R & string, Column<unknown, 'required' | 'nullable'>][];
  const names = members.map(([, column]) => column.name);
  const insertion = `INSERT INTO ${name} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`;
  const selection = `SELECT ${[key, ...names].join(', ')} FROM ${name}`;
  const read = (cells: SqlRow): Keyed<R> => {
    const row: Record<string, unknown> = {};
    for (const [member, column] of members) {
      const cell = cells[column.name] ?? null;
      if (cell === null && column.presence === 'nullable') continue;
      const value = column.read(cell);
      if (value === undefined) throw new DamagedCell(name, column.name, cell);
      row[member] = value;
    }
    return { key: Number(cells[key]), row: row as R };
  };
  return {
    name,
    key,
    insert: (database, row) => {
      const cells = members.map(([member, column]) => (row[member] === undefined ? null : column.write(row[member])));
      return database.run(insertion, ...cells);
    },
    select: (database, where, ...values) =>
      database.rows(`${selection} WHERE ${where} ORDER BY ${key}`, ...values).map(read),
  };
}
