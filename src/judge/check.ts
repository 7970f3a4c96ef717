/** What a check is: one declared expectation on what a case's output said. */
import { type Static, type TObject, type TSchema, Type } from '../base/schema.ts';
import type { Observed } from '../observe/observation.ts';
import type { Finding, Verdict } from './verdict.ts';

/** A declared check of a case, with its placeholders resolved. `why` says where expectation and tolerance come from. */
export interface CheckDeclaration {
  readonly kind: string;
  readonly why: string;
  /** The observation it is about. */
  readonly of: string;
  readonly [option: string]: unknown;
}

/** What a check found: its verdict, one sentence with the numbers, and the numbers. */
export interface CheckResult {
  readonly verdict: Verdict;
  readonly message: string;
  readonly data?: NonNullable<Finding['data']>;
}

/** One case as a check over a group sees it. */
export interface Member {
  readonly name: string;
  readonly parameters: Readonly<Record<string, string | number>>;
  /** What its output gave; `lost` when the case did not bring any, and whose fault that is. */
  readonly evidence: { readonly observed: Observed } | { readonly lost: Verdict; readonly why: string };
}

interface KindOfCheck {
  readonly kind: string;
  /** The options beside `kind`, `why` and `of`. */
  readonly options: Readonly<Record<string, TSchema>>;
  /** What it looks at: one value (number or text), a series, or either. */
  readonly of: 'number' | 'value' | 'series' | 'number-or-series';
  /** What the schema cannot say, as sentences for the suite's author. */
  readonly lint: (options: unknown) => readonly string[];
}

/** A check that needs nothing but the case itself. */
export interface CaseCheck extends KindOfCheck {
  readonly scope: 'case';
  readonly evaluate: (of: string, options: unknown, observed: Observed) => CheckResult;
}

/** A check over the cases of one test that differ only in some parameters: one result for each member, in order. */
export interface GroupCheck extends KindOfCheck {
  readonly scope: 'group';
  /** The parameters in which the members of a group may differ. */
  readonly over: (options: unknown) => readonly string[];
  readonly evaluate: (of: string, options: unknown, members: readonly Member[]) => readonly CheckResult[];
}

/** One kind of check. Both forms are pure and total; what cannot be computed is `invalid`, never an exception. */
export type Check = CaseCheck | GroupCheck;

type Options<P extends Record<string, TSchema>> = Static<TObject<P>>;

/** A check of one case from its parts, which take the options as checked against their schema. */
export function defineCaseCheck<P extends Record<string, TSchema>>(check: {
  readonly kind: string;
  readonly options: P;
  readonly of: KindOfCheck['of'];
  readonly lint?: (options: Options<P>) => readonly string[];
  readonly evaluate: (of: string, options: Options<P>, observed: Observed) => CheckResult;
}): CaseCheck {
  return {
    ...check,
    scope: 'case',
    lint: (options) => check.lint?.(options as Options<P>) ?? [],
    evaluate: (of, options, observed) => check.evaluate(of, options as Options<P>, observed),
  };
}

/** A check over groups of cases from its parts. */
export function defineGroupCheck<P extends Record<string, TSchema>>(check: {
  readonly kind: string;
  readonly options: P;
  readonly of: KindOfCheck['of'];
  readonly over: (options: Options<P>) => readonly string[];
  readonly lint?: (options: Options<P>) => readonly string[];
  readonly evaluate: (of: string, options: Options<P>, members: readonly Member[]) => readonly CheckResult[];
}): GroupCheck {
  return {
    ...check,
    scope: 'group',
    over: (options) => check.over(options as Options<P>),
    lint: (options) => check.lint?.(options as Options<P>) ?? [],
    evaluate: (of, options, members) => check.evaluate(of, options as Options<P>, members),
  };
}

/** The members that every declared check has. */
export const commonOptions = {
  why: Type.String({ minLength: 1, description: 'Where the expectation and its tolerance come from' }),
  of: Type.String({ minLength: 1, description: 'Name of the observation' }),
};

/** A result that says why the check could not be computed. */
export function invalid(message: string): CheckResult {
  return { verdict: 'invalid', message };
}

/** A result from what the check found to hold or not. */
export function judged(holds: boolean, message: string, data: NonNullable<Finding['data']>): CheckResult {
  return { verdict: holds ? 'pass' : 'fail', message, data };
}
