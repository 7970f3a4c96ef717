/** How a suite declares an observation: the schema, and what a schema cannot say. */
import { closed, oneOf, type SchemaProblem, type TSchema, Type, validate } from '../base/schema.ts';
import { nearest } from '../base/suggestion.ts';
import type { Declared, Parser } from './parser.ts';
import { parsers } from './parsers/index.ts';

/** A declared observation as it stands in a suite, checked against `observationSchema`. */
export interface ObservationDeclaration {
  readonly parser: string;
  readonly file?: string;
  readonly unit: string;
  readonly better?: 'higher' | 'lower';
  readonly series?: boolean;
  readonly type?: 'number' | 'text';
  readonly [option: string]: unknown;
}

const common = {
  file: Type.Optional(
    Type.String({
      pattern: '^[^/\\0]+(?:/[^/\\0]+)*$',
      maxLength: 300,
      description: 'stdout (default), stderr, or a file of the working directory',
    }),
  ),
  unit: Type.String({ maxLength: 40, description: 'Unit; 1 for a pure number, empty for a text' }),
  better: Type.Optional(oneOf(['higher', 'lower'], 'Which way is better: makes it a performance metric')),
  series: Type.Optional(Type.Boolean({ description: 'All values in order, not one' })),
  type: Type.Optional(oneOf(['number', 'text'])),
};

const schemas = new Map<string, TSchema>(
  parsers.map((parser) => [
    parser.kind,
    closed({ parser: Type.Literal(parser.kind), ...common, ...parser.options }, `Read by the parser ${parser.kind}`),
  ]),
);

/** The schema of one declared observation: one branch for each kind of parser. */
export const observationSchema: TSchema = Type.Union([...schemas.values()]);

/** The declaration with its defaults. */
export function declaredOf(name: string, declaration: ObservationDeclaration): Declared {
  return {
    name,
    unit: declaration.unit,
    ...(declaration.better && { better: declaration.better }),
    type: declaration.type ?? 'number',
    shape: declaration.series === true ? 'series' : 'single',
    file: declaration.file ?? 'stdout',
  };
}

/** The parser of a kind, or undefined. */
export function parserOf(kind: unknown): Parser | undefined {
  return parsers.find((parser) => parser.kind === kind);
}

/** The parser's own options of a declaration. */
export function optionsOf(declaration: ObservationDeclaration): Readonly<Record<string, unknown>> {
  const own = Object.entries(declaration).filter(([key]) => key !== 'parser' && !Object.hasOwn(common, key));
  return Object.fromEntries(own);
}

/** All that is wrong with one declaration, with paths from the declaration on. Empty when it is sound. */
export function lintObservation(name: string, declaration: unknown): readonly SchemaProblem[] {
  const kind = typeof declaration === 'object' && declaration !== null && 'parser' in declaration && declaration.parser;
  const parser = parserOf(kind);
  const schema = parser && schemas.get(parser.kind);
  if (!parser || !schema) {
    const known = parsers.map((one) => one.kind);
    const near = nearest(String(kind), known);
    const hint = near ? `did you mean "${near}"?` : `use one of: ${known.join(', ')}`;
    return [{ message: `"parser" of "${name}" names no parser`, hint, pointer: ['parser'], what: 'value' }];
  }
  const checked = validate(schema, declaration);
  if ('problems' in checked) return checked.problems;
  const sound = declaration as ObservationDeclaration;
  const declared = declaredOf(name, sound);
  return [...whole(declared), ...parser.lint(optionsOf(sound), declared)].map((message) => ({
    message: `observation "${name}": ${message}`,
    pointer: [],
    what: 'value',
  }));
}

function whole(declared: Declared): readonly string[] {
  const problems: string[] = [];
  const text = declared.type === 'text';
  if (!text && declared.unit.trim() === '') problems.push('a number needs a "unit"; write 1 for a pure number');
  if (text && declared.unit !== '') problems.push('a text has no unit: write unit: ""');
  if (text && declared.better) problems.push('a text has no better: only a number can be a metric');
  if (text && declared.shape === 'series') problems.push('a series is of numbers');
  if (declared.better && declared.shape === 'series') problems.push('a metric is a single value, not a series');
  if (declared.file.split('/').includes('..')) problems.push('"file" leads out of the working directory');
  return problems;
}
