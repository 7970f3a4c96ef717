/** Puts one run into the store, whole or not at all. */
import { type Digest, digestOfJson } from '../base/digest.ts';
import type { Database } from './database.ts';
import type { CaseRow, FindingRow, RankRow, RunRecord } from './run-record.ts';
import type { Store } from './store.ts';
import * as tables from './tables.ts';

/**
 * What became of a run: `stored` new; `replaced`, because its journal has grown since; `unchanged`, because it was
 * there from the same journal; `newer-kept`, because the store has it from a journal that goes on for longer.
 */
export type Stored = 'stored' | 'replaced' | 'unchanged' | 'newer-kept';

/**
 * Stores a run in one transaction. The same run may come again: its rows are replaced when its journal has changed.
 * Throws STORE_ errors; their hint names the run directory, which still holds everything.
 * Text goes in as well-formed Unicode: an unpaired surrogate becomes U+FFFD.
 */
export function writeRun(store: Store, record: RunRecord): Promise<Stored> {
  return store.attempt((database) => database.within('immediate', () => put(database, record)), record.run);
}

function put(database: Database, record: RunRecord): Stored {
  const { run } = record;
  const [known] = tables.runs.select(database, 'run_name = ?', run.id);
  if (known && known.row.journalDigest === run.journalDigest) return 'unchanged';
  // A journal only grows, so the copy that ends earlier is the older one.
  if (known && run.endedAt < known.row.endedAt) return 'newer-kept';
  if (known) {
    for (const name of tables.ofRun) database.run(`DELETE FROM ${name} WHERE run_id = ?`, known.key);
    database.run('DELETE FROM runTable WHERE run_id = ?', known.key);
  }
  const key = tables.runs.insert(database, storedRun(database, record));
  putImage(database, key, record);
  const casesByName = putCases(database, key, record, putAllocations(database, key, record));
  putResults(database, key, record, (name) => found(casesByName, name, 'case'));
  for (const fact of record.facts) tables.facts.insert(database, { ...fact, run: key });
  return known ? 'replaced' : 'stored';
}

function storedRun(database: Database, { run }: RunRecord): tables.StoredRun {
  const { ci, ...flat } = run;
  return {
    ...flat,
    timestamp: freeTimestamp(database, run.startedAt),
    ...(ci && {
      ciServer: ci.server,
      ciProject: ci.project,
      ciCommit: ci.commit,
      ciRef: ci.ref,
      ciPipeline: ci.pipeline,
      ciJob: ci.job,
      ciUser: ci.user,
    }),
  };
}

/** The start in DSI's form. DSI wants these unique, so a taken second gives way to the next free one. */
function freeTimestamp(database: Database, startedAt: string): string {
  const start = Date.parse(startedAt);
  if (Number.isNaN(start)) throw new Error(`a run started at "${startedAt}", which is no time`);
  for (let time = start; ; time += 1000) {
    const timestamp = new Date(time).toISOString().slice(0, 19).replace('T', ' ');
    if (database.rows('SELECT 1 FROM runTable WHERE run_timestamp = ?', timestamp).length === 0) return timestamp;
  }
}

function putImage(database: Database, run: number, { image, suites, mounts }: RunRecord): void {
  tables.images.insert(database, { ...image, run });
  for (const layer of image.layers) tables.imageLayers.insert(database, { ...layer, run });
  for (const one of image.packages) tables.imagePackages.insert(database, { ...one, run });
  for (const suite of suites) tables.suites.insert(database, { ...suite, run });
  for (const mount of mounts ?? [])
    tables.mounts.insert(database, { ...mount, readOnly: mount.readOnly ? 'true' : 'false', run });
}

function putAllocations(database: Database, run: number, record: RunRecord): ReadonlyMap<string, number> {
  const keys = new Map<string, number>();
  for (const allocation of record.allocations) {
    const key = tables.allocations.insert(database, { ...allocation, run });
    keys.set(allocation.id, key);
    for (const name of allocation.nodes) tables.allocationNodes.insert(database, { run, allocation: key, name });
  }
  return keys;
}

function putCases(
  database: Database,
  run: number,
  record: RunRecord,
  allocations: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const keys = new Map<string, number>();
  const environments = new Map<Digest, number>();
  for (const one of record.cases) {
    if (keys.has(one.name)) throw new Error(`two cases of run ${record.run.id} are named "${one.name}"`);
    const { allocation, parameters, environment, ...row } = one;
    const key = tables.cases.insert(database, {
      ...row,
      run,
      ...(allocation !== undefined && { allocation: found(allocations, allocation, 'allocation') }),
      ...(environment && { environment: environmentSet(database, run, environment, environments) }),
    });
    keys.set(one.name, key);
    putParameters(database, run, key, parameters);
  }
  return keys;
}

function putParameters(database: Database, run: number, key: number, parameters: CaseRow['parameters']): void {
  for (const [name, value] of Object.entries(parameters)) {
    const cell = typeof value === 'number' ? { number: value } : { text: value };
    tables.caseParameters.insert(database, { run, case: key, name, ...cell });
  }
}

function putResults(database: Database, run: number, record: RunRecord, keyOf: (name: string) => number): void {
  for (const { data, ...row } of record.findings) {
    const finding = tables.findings.insert(database, { ...row, run, case: keyOf(row.case) });
    putData(database, run, finding, data ?? {});
  }
  for (const row of record.observations) tables.observations.insert(database, { ...row, run, case: keyOf(row.case) });
  for (const row of record.files) tables.files.insert(database, { ...row, run, case: keyOf(row.case) });
  for (const row of record.notes) tables.notes.insert(database, { ...row, run, case: keyOf(row.case) });
  const sets = new Map<string, number>();
  for (const { libraries, ...row } of record.ranks) {
    const set = libraries.length === 0 ? {} : { set: librarySet(database, run, libraries, sets) };
    tables.ranks.insert(database, { ...row, run, case: keyOf(row.case), ...set });
  }
}

function putData(database: Database, run: number, finding: number, data: NonNullable<FindingRow['data']>): void {
  for (const [name, value] of Object.entries(data)) {
    const cell =
      typeof value === 'number'
        ? ({ kind: 'number', number: value } as const)
        : typeof value === 'string'
          ? ({ kind: 'text', text: value } as const)
          : value === null
            ? ({ kind: 'null' } as const)
            : ({ kind: 'boolean', text: String(value) } as const);
    tables.findingData.insert(database, { run, finding, name, ...cell });
  }
}

/** The key of the set of these variables; put in when it is the first of its kind in the run. */
function environmentSet(
  database: Database,
  run: number,
  environment: NonNullable<CaseRow['environment']>,
  sets: Map<Digest, number>,
): number {
  const digest = digestOfJson(Object.entries(environment).sort(([a], [b]) => (a < b ? -1 : 1)));
  const known = sets.get(digest);
  if (known !== undefined) return known;
  const set = tables.environmentSets.insert(database, { run, digest });
  for (const [name, value] of Object.entries(environment))
    tables.environmentVariables.insert(database, { run, set, name, value });
  sets.set(digest, set);
  return set;
}

/** The key of the set of these libraries, in this order; put in when it is the first of its kind in the run. */
function librarySet(
  database: Database,
  run: number,
  libraries: RankRow['libraries'],
  sets: Map<string, number>,
): number {
  // Paths hold no NUL, so this tells lists apart, and is far cheaper than a digest for each of many ranks.
  const list = libraries
    .map(({ path, origin, digest, role, released }) => `${path}\0${origin}\0${digest}\0${role}\0${released}`)
    .join('\0');
  const known = sets.get(list);
  if (known !== undefined) return known;
  const set = tables.librarySets.insert(database, { run, digest: digestOfJson(libraries) });
  for (const library of libraries) tables.libraries.insert(database, { run, set, ...library });
  sets.set(list, set);
  return set;
}

function found(keys: ReadonlyMap<string, number>, name: string, what: string): number {
  const key = keys.get(name);
  if (key === undefined) throw new Error(`a row of the run refers to the ${what} "${name}", which is not in it`);
  return key;
}
