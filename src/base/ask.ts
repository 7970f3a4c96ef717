/**
 * Questions as values. An adapter returns `Asked<T>`: what to ask and how to read the answer; `system.ask` alone asks.
 * So every adapter can be tested from captured text, and printed by `assay plan`.
 */
import type { Argv } from './argv.ts';

/** A request of a REST interface. A secret is named by the variable that holds it, so that a question can be shown. */
export interface HttpAsk {
  readonly kind: 'http';
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: string;
  /** Path of a unix socket to speak over; the URL's host then says nothing. */
  readonly socket?: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Headers whose values are in variables of the environment: header → variable. */
  readonly secretHeaders: Readonly<Record<string, string>>;
  /** Header that shall carry the name of the user who asks. */
  readonly userHeader: string;
  /** JSON. */
  readonly body?: string;
  readonly limitSeconds: number;
}

/** A question to the world: run a command, ask over HTTP, or read a file. Every question has a time limit, in seconds. */
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
  | HttpAsk
  | { readonly kind: 'file'; readonly path: string; readonly limitSeconds: number };

/**
 * What came back. `status` is null when the command did not run to an end of its own (not found, signal, time out), or no
 * answer came; over HTTP it is the answer's status and `stdout` its body.
 */
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
