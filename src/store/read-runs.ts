/** Takes runs out of the store again. */
import type { Digest } from '../base/digest.ts';
import type { Verdict } from '../judge/verdict.ts';
import { DamagedCell, type Keyed } from './column.ts';
import type { Database } from './database.ts';
import { addressed } from './run-address.ts';
import type { CaseRow, CiContext, FindingRow, RunRecord, RunRow } from './run-record.ts';
import type { Store } from './store.ts';
import * as tables from './tables.ts';

/** A run as a list shows it. */
export interface RunSummary {
  readonly run: RunRow;
  readonly image: { readonly name: string; readonly digest: Digest };
  /** How many cases have each verdict; a verdict that none has is not there. */
  readonly verdicts: Readonly<Partial<Record<Verdict, number>>>;
}

/** The newest runs first, at most `limit` of them; of one image digest when that is given. */
export function listRuns(
  store: Store,
  options: { readonly limit?: number; readonly image?: string } = {},
): Promise<readonly RunSummary[]> {
  return store.attempt((database) =>
    database.within('deferred', () => {
      const ids = database.rows(
        `SELECT r.run_id AS id FROM runTable r JOIN image i ON i.run_id = r.run_id
         WHERE ? IN ('', i.image_digest) ORDER BY r.run_started_at DESC, r.run_id DESC LIMIT ?`,
        options.image ?? '',
        options.limit ?? -1,
      );
      return ids.map((row) => summaryOf(database, Number(row.id)));
    }),
  );
}

function summaryOf(database: Database, key: number): RunSummary {
  const stored = only('runTable', tables.runs.select(database, 'run_id = ?', key));
  const { name, digest } = only('image', tables.images.select(database, 'run_id = ?', key));
  const counts = database.rows(
    'SELECT case_verdict AS verdict, count(*) AS cases FROM test_case WHERE run_id = ? GROUP BY 1',
    key,
  );
  const verdicts = Object.fromEntries(counts.map((row) => [String(row.verdict), Number(row.cases)]));
  return { run: runOf(stored), image: { name, digest }, verdicts };
}

/**
 * One run, equal to what was written, by an address (`run-address.ts`). Throws STORE_RUN_UNKNOWN with what it may have
 * meant.
 */
export function readRun(store: Store, which: string): Promise<RunRecord> {
  return store.attempt((database) =>
    database.within('deferred', () => recordOf(database, keyOf(database, which, store.path))),
  );
}

function keyOf(database: Database, which: string, path: string): number {
  const runs = database.rows(
    `SELECT run_id AS key, run_name AS name, run_outcome AS outcome FROM runTable
     ORDER BY run_started_at DESC, run_id DESC`,
  );
  const known = runs.map((row) => ({ id: String(row.name), outcome: String(row.outcome) }));
  return Number(runs[addressed(known, which, path)]?.key);
}

function recordOf(database: Database, key: number): RunRecord {
  const of = <R extends object>(from: { select: (db: Database, where: string, run: number) => readonly Keyed<R>[] }) =>
    from.select(database, 'run_id = ?', key);
  const caseNames = new Map<number, string>();
  const allocationNames = new Map<number, string>();
  const nodes = grouped(of(tables.allocationNodes), ({ row }) => row.allocation);
  const allocations = of(tables.allocations).map(({ key: id, row: { run: _, ...row } }) => {
    allocationNames.set(id, row.id);
    return { ...row, nodes: (nodes.get(id) ?? []).map((node) => node.row.name) };
  });
  const parameters = grouped(of(tables.caseParameters), ({ row }) => row.case);
  const variables = grouped(of(tables.environmentVariables), ({ row }) => row.set);
  const cases = of(tables.cases).map(({ key: id, row: { run: _, allocation, environment, ...row } }) => {
    caseNames.set(id, row.name);
    return {
      ...row,
      ...(environment !== undefined && { environment: environmentOf(variables.get(environment) ?? []) }),
      ...(allocation !== undefined && { allocation: known(allocationNames, allocation, 'test_case') }),
      parameters: parametersOf(parameters.get(id) ?? []),
    };
  });
  const named = <R extends { readonly run: number; readonly case: number }>({ row: { run: _, ...row } }: Keyed<R>) => ({
    ...row,
    case: known(caseNames, row.case, 'rows of a case'),
  });
  const data = grouped(of(tables.findingData), ({ row }) => row.finding);
  const libraries = grouped(of(tables.libraries), ({ row }) => row.set);
  const mounts = of(tables.mounts).map((one) => ({ ...unowned(one), readOnly: one.row.readOnly === 'true' }));
  const { run: _, ...image } = only('image', of(tables.images));
  return {
    run: runOf(only('runTable', tables.runs.select(database, 'run_id = ?', key))),
    image: {
      ...image,
      layers: of(tables.imageLayers).map(unowned),
      packages: of(tables.imagePackages).map(unowned),
    },
    suites: of(tables.suites).map(unowned),
    ...(mounts.length > 0 && { mounts }),
    allocations,
    cases,
    findings: of(tables.findings).map((one) => ({ ...named(one), ...dataOf(data.get(one.key)) })),
    observations: of(tables.observations).map(named),
    facts: of(tables.facts).map(unowned),
    ranks: of(tables.ranks).map((one) => {
      const { set, ...row } = named(one);
      const loaded = set === undefined ? [] : (libraries.get(set) ?? []);
      return {
        ...row,
        libraries: loaded.map(({ row: { run: _run, set: _set, ...library } }) => library),
      };
    }),
    notes: of(tables.notes).map(named),
    files: of(tables.files).map(named),
  };
}

function runOf(stored: tables.StoredRun): RunRow {
  const { timestamp: _, ciServer, ciProject, ciCommit, ciRef, ciPipeline, ciJob, ciUser, ...run } = stored;
  if (ciServer === undefined) return run;
  const there = (value: string | undefined): string => {
    if (value === undefined) throw new DamagedCell('runTable', 'ci_…', value);
    return value;
  };
  const ci: CiContext = {
    server: ciServer,
    project: there(ciProject),
    commit: there(ciCommit),
    ref: there(ciRef),
    pipeline: there(ciPipeline),
    job: there(ciJob),
    user: there(ciUser),
  };
  return { ...run, ci };
}

function parametersOf(
  rows: readonly Keyed<{ readonly name: string; readonly number?: number; readonly text?: string }>[],
): CaseRow['parameters'] {
  return Object.fromEntries(rows.map(({ row }) => [row.name, row.number ?? row.text ?? '']));
}

function environmentOf(
  rows: readonly Keyed<{ readonly name: string; readonly value: string }>[],
): NonNullable<CaseRow['environment']> {
  return Object.fromEntries(rows.map(({ row }) => [row.name, row.value]));
}

function dataOf(rows: readonly Keyed<tables.FindingDatum>[] | undefined): Pick<FindingRow, 'data'> {
  if (!rows) return {};
  const datumOf = ({ kind, number, text }: tables.FindingDatum): number | string | boolean | null => {
    if (kind === 'null') return null;
    if (kind === 'boolean') return text === 'true';
    return (kind === 'number' ? number : text) ?? null;
  };
  return { data: Object.fromEntries(rows.map(({ row }) => [row.name, datumOf(row)])) };
}

/** The row without the key of its run. */
function unowned<R extends { readonly run: number }>({ row: { run: _, ...row } }: Keyed<R>): Omit<R, 'run'> {
  return row;
}

function grouped<R>(rows: readonly R[], by: (row: R) => number): ReadonlyMap<number, readonly R[]> {
  const groups = new Map<number, R[]>();
  for (const row of rows) {
    const group = groups.get(by(row));
    if (group) group.push(row);
    else groups.set(by(row), [row]);
  }
  return groups;
}

function only<R>(table: string, rows: readonly Keyed<R>[]): R {
  const [first] = rows;
  if (!first || rows.length > 1) throw new DamagedCell(table, `run_id (${rows.length} rows)`, undefined);
  return first.row;
}

function known(names: ReadonlyMap<number, string>, key: number, table: string): string {
  const name = names.get(key);
  if (name === undefined) throw new DamagedCell(table, 'key', key);
  return name;
}

/** One value of a metric: of one case in one run. */
export interface MetricValue {
  readonly run: string;
  readonly startedAt: string;
  readonly outcome: string;
  readonly image: string;
  readonly digest: string;
  /** Releases of the kernels that the run's nodes had, sorted; empty when none is known. */
  readonly kernels: readonly string[];
  readonly case: string;
  readonly verdict: string;
  readonly value: number;
  readonly unit: string;
  /** `higher` or `lower`; absent for a number that is no performance. */
  readonly better?: string;
}

/** Every value of a numeric observation over all runs, oldest first; and the names that there are, for a hint. */
export function readMetric(
  store: Store,
  metric: string,
): Promise<{ readonly values: readonly MetricValue[]; readonly known: readonly string[] }> {
  return store.attempt((database) =>
    database.within('deferred', () => {
      const rows = database.rows(
        `SELECT r.run_id AS key, r.run_name AS run, r.run_started_at AS started, r.run_outcome AS outcome,
                i.image_name AS image, i.image_digest AS digest, c.case_name AS name, c.case_verdict AS verdict,
                o.observation_number AS value, o.observation_unit AS unit, o.observation_better AS better
         FROM observation o JOIN test_case c ON c.case_id = o.case_id JOIN runTable r ON r.run_id = o.run_id
         JOIN image i ON i.run_id = o.run_id
         WHERE o.observation_name = ? AND o.observation_number IS NOT NULL
         ORDER BY r.run_started_at, r.run_id, o.observation_id`,
        metric,
      );
      const kernels = new Map<number, readonly string[]>();
      for (const key of new Set(rows.map((row) => Number(row.key)))) kernels.set(key, kernelsOf(database, key));
      const names = database.rows(
        'SELECT DISTINCT observation_name AS name FROM observation WHERE observation_number IS NOT NULL ORDER BY 1',
      );
      const values = rows.map((row) => ({
        run: String(row.run),
        startedAt: String(row.started),
        outcome: String(row.outcome),
        image: String(row.image),
        digest: String(row.digest),
        kernels: kernels.get(Number(row.key)) ?? [],
        case: String(row.name),
        verdict: String(row.verdict),
        value: Number(row.value),
        unit: String(row.unit),
        ...(typeof row.better === 'string' && { better: row.better }),
      }));
      return { values, known: names.map((row) => String(row.name)) };
    }),
  );
}

function kernelsOf(database: Database, run: number): readonly string[] {
  return database
    .rows(
      `SELECT DISTINCT fact_value AS value FROM fact
       WHERE run_id = ? AND fact_group = 'kernel' AND fact_key = 'release' AND fact_value IS NOT NULL ORDER BY 1`,
      run,
    )
    .map((row) => String(row.value));
}
