/** Which facts a person looks at first when nodes differ. The order is a judgement, and this table is all of it. */
import type { Probe } from '../probe.ts';

/** Groups, the likeliest to change what a program does first; a group that is not named comes last. */
const order: readonly string[] = [
  'kernel',
  'modules',
  'mpi',
  'fabric',
  'libraries',
  'gpu',
  'hardware',
  'container',
  'environment',
  'system',
  'inventory',
];

/** Facts that say more than the rest of their group. */
const leading: readonly string[] = [
  'kernel.release',
  'kernel.version',
  'kernel.build-id',
  'gpu.nvidia-driver',
  'gpu.amd-driver',
];

/** Facts that name the part in which a fingerprinted whole differs: the option of a configuration, one mitigation. */
const parts = /^kernel\.(config|command-line|vulnerability)\./;

/** The wholes of those parts. */
const wholes: Readonly<Record<string, string>> = {
  config: 'config-digest',
  'command-line': 'command-line',
  vulnerability: 'mitigations',
};

/** The key of the whole that a fact is a part of, in the same group; undefined for a fact that is no part. */
export function wholeOf({ group, key }: { readonly group: string; readonly key: string }): string | undefined {
  const kind = parts.exec(`${group}.${key}`)?.[1];
  return kind && wholes[kind];
}

/** Compares two facts by importance: in a fingerprint before not, then by group, leading ones, parts before wholes, name. */
export function byImportance(
  probes: readonly Probe[],
): (
  a: { readonly group: string; readonly key: string },
  b: { readonly group: string; readonly key: string },
) => number {
  const fingerprinted = new Set(
    probes.flatMap(({ name, fingerprints }) =>
      Object.values(fingerprints).flatMap((keys) => keys.map((key) => `${name}.${key}`)),
    ),
  );
  const rank = ({ group, key }: { readonly group: string; readonly key: string }): readonly number[] => {
    const name = `${group}.${key}`;
    const place = order.indexOf(group);
    const lead = leading.indexOf(name);
    const part = parts.test(name);
    return [
      fingerprinted.has(name) || part ? 0 : 1,
      place < 0 ? order.length : place,
      lead < 0 ? leading.length : lead,
      part ? 0 : 1,
    ];
  };
  return (a, b) => {
    const [left, right] = [rank(a), rank(b)];
    for (const [index, one] of left.entries()) if (one !== right[index]) return one - (right[index] ?? 0);
    return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
  };
}

/** `group.key` of the facts that differ between equal nodes: names, boot ids, serials. */
export function ownFacts(probes: readonly Probe[]): ReadonlySet<string> {
  return new Set(probes.flatMap((probe) => probe.ownKeys.map((key) => `${probe.name}.${key}`)));
}

/** `group.key` of the facts that one node of an allocation has for all. */
export function clusterFacts(probes: readonly Probe[]): ReadonlySet<string> {
  return new Set(probes.flatMap((probe) => (probe.clusterKeys ?? []).map((key) => `${probe.name}.${key}`)));
}
