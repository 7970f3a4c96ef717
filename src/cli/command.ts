/** Commands as data: what they are called, what they take, and the flow they start. Help and docs are made from these. */
import type { System } from '../system/system.ts';

/** An option: `--name <value>` or a flag `--name`. Every command also takes `--json`. */
export interface CommandOption {
  readonly flags: string;
  readonly description: string;
  readonly required?: boolean;
}

/** A positional argument; `…` at the end of the name means one or more. */
export interface CommandArgument {
  readonly name: string;
  readonly description: string;
  readonly optional?: boolean;
  readonly many?: boolean;
}

/** What was given on the command line. */
export interface CommandInput {
  readonly args: readonly string[];
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
}

/** What a command gives: text for people, a value for programs, and an exit status (0 done, 1 refused, 2 a file is wrong, 4 hold). */
export interface CommandOutput {
  readonly text: string;
  readonly value: unknown;
  readonly exitCode: 0 | 1 | 2 | 4;
}

/** What a command runs in. */
export interface CommandContext {
  readonly system: System;
  /** Version of Assay. */
  readonly version: string;
  /** Aborted by SIGTERM or SIGINT, with the signal's name as reason. */
  readonly signal: AbortSignal;
}

/** A command. `load` brings in its flow only when it is called, so that no command pays for another. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly args: readonly CommandArgument[];
  readonly options: readonly CommandOption[];
  readonly run: (input: CommandInput, context: CommandContext) => Promise<CommandOutput>;
}

/** A text option, or undefined. */
export function textOption(input: CommandInput, name: string): string | undefined {
  const value = input.options[name];
  return typeof value === 'string' ? value : undefined;
}
