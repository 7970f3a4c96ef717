/** Takes the newest facts of every node out of the store again. */
import type { FactRow } from './run-record.ts';
import type { Store } from './store.ts';
import * as tables from './tables.ts';

/** Facts that a node told last, and the run in which it did. */
export interface NodeFacts {
  readonly node: string;
  readonly run: string;
  /** ISO 8601 UTC: when that run began. */
  readonly at: string;
  readonly facts: readonly FactRow[];
}

/**
 * The newest facts of every node of a site, by the name of the node: those named in `keys` (`group.key`), of the run in which
 * the node last told anything of the first one's group.
 */
export function newestNodeFacts(store: Store, site: string, keys: readonly string[]): Promise<readonly NodeFacts[]> {
  const group = keys[0]?.split('.', 1)[0] ?? '';
  return store.attempt((database) =>
    database.within('deferred', () => {
      const newest = new Map<string, { readonly key: number; readonly run: string; readonly at: string }>();
      const seen = database.rows(
        `SELECT DISTINCT f.fact_node AS node, r.run_id AS key, r.run_name AS run, r.run_started_at AS at
         FROM runTable r JOIN fact f ON f.run_id = r.run_id WHERE r.run_site = ? AND f.fact_group = ?
         ORDER BY r.run_started_at DESC, r.run_id DESC`,
        site,
        group,
      );
      for (const row of seen) {
        const node = String(row.node);
        if (!newest.has(node)) newest.set(node, { key: Number(row.key), run: String(row.run), at: String(row.at) });
      }
      return [...newest]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([node, { key, run, at }]) => {
          const where = `run_id = ? AND fact_node = ? AND fact_group || '.' || fact_key IN (${keys.map(() => '?').join(', ')})`;
          const rows = tables.facts.select(database, where, key, node, ...keys);
          return { node, run, at, facts: rows.map(({ row: { run: _, ...fact } }) => fact) };
        });
    }),
  );
}

/**
 * The newest facts of every node of a partition, by the name of the node: those of the groups that are named, of the last
 * run in which the node was held in that partition and told anything.
 */
export function newestPartitionFacts(
  store: Store,
  site: string,
  partition: string,
  groups: readonly string[],
): Promise<readonly NodeFacts[]> {
  return store.attempt((database) =>
    database.within('deferred', () => {
      const seen = database.rows(
        `SELECT n.node_name AS node, r.run_id AS key, r.run_name AS run, r.run_started_at AS at
         FROM runTable r JOIN allocation a ON a.run_id = r.run_id JOIN allocation_node n ON n.allocation_id = a.allocation_id
         WHERE r.run_site = ? AND a.allocation_partition = ? ORDER BY r.run_started_at DESC, r.run_id DESC`,
        site,
        partition,
      );
      const newest = new Map<string, { readonly key: number; readonly run: string; readonly at: string }>();
      for (const row of seen) {
        const node = String(row.node);
        if (!newest.has(node)) newest.set(node, { key: Number(row.key), run: String(row.run), at: String(row.at) });
      }
      // One question a run: there is no index by node, and a run may hold a thousand of them.
      const told = new Map<number, Map<string, FactRow[]>>();
      const where = `run_id = ? AND fact_group IN (${groups.map(() => '?').join(', ')})`;
      for (const key of new Set([...newest.values()].map((one) => one.key))) {
        const nodes = new Map<string, FactRow[]>();
        told.set(key, nodes);
        for (const { row } of tables.facts.select(database, where, key, ...groups)) {
          const { run: _, ...fact } = row;
          const facts = nodes.get(fact.node);
          if (facts) facts.push(fact);
          else nodes.set(fact.node, [fact]);
        }
      }
      return [...newest]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([node, { key, run, at }]) => ({ node, run, at, facts: told.get(key)?.get(node) ?? [] }));
    }),
  );
}
