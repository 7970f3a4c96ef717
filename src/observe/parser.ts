/** What a parser is: one kind of output, read for one declared observation. */
import { oneOf, type Static, type TObject, type TSchema, Type } from '../base/schema.ts';
import type { Better, Missing, Observation, Series } from './observation.ts';

/** What every declared observation says, whatever its parser. */
export interface Declared {
  readonly name: string;
  readonly unit: string;
  readonly better?: Better;
  readonly type: 'number' | 'text';
  readonly shape: 'single' | 'series';
  /** Key of the output it is read from. */
  readonly file: string;
}

/**
 * One kind of parser. `options` are the members that a declaration of this kind may have beside the common ones.
 * `read` is pure and total: whatever the text holds, it answers, and what cannot be read is a Missing with its why.
 * `lint` names what no output could ever satisfy, as sentences for the author of the suite.
 */
export interface Parser {
  readonly kind: string;
  readonly options: Options;
  readonly lint: (options: unknown, declared: Declared) => readonly string[];
  readonly read: (text: string, options: unknown, declared: Declared) => Reading;
}

/** Option names with their schemas. */
type Options = Readonly<Record<string, TSchema>>;

/** What a parser answers for one declaration. */
export type Reading = Observation | Series | Missing;

/** A parser from its kind, its options and functions that take those options as checked. */
export function defineParser<P extends Record<string, TSchema>>(parser: {
  readonly kind: string;
  readonly options: P;
  readonly lint?: (options: Static<TObject<P>>, declared: Declared) => readonly string[];
  readonly read: (text: string, options: Static<TObject<P>>, declared: Declared) => Reading;
}): Parser {
  // The caller has checked the options against the schema: the only place where they change type.
  return {
    kind: parser.kind,
    options: parser.options,
    lint: (options, declared) => parser.lint?.(options as Static<TObject<P>>, declared) ?? [],
    read: (text, options, declared) => parser.read(text, options as Static<TObject<P>>, declared),
  };
}

/** The option of parsers that can meet a name more than once; see `pick`. */
export const occurrenceOption = Type.Optional(
  oneOf(
    ['all-equal', 'first', 'last'],
    'Which one counts when it occurs more than once; all-equal (the default) refuses differing values.',
  ),
);

/** Which of several occurrences counts. */
export type Occurrence = Static<typeof occurrenceOption>;

/** The observation as declared, with what was read. */
export function found(declared: Declared, value: number | string, line: number): Observation {
  const { name, unit, better, file } = declared;
  return { name, value, unit, ...(better && { better }), file, line };
}

/** The series as declared, with what was read. */
export function foundSeries(declared: Declared, values: readonly number[], line: number): Series {
  return { name: declared.name, values, unit: declared.unit, file: declared.file, line };
}

/** The observation as declared, not there. */
export function missing(declared: Pick<Declared, 'name'>, why: string): Missing {
  return { name: declared.name, why };
}
