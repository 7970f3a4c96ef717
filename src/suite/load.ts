/** Reads a suite's folder. */
import { join, relative } from 'node:path';
import type { Diagnostic } from '../base/diagnostic.ts';
import { digestOf, digestOfJson } from '../base/digest.ts';
import { type HarnessError, messageOf } from '../base/error.ts';
import { parseDuration } from '../base/quantity.ts';
import { diagnose, type SchemaProblem, type TSchema, validate } from '../base/schema.ts';
import { parseYaml, type YamlSource } from '../base/yaml.ts';
import type { System } from '../system/system.ts';
import { suiteInputInvalid, suiteInvalid, suiteNotFound } from './errors.ts';
import { expandTest, type ParametersFile } from './expand.ts';
import { fillValue, type PlaceholderValue, placeholderNames } from './placeholder.ts';
import type { SuiteFile } from './schema.ts';
import type { Case, Suite, SuiteInput, Test } from './suite.ts';

/** What `launch` will know: the names a suite may use beside its parameters. */
export const launchPlaceholders = [
  'suite',
  'work',
  'nonce',
  'nodes',
  'ranks',
  'threads',
  'ranks_per_node',
  'image.architecture',
  'image.mpi.abi',
  'image.mpi.family',
  'partition.name',
  'partition.transport',
  'site.name',
] as const;

/** Largest input file of a suite, in bytes: a suite travels with every run. */
const largestInput = 64 * 1024 * 1024;

/** What parsers and checks add to the language, given in so that this folder knows neither. */
export interface SuiteLanguage {
  readonly schema: TSchema;
  /** What is wrong with one declared observation, with paths from it on. */
  readonly lintObservation: (name: string, declaration: unknown) => readonly SchemaProblem[];
  readonly lintCheck: (
    name: string,
    declaration: unknown,
    scope: { readonly observations: Readonly<Record<string, object>>; readonly parameters: readonly string[] },
  ) => readonly SchemaProblem[];
}

/** Loads the suite in a folder (its file is `suite.yaml`); throws SUITE_… with every problem and its position. */
export async function loadSuite(system: System, directory: string, language: SuiteLanguage): Promise<Suite> {
  const file = join(directory, 'suite.yaml');
  const text = await system.files.readTextIfThere(file);
  if (text === undefined)
    throw suiteNotFound(
      `there is no suite at ${directory}`,
      `a suite is a folder that holds suite.yaml; looked for ${file}`,
    );
  const parsed = parseYaml(text, file);
  if ('problems' in parsed) throw invalid(file, parsed.problems);
  const source = parsed.ok;
  const checked = validate(language.schema, source.value);
  if ('problems' in checked) throw invalid(file, diagnose(source, checked.problems));
  const suite = checked.ok as SuiteFile;
  const inputs = await readInputs(system, directory);
  const problems: Diagnostic[] = [];
  const cases: Case[] = [];
  for (const [name, declared] of Object.entries(suite.tests)) {
    const at = (pointer: readonly (string | number)[]) => source.locate(['tests', name, ...pointer]);
    const files: Record<string, string> = {};
    for (const [target, path] of Object.entries(declared.files ?? {})) {
      if (inputs.some((input) => input.path === path))
        files[target] = await system.files.readText(join(directory, path));
      else
        problems.push({
          severity: 'error',
          message: `the suite's folder holds no file "${path}"`,
          at: at(['files', target]),
        });
    }
    const limit = durationOr(declared.time_limit, problems, at(['time_limit']));
    for (const metric of declared.performance ?? [])
      if (!(metric in declared.observations))
        problems.push({
          severity: 'error',
          message: `"${metric}" is no observation of this test`,
          at: at(['performance']),
        });
    const test: Test = {
      name,
      description: declared.description ?? '',
      command: declared.command,
      environment: declared.environment ?? {},
      files,
      timeLimitSeconds: limit,
      observations: declared.observations as Test['observations'],
      checks: declared.checks as Test['checks'],
      performance: declared.performance ?? [],
    };
    const expanded = expandTest(
      suite.suite,
      test,
      declared.parameters as ParametersFile | undefined,
      declared.geometry,
    );
    problems.push(
      ...expanded.problems.map((problem) => ({
        severity: 'error' as const,
        message: problem.message,
        ...(problem.hint && { hint: problem.hint }),
        at: at(problem.pointer),
      })),
      ...unknownPlaceholders(source, name, declared, expanded.cases),
      ...lintDeclarations(source, name, declared, expanded.cases, language),
    );
    cases.push(...expanded.cases);
  }
  if (problems.length > 0) throw invalid(file, problems);
  const digest = digestOfJson(inputs.map(({ path, digest: content, executable }) => [path, content, executable]));
  return { name: suite.suite, description: suite.description ?? '', directory, digest, inputs, cases };
}

function invalid(file: string, diagnostics: readonly Diagnostic[]): HarnessError {
  const count = diagnostics.length === 1 ? 'one problem' : `${diagnostics.length} problems`;
  return suiteInvalid(`${file} has ${count}`, 'mend the places shown; docs/suites.md describes the language', {
    diagnostics,
  });
}

function durationOr(text: string | number, problems: Diagnostic[], at: NonNullable<Diagnostic['at']>): number {
  try {
    return parseDuration(text);
  } catch (error) {
    problems.push({
      severity: 'error',
      message: messageOf(error),
      hint: 'write a number and s, min or h, such as 90s',
      at,
    });
    return 1;
  }
}

/** Values of the right type for what only `launch` knows, so that a declaration can be looked at before. */
const samples: Readonly<Record<string, PlaceholderValue>> = {
  ...Object.fromEntries(launchPlaceholders.map((name) => [name, name])),
  nodes: 1,
  ranks: 1,
  threads: 1,
  ranks_per_node: 1,
};

function lintDeclarations(
  source: YamlSource,
  test: string,
  declared: SuiteFile['tests'][string],
  cases: readonly Case[],
  language: SuiteLanguage,
): readonly Diagnostic[] {
  const values = { ...samples, ...cases[0]?.parameters };
  const filled = (value: unknown) => fillValue(value, values).value;
  const observations = filled(declared.observations) as Readonly<Record<string, object>>;
  const scope = { observations, parameters: Object.keys(cases[0]?.parameters ?? {}) };
  const place =
    (section: string, name: string) =>
    (problem: SchemaProblem): SchemaProblem => ({
      ...problem,
      pointer: ['tests', test, section, name, ...problem.pointer],
    });
  return diagnose(source, [
    ...Object.entries(observations).flatMap(([name, one]) =>
      language.lintObservation(name, one).map(place('observations', name)),
    ),
    ...Object.entries(declared.checks).flatMap(([name, one]) =>
      language.lintCheck(name, filled(one), scope).map(place('checks', name)),
    ),
  ]);
}

function unknownPlaceholders(
  source: YamlSource,
  test: string,
  declared: SuiteFile['tests'][string],
  cases: readonly Case[],
): readonly Diagnostic[] {
  const known = new Set<string>([...launchPlaceholders, ...cases.flatMap((item) => Object.keys(item.parameters))]);
  const problems: Diagnostic[] = [];
  const visit = (value: unknown, pointer: readonly (string | number)[]): void => {
    if (typeof value === 'string') {
      for (const name of placeholderNames(value)) {
        if (known.has(name)) continue;
        problems.push({
          severity: 'error',
          message: `{{${name}}} is not known here`,
          hint: `known: ${[...known].sort().join(', ')}`,
          at: source.locate(['tests', test, ...pointer]),
        });
      }
    } else if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) visit(item, [...pointer, index]);
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value)) visit(item, [...pointer, key]);
    }
  };
  const { parameters: _parameters, geometry: _geometry, ...rest } = declared;
  visit(rest, []);
  return problems;
}

async function readInputs(system: System, directory: string): Promise<readonly SuiteInput[]> {
  const inputs: SuiteInput[] = [];
  const visit = async (folder: string): Promise<void> => {
    for (const name of await system.files.list(folder)) {
      const path = join(folder, name);
      const stat = await system.files.stat(path);
      const shown = relative(directory, path);
      if (stat?.isDirectory()) await visit(path);
      else if (!stat?.isFile())
        throw suiteInputInvalid(
          `${path} is neither a file nor a folder`,
          'a suite holds plain files only: links could point anywhere',
        );
      else if (stat.size > largestInput)
        throw suiteInputInvalid(
          `${path} has ${stat.size} bytes`,
          `an input may have ${largestInput} at most; put large data into the image`,
        );
      else
        inputs.push({
          path: shown,
          digest: digestOf(await system.files.readBytes(path)),
          executable: (stat.mode & 0o111) !== 0,
        });
    }
  };
  await visit(directory);
  return inputs.sort((a, b) => (a.path < b.path ? -1 : 1));
}
