/**
 * Sites: one cluster as data. In: a site file. Out: partitions, adapters with their options, places, limits; and where a
 * case can be placed. It asks no scheduler and reads no node.
 */
import type { Digest } from '../base/digest.ts';
import type { HostMount } from './mounts.ts';

/** A partition with every default filled in. Times are in seconds. */
export interface Partition {
  readonly name: string;
  readonly nodes: number;
  readonly processors: number;
  readonly transport?: string;
  readonly timeLimitSeconds: number;
  readonly account?: string;
  readonly qos?: string;
  readonly constraint?: string;
  readonly reservation?: string;
  /** Nodes never to be used. */
  readonly exclude?: readonly string[];
  readonly licenses?: string;
  readonly network?: string;
  readonly exclusive: boolean;
  /** Those of the site and its own, in the order in which they are made. */
  readonly mounts: readonly HostMount[];
}

/** An adapter named with its options. */
export type AdapterChoice = { readonly kind: string } & Readonly<Record<string, unknown>>;

/** How one registry is reached. */
export interface RegistrySettings {
  readonly ca?: string;
  readonly credentials?: string;
  readonly insecure?: boolean;
}

/** A loaded site. Paths are absolute; times are in seconds. */
export interface Site {
  readonly name: string;
  readonly file: string;
  /** Digest of the file's bytes; of the built-in text for the embedded default. */
  readonly digest: Digest;
  readonly scheduler: AdapterChoice;
  readonly launcher: AdapterChoice;
  readonly runtime: AdapterChoice;
  readonly partitions: readonly Partition[];
  readonly defaultPartition: string;
  readonly directories: {
    readonly runs: string;
    readonly images: string;
    readonly store: string;
    readonly blessings: string;
  };
  readonly registries: Readonly<Record<string, RegistrySettings>>;
  readonly environment: Readonly<Record<string, string>>;
  readonly path: string;
  readonly waitAtMostSeconds: number;
  readonly onHold: 'leave' | 'cancel';
  readonly onInterrupt: 'cancel' | 'leave';
}
