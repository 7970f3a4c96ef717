/** How a suite declares a check: the schema, and what a schema cannot say. */
import { closed, type SchemaProblem, type TSchema, Type, validate } from '../base/schema.ts';
import { nearest } from '../base/suggestion.ts';
import { type Check, type CheckDeclaration, commonOptions } from './check.ts';
import { checks } from './checks/index.ts';

const schemas = new Map<string, TSchema>(
  checks.map((check) => [
    check.kind,
    closed({ kind: Type.Literal(check.kind), ...commonOptions, ...check.options }, `The check ${check.kind}`),
  ]),
);

/** The schema of one declared check: one branch for each kind. */
export const checkSchema: TSchema = Type.Union([...schemas.values()]);

/** The check of a kind, or undefined. */
export function checkOf(kind: unknown): Check | undefined {
  return checks.find((check) => check.kind === kind);
}

/** The check's own options of a declaration. */
export function checkOptionsOf(declaration: CheckDeclaration): Readonly<Record<string, unknown>> {
  const own = Object.entries(declaration).filter(([key]) => key !== 'kind' && !Object.hasOwn(commonOptions, key));
  return Object.fromEntries(own);
}

/** An observation as far as a check needs to know its declaration. */
interface Observable {
  readonly series?: boolean;
  readonly type?: 'number' | 'text';
}

/** Everything a check may refer to in its test. */
export interface CheckScope {
  readonly observations: Readonly<Record<string, Observable>>;
  readonly parameters: readonly string[];
}

/** All that is wrong with one declared check; without a scope its references are not looked at. Paths begin at the check. */
export function lintCheck(name: string, declaration: unknown, scope?: CheckScope): readonly SchemaProblem[] {
  const kind = typeof declaration === 'object' && declaration !== null && 'kind' in declaration && declaration.kind;
  const check = checkOf(kind);
  const schema = check && schemas.get(check.kind);
  if (!check || !schema) {
    const known = checks.map((one) => one.kind);
    const near = nearest(String(kind), known);
    const hint = near ? `did you mean "${near}"?` : `use one of: ${known.join(', ')}`;
    return [{ message: `"kind" of "${name}" names no check`, hint, pointer: ['kind'], what: 'value' }];
  }
  const result = validate(schema, declaration);
  if ('problems' in result) return result.problems;
  const sound = declaration as CheckDeclaration;
  const options = checkOptionsOf(sound);
  const own = check
    .lint(options)
    .map((message): SchemaProblem => ({ message: `check "${name}": ${message}`, pointer: [], what: 'value' }));
  return scope ? [...own, ...lintReferences(name, check, sound, options, scope)] : own;
}

function lintReferences(
  name: string,
  check: Check,
  declaration: CheckDeclaration,
  options: Readonly<Record<string, unknown>>,
  scope: CheckScope,
): readonly SchemaProblem[] {
  const problems: SchemaProblem[] = [];
  const observable = Object.hasOwn(scope.observations, declaration.of) ? scope.observations[declaration.of] : undefined;
  if (!observable) {
    const near = nearest(declaration.of, Object.keys(scope.observations));
    const hint = near
      ? `did you mean "${near}"?`
      : `declared are: ${Object.keys(scope.observations).sort().join(', ')}`;
    const message = `check "${name}" is of "${declaration.of}", which is no observation of this test`;
    problems.push({ message, hint, pointer: ['of'], what: 'value' });
  } else {
    const is = observable.series === true ? 'series' : observable.type === 'text' ? 'text' : 'number';
    const fits = {
      number: is === 'number',
      value: is !== 'series',
      series: is === 'series',
      'number-or-series': is !== 'text',
    };
    if (!fits[check.of])
      problems.push({
        message: `check "${name}": ${check.kind} needs a ${check.of.replaceAll('-', ' ')}, but "${declaration.of}" is a ${is}`,
        pointer: ['of'],
        what: 'value',
      });
  }
  for (const [index, parameter] of (check.scope === 'group' ? check.over(options) : []).entries()) {
    if (scope.parameters.includes(parameter)) continue;
    const near = nearest(parameter, scope.parameters);
    const hint = near ? `did you mean "${near}"?` : `the test's parameters are: ${scope.parameters.join(', ')}`;
    const message = `check "${name}": "${parameter}" is no parameter of this test`;
    problems.push({ message, hint, pointer: ['over', index], what: 'value' });
  }
  return problems;
}
