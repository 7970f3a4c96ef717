/**
 * The kinds of failure that are not outcomes.
 *
 * An outcome (a case failed, a gate refused) is data. A HarnessError is something the user or the site can mend: it
 * always says what to do next. Anything else that is thrown is a bug in Assay (exit 70).
 */
import type { Diagnostic } from './diagnostic.ts';

/**
 * Who can mend it: `declaration` = the user's files or command line (exit 2), `site` = machine, scheduler, registry (exit
 * 3). With `hold` nothing is wrong: it was stopped and can be gone on with (exit 4).
 */
export type ErrorKind = 'declaration' | 'site' | 'hold';

const exitCodes = { declaration: 2, site: 3, hold: 4 } as const;

/** One row of the error catalogue; `docs/errors.md` has the same rows and a test holds both together. */
export interface ErrorDefinition {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly meaning: string;
}

/** An error with a stable code and a hint that says what to do next. */
export class HarnessError extends Error {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly hint: string;
  readonly diagnostics: readonly Diagnostic[];

  constructor(
    definition: ErrorDefinition,
    message: string,
    hint: string,
    options: { cause?: unknown; diagnostics?: readonly Diagnostic[] } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'HarnessError';
    this.code = definition.code;
    this.kind = definition.kind;
    this.hint = hint;
    this.diagnostics = options.diagnostics ?? [];
  }
}

/** Makes an error of one catalogue row: message, hint, and optionally the cause and positions in the user's files. */
export type ErrorMaker = ((
  message: string,
  hint: string,
  options?: { cause?: unknown; diagnostics?: readonly Diagnostic[] },
) => HarnessError) & { readonly code: string };

const definitions = new Map<string, ErrorDefinition>();

/**
 * Declares one row of the catalogue, `STAGE_WHAT`, and returns the function that makes such errors.
 * Declaring a code twice is a bug.
 */
export function defineError(code: string, kind: ErrorKind, meaning: string): ErrorMaker {
  if (definitions.has(code)) throw new Error(`error code ${code} is defined twice`);
  const definition: ErrorDefinition = { code, kind, meaning };
  definitions.set(code, definition);
  return Object.assign(
    (message: string, hint: string, options?: { cause?: unknown; diagnostics?: readonly Diagnostic[] }) =>
      new HarnessError(definition, message, hint, options),
    { code },
  );
}

/** Every error defined by the modules loaded so far, by code. */
export function errorCatalogue(): readonly ErrorDefinition[] {
  return [...definitions.values()].sort((a, b) => (a.code < b.code ? -1 : 1));
}

/** Exit status of the command line for an error: that of its kind, 70 for a bug (sysexits.h EX_SOFTWARE). */
export function exitCodeOf(error: unknown): 2 | 3 | 4 | 70 {
  return error instanceof HarnessError ? exitCodes[error.kind] : 70;
}

/** Text of any thrown value, for messages that quote a cause. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
