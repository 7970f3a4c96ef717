/**
 * Schemas: the one import site of ajv and TypeBox. One object is the TypeScript type, the validator and the published
 * JSON Schema (draft 2020-12).
 */
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { type Static, type TObject, type TSchema, Type } from 'typebox';
import type { Diagnostic } from './diagnostic.ts';
import { nearest } from './suggestion.ts';
import type { Pointer, YamlSource } from './yaml.ts';

export { type Static, type TObject, type TSchema, Type };

/** An object schema that refuses members it does not name, as every file format of Assay does. */
export function closed<P extends Record<string, TSchema>>(properties: P, description?: string) {
  return Type.Object(properties, { additionalProperties: false, ...(description && { description }) });
}

/** One of a few literal strings. */
export function oneOf<const T extends readonly string[]>(values: T, description?: string) {
  return Type.Unsafe<T[number]>({ type: 'string', enum: [...values], ...(description && { description }) });
}

const compiled = new WeakMap<object, ValidateFunction>();
let ajv: Ajv2020 | undefined;

function validatorOf(schema: TSchema): ValidateFunction {
  const known = compiled.get(schema);
  if (known) return known;
  ajv ??= new Ajv2020({ allErrors: true, strict: true, strictTypes: false, allowUnionTypes: true, verbose: true });
  const validate = ajv.compile(schema);
  compiled.set(schema, validate);
  return validate;
}

/** The value as the schema's type, or every problem found, each with its path. */
export function validate<T extends TSchema>(
  schema: T,
  value: unknown,
): { readonly ok: Static<T> } | { readonly problems: readonly SchemaProblem[] } {
  const check = validatorOf(schema);
  if (check(value)) return { ok: value as Static<T> };
  return { problems: narrow(check.errors ?? []).map(problemOf) };
}

/** One way in which a value does not fit its schema. */
export interface SchemaProblem {
  readonly message: string;
  readonly hint?: string;
  readonly pointer: Pointer;
  readonly what: 'value' | 'key';
}

/** The problems as diagnostics with positions in the user's file. */
export function diagnose(source: YamlSource, problems: readonly SchemaProblem[]): readonly Diagnostic[] {
  return problems.map((problem) => ({
    severity: 'error',
    message: problem.message,
    ...(problem.hint && { hint: problem.hint }),
    at: source.locate(problem.pointer, problem.what),
  }));
}

/** Alternatives (`anyOf`, `oneOf`) report every branch; the branch whose `kind` or type matched says the most. */
function narrow(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const deepest = errors.filter(
    (error) =>
      !['anyOf', 'oneOf', 'if'].includes(error.keyword) ||
      !errors.some((other) => other !== error && other.instancePath.startsWith(error.instancePath)),
  );
  const constFailures = new Set(deepest.filter((e) => e.keyword === 'const').map((e) => branchOf(e.schemaPath)));
  const kept = deepest.filter((error) => error.keyword === 'const' || !constFailures.has(branchOf(error.schemaPath)));
  const useful = kept.filter((error) => error.keyword !== 'const');
  const chosen = useful.length > 0 ? useful : asOneChoice(kept);
  const seen = new Set<string>();
  return chosen.filter((error) => {
    const key = `${error.instancePath} ${error.keyword} ${JSON.stringify(error.params)}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** Alternatives that all failed by their `kind` at one place say the same: its value is none of the known ones. */
function asOneChoice(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const [first] = errors;
  if (!first || errors.length < 2 || errors.some((error) => error.instancePath !== first.instancePath)) return errors;
  const allowedValues = errors.map((error) => (error.params as Record<string, unknown>).allowedValue);
  return [{ ...first, keyword: 'enum', params: { allowedValues } }];
}

function branchOf(schemaPath: string): string {
  return /^(.*\/(?:anyOf|oneOf)\/\d+)/.exec(schemaPath)?.[1] ?? schemaPath;
}

function problemOf(error: ErrorObject): SchemaProblem {
  const pointer = error.instancePath
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  const where = pointer.length > 0 ? `"${pointer.join('.')}"` : 'the file';
  const params = error.params as Record<string, unknown>;
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(params.additionalProperty);
      const known = Object.keys((error.parentSchema?.properties as object | undefined) ?? {});
      const near = nearest(key, known);
      const hint = near ? `did you mean "${near}"?` : `known here: ${known.sort().join(', ')}`;
      return { message: `unknown key "${key}"`, hint, pointer: [...pointer, key], what: 'key' };
    }
    case 'required':
      return { message: `${where} lacks the key "${params.missingProperty}"`, pointer, what: 'value' };
    case 'enum': {
      const allowed = (params.allowedValues as readonly unknown[]).map(String);
      const near = nearest(String(error.data), allowed);
      const hint = near ? `did you mean "${near}"?` : `use one of: ${allowed.join(', ')}`;
      return {
        message: `${where} is ${JSON.stringify(error.data)}, which is not known here`,
        hint,
        pointer,
        what: 'value',
      };
    }
    case 'const':
      return { message: `${where} must be ${JSON.stringify(params.allowedValue)}`, pointer, what: 'value' };
    case 'type':
      return {
        message: `${where} must be ${[params.type].flat().join(' or ')}, not ${kindOf(error.data)}`,
        pointer,
        what: 'value',
      };
    default:
      return { message: `${where} ${error.message ?? `fails "${error.keyword}"`}`, pointer, what: 'value' };
  }
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
}
