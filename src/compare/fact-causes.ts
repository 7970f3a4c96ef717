/** Facts of nodes: node by node where both runs had the node, else as sets over nodes. */
import type { FactRow, RunRecord } from '../store/run-record.ts';
import { type Cause, type Change, type Compared, changesBetween, type Sayings, sides } from './cause.ts';
import { isVolatile } from './volatile.ts';
import { type CauseKind, weightOf } from './weights.ts';

const kinds: Readonly<Record<string, CauseKind>> = {
  kernel: 'kernel',
  modules: 'module',
  mpi: 'mpi',
  fabric: 'fabric',
  gpu: 'gpu',
  hardware: 'hardware',
  container: 'container',
};

/** What differs in the facts. A fact denied, failed or timed out in one run proves nothing and is `unknown`. */
export function factCauses(left: RunRecord, right: RunRecord): Compared {
  const names = new Set([...left.facts, ...right.facts].map(nameOf));
  const [had, has] = [sayingsOf(left.facts, names), sayingsOf(right.facts, names)];
  const { changes, unknown, equal } = changesBetween(had, has);
  const settled = new Set([...changes, ...unknown].map((change) => change.name));
  const alike = [...had.keys()].every((node) => has.has(node)) && [...has.keys()].every((node) => had.has(node));
  const across = alike ? [] : changesAcross(had, has, settled, names);
  const differing = new Set(across.map((change) => change.name));
  const all = [...changes.map((change) => causeOf(change, false)), ...across.map((change) => causeOf(change, true))];
  const compared = had.size === 0 || has.size === 0 ? [] : [...names].filter((name) => !settled.has(name));
  return {
    causes: all.filter((cause) => !isVolatile(cause.name)),
    hidden: all.filter((cause) => isVolatile(cause.name)),
    unknown: unknown.map((change) => causeOf(change, false)),
    equal: alike ? equal.length : compared.filter((name) => !differing.has(name)).length,
  };
}

function nameOf({ group, key }: FactRow): string {
  return `${group}.${key}`;
}

function causeOf(change: Change, across: boolean): Cause {
  const kind = kinds[change.name.slice(0, change.name.indexOf('.'))] ?? 'host';
  return { kind, ...change, weight: weightOf(kind, change.name, across) };
}

/**
 * What each node says. A fact that is absent is not there; one that has no row was not asked for, so it is not known.
 * Modules alone have rows only for what is loaded: no row means that it is not.
 */
function sayingsOf(facts: readonly FactRow[], names: ReadonlySet<string>): Sayings {
  const nodes = new Map<string, Map<string, string | null>>();
  const absent = new Map<string, Set<string>>();
  for (const fact of facts) {
    const said = nodes.get(fact.node) ?? new Map<string, string | null>();
    nodes.set(fact.node, said);
    const gone = absent.get(fact.node) ?? new Set();
    absent.set(fact.node, gone);
    if (fact.value !== undefined) said.set(nameOf(fact), fact.value);
    else if (fact.unknown === 'absent') gone.add(nameOf(fact));
    else said.set(nameOf(fact), null);
  }
  for (const [node, said] of nodes) {
    const knowsModules = [...said].some(([name, value]) => name.startsWith('modules.') && value !== null);
    for (const name of names) {
      if (said.has(name) || absent.get(node)?.has(name)) continue;
      if (!(knowsModules && name.startsWith('modules.'))) said.set(name, null);
    }
  }
  return nodes;
}

/** Facts of which the nodes of one run say other things than those of the other, whichever nodes these are. */
function changesAcross(
  left: Sayings,
  right: Sayings,
  settled: ReadonlySet<string>,
  names: ReadonlySet<string>,
): readonly Change[] {
  if (left.size === 0 || right.size === 0) return [];
  return [...names]
    .filter((name) => !settled.has(name))
    .flatMap((name): readonly Change[] => {
      const [was, is] = [valuesOf(left, name), valuesOf(right, name)];
      if (was === undefined || is === undefined || was.join('\0') === is.join('\0')) return [];
      const text = (values: readonly string[]) => (values.length === 0 ? undefined : values.join(' | '));
      return [{ name, ...sides(text(was), text(is)), where: [] }];
    });
}

/** The different values over all nodes, sorted; undefined when one node's is not known. */
function valuesOf(nodes: Sayings, name: string): readonly string[] | undefined {
  const values = new Set<string>();
  for (const said of nodes.values()) {
    const value = said.get(name);
    if (value === null) return undefined;
    if (value !== undefined) values.add(value);
  }
  return [...values].sort();
}
