/** Whether the nodes of one allocation are alike, and which one stands out in what. */
import type { Fact, Facts } from '../facts.ts';
import { fingerprintsOf } from '../fingerprint.ts';
import type { FingerprintName, Probe } from '../probe.ts';
import { byImportance, clusterFacts, ownFacts } from './importance.ts';

/** A fact that is not the same on all nodes. */
export interface Deviation {
  readonly group: string;
  readonly key: string;
  /** What most nodes say, and how many of them; undefined when no answer has more nodes than every other. */
  readonly majority?: { readonly value: string; readonly nodes: number };
  /** The nodes that say something else or nothing, by name. */
  readonly nodes: readonly { readonly node: string; readonly fact?: Fact }[];
}

/** How one node's answer counts: its value, `absent`, or nothing that could be compared. */
function voteOf(fact: Fact | undefined): string | undefined {
  if (!fact) return 'no such row';
  if ('value' in fact) return `= ${fact.value}`;
  return fact.unknown === 'absent' ? 'absent' : undefined;
}

/**
 * Facts in which nodes differ from the majority, by group and key. Keys that a probe marks as a node's own (names, boot
 * ids) or as the cluster's are left out. A fact that is unknown on a node, other than by absence, is a deviation of that node.
 */
export function deviationsAmong(nodes: readonly Facts[], probes: readonly Probe[]): readonly Deviation[] {
  const own = new Set([...ownFacts(probes), ...clusterFacts(probes)]);
  const keys = new Map<string, readonly [string, string]>();
  for (const facts of nodes)
    for (const [group, rows] of Object.entries(facts.groups))
      for (const key of Object.keys(rows)) if (!own.has(`${group}.${key}`)) keys.set(`${group}.${key}`, [group, key]);
  return [...keys.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, [group, key]]) => deviation(nodes, group, key) ?? []);
}

/** True when no node could tell, of so many nodes. */
export function isUntold({ nodes }: Deviation, count: number): boolean {
  return nodes.length === count && nodes.every(({ fact }) => fact && voteOf(fact) === undefined);
}

function deviation(nodes: readonly Facts[], group: string, key: string): Deviation | undefined {
  const counts = new Map<string, number>();
  const answers = nodes.map((facts) => {
    const fact = facts.groups[group]?.[key];
    const vote = voteOf(fact);
    if (vote !== undefined) counts.set(vote, (counts.get(vote) ?? 0) + 1);
    return { node: facts.node, fact, vote };
  });
  const [first, second] = [...counts].sort(([, a], [, b]) => b - a);
  const winner = first && (!second || second[1] < first[1]) ? first : undefined;
  const others = answers.filter(({ vote }) => vote === undefined || vote !== winner?.[0]);
  if (others.length === 0) return undefined;
  return {
    group,
    key,
    ...(winner && { majority: { value: winner[0].replace(/^= /, ''), nodes: winner[1] } }),
    nodes: others.map(({ node, fact }) => ({ node, ...(fact && { fact }) })),
  };
}

/** Nodes with one fingerprint, or without one for one reason. */
export interface FingerprintGroup {
  readonly digest?: string;
  readonly why?: string;
  readonly nodes: readonly string[];
}

/** What a look at several nodes came to. */
export interface Uniformity {
  readonly nodes: readonly string[];
  /** Of each fingerprint its groups, the largest first. */
  readonly fingerprints: readonly { readonly name: FingerprintName; readonly groups: readonly FingerprintGroup[] }[];
  /** By importance. */
  readonly deviations: readonly Deviation[];
  /** Facts that no node could tell: no node stands out in them, and nobody knows whether one does. */
  readonly unknown: readonly Deviation[];
}

/** The uniformity of nodes whose names differ. Pure. */
export function uniformityOf(nodes: readonly Facts[], probes: readonly Probe[]): Uniformity {
  const groups = new Map<FingerprintName, Map<string, FingerprintGroup>>();
  for (const facts of nodes) {
    for (const print of fingerprintsOf(facts, probes)) {
      const of = groups.get(print.name) ?? new Map<string, FingerprintGroup>();
      groups.set(print.name, of);
      const what = 'digest' in print ? { digest: print.digest } : { why: print.why };
      const key = what.digest ?? what.why ?? '';
      of.set(key, { ...what, nodes: [...(of.get(key)?.nodes ?? []), facts.node] });
    }
  }
  const all = [...deviationsAmong(nodes, probes)].sort(byImportance(probes));
  return {
    nodes: nodes.map((facts) => facts.node),
    fingerprints: [...groups].map(([name, of]) => ({
      name,
      groups: [...of.values()].sort((a, b) => b.nodes.length - a.nodes.length),
    })),
    deviations: all.filter((one) => !isUntold(one, nodes.length)),
    unknown: all.filter((one) => isUntold(one, nodes.length)),
  };
}
