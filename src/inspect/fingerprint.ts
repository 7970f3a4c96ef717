/** Fingerprints: one digest over a named subset of facts, so that two nodes or two days can be compared at once. */
import { type Digest, digestOf } from '../base/digest.ts';
import type { Facts, UnknownWhy } from './facts.ts';
import type { FingerprintName, Probe } from './probe.ts';

/** A fingerprint with the text it is taken over; or why there is none. */
export type Fingerprint =
  | { readonly name: FingerprintName; readonly digest: Digest; readonly text: string }
  | { readonly name: FingerprintName; readonly unknown: UnknownWhy; readonly why: string };

/** Every fingerprint there is. */
export const fingerprintNames: readonly FingerprintName[] = ['kernel', 'fabric', 'mpi', 'gpu'];

// To be raised whenever the keys of a list, or how their values are read, change: old fingerprints then never match by
// accident, and a mismatch names the reason.
const listVersions: Readonly<Record<FingerprintName, number>> = { kernel: 3, fabric: 2, mpi: 2, gpu: 2 };

/** What the line `assay.fingerprint` says: `kernel/2`. */
export function fingerprintHead(name: FingerprintName): string {
  return `${name}/${listVersions[name]}`;
}

/** The facts a fingerprint is taken over, `group.key`, in byte order. */
export function fingerprintKeys(name: FingerprintName, probes: readonly Probe[]): readonly string[] {
  const keys = probes.flatMap((probe) => (probe.fingerprints[name] ?? []).map((key) => `${probe.name}.${key}`));
  return keys.sort(byBytes);
}

/** The order of `LC_ALL=C sort`: by UTF-8 bytes. */
function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/**
 * SHA-256 over the lines `group.key=value`, sorted by bytes, each ending in a newline, with the line
 * `assay.fingerprint=NAME/VERSION` among them. One unknown line makes it unknown. So does a value that is not printable
 * ASCII: what bytes of another kind mean depends on who reads them, and two that differ may read alike. A node that
 * computes it by its own shell (`fingerprint-script.ts`) must come to the same bytes.
 */
export function fingerprintOf(name: FingerprintName, facts: Facts, probes: readonly Probe[]): Fingerprint {
  const lines = [`assay.fingerprint=${fingerprintHead(name)}`];
  for (const path of fingerprintKeys(name, probes)) {
    const dot = path.indexOf('.');
    const fact = facts.groups[path.slice(0, dot)]?.[path.slice(dot + 1)];
    if (!fact) return { name, unknown: 'error', why: `${path} was not asked for` };
    if ('unknown' in fact) return { name, unknown: fact.unknown, why: `${path} is unknown: ${fact.why}` };
    if (!/^[\x20-\x7e]+$/.test(fact.value))
      return { name, unknown: 'error', why: `${path} holds what is not printable ASCII` };
    lines.push(`${path}=${fact.value}`);
  }
  const text = `${lines.sort(byBytes).join('\n')}\n`;
  return { name, digest: digestOf(text), text };
}

/** All four fingerprints of a node. */
export function fingerprintsOf(facts: Facts, probes: readonly Probe[]): readonly Fingerprint[] {
  return fingerprintNames.map((name) => fingerprintOf(name, facts, probes));
}
