/**
 * Questions as values. An adapter returns `Asked<T>`: what to ask and how to read the answer; `system.ask` alone asks.
 * So every adapter can be tested from captured text, and printed by `assay plan`.
 */
import type { Argv } from './argv.ts';

/** A question to the world: run a command or read a file. Every question has a time limit, in seconds. */
export type Ask =
  | {
      readonly kind: 'exec';
      readonly argv: Argv;
      /** The whole environment of the command; without it the caller's scrubbed environment is used. */
      readonly environment?: Readonly<Record<string, string>>;
      readonly input?: string;
      readonly directory?: string;
      readonly limitSeconds: number;
    }
  | { readonly kind: 'file'; readonly path: string; readonly limitSeconds: number };

/** What came back. `status` is null when the command did not run to an end of its own (not found, signal, time out). */
export interface Answer {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
  /** Why nothing came back: the command or file is not there, or may not be read. */
  readonly absent?: 'missing' | 'denied';
}

/** A question with the reader of its answer. `read` is pure and never throws for anything the world may answer. */
export interface Asked<T> {
  readonly ask: Ask;
  readonly read: (answer: Answer) => T;
}
