/**
 * Suites: data, never code. In: a suite's folder. Out: its tests, its input files with digests, and its cases. It knows
 * no image, no site and no node: what depends on those stays a placeholder for `launch`.
 */
import type { Digest } from '../base/digest.ts';
import type { PlaceholderValue } from './placeholder.ts';

/** How large a case is: `ranks` over all nodes, `threads` processors for each rank. */
export interface Geometry {
  readonly nodes: number;
  readonly ranks: number;
  readonly threads: number;
}

/** A declaration whose meaning belongs to a parser (`parser`) or a check (`kind`); the rest are that kind's options. */
export type Declaration = Readonly<Record<string, unknown>>;

/** One test of a suite, with its placeholders still in. */
export interface Test {
  readonly name: string;
  readonly description: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Name in the working directory → text of the template file. */
  readonly files: Readonly<Record<string, string>>;
  readonly timeLimitSeconds: number;
  readonly observations: Readonly<Record<string, Declaration>>;
  readonly checks: Readonly<Record<string, Declaration>>;
  readonly performance: readonly string[];
}

/** One point of a test's parameters. The name holds no image, site or digest: it pairs runs, names JUnit and history. */
export interface Case {
  readonly name: string;
  readonly suite: string;
  readonly test: Test;
  readonly parameters: Readonly<Record<string, PlaceholderValue>>;
  readonly geometry: Geometry;
}

/** A file of the suite's folder. */
export interface SuiteInput {
  readonly path: string;
  readonly digest: Digest;
  readonly executable: boolean;
}

/** A loaded suite. */
export interface Suite {
  readonly name: string;
  readonly description: string;
  /** The folder it was read from. */
  readonly directory: string;
  /** Over all files of the folder: paths, contents and executable bits. */
  readonly digest: Digest;
  readonly inputs: readonly SuiteInput[];
  readonly cases: readonly Case[];
}
