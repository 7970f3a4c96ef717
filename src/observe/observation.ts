/** Numbers and texts that a test produced, each with the line it came from. */

/** Which way is better, for a performance metric. */
export type Better = 'higher' | 'lower';

/** One number or text. A number is always finite: what is not finite is a Missing. */
export interface Observation {
  readonly name: string;
  readonly value: number | string;
  /** As declared; `1` for a pure number, empty only for a text. */
  readonly unit: string;
  readonly better?: Better;
  /** File relative to the step's directory, and its line, from 1. */
  readonly file: string;
  readonly line: number;
}

/** A sequence of numbers over a step, such as the energy at each printed time step. */
export interface Series {
  readonly name: string;
  readonly values: readonly number[];
  readonly unit: string;
  readonly file: string;
  /** Line of the first value. */
  readonly line: number;
}

/** A declared observation that did not arrive, did not parse, was not finite, contradicted itself or lacked its unit. */
export interface Missing {
  readonly name: string;
  readonly why: string;
}

/** All that one step's output gave: every declared name is in exactly one of the lists. */
export interface Observed {
  readonly observations: readonly Observation[];
  readonly series: readonly Series[];
  readonly missing: readonly Missing[];
}

/**
 * The text outputs of one step: file name (relative to the step's directory, or `stdout`, `stderr`) to content, or to why
 * there is none.
 */
export type StepOutput = Readonly<Record<string, string | { readonly unreadable: string }>>;

/** Largest output file that is parsed, in bytes. */
export const largestOutput = 64 * 1024 * 1024;
