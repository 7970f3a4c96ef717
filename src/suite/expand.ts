/** From one test to its cases. */
import type { Pointer } from '../base/yaml.ts';
import { fillValue, type PlaceholderValue } from './placeholder.ts';
import type { Case, Geometry, Test } from './suite.ts';

/** Parameters as a suite file writes them. */
export type ParametersFile =
  | { readonly points: readonly Readonly<Record<string, PlaceholderValue>>[] }
  | { readonly product: Readonly<Record<string, readonly PlaceholderValue[]>> };

/** Geometry as a suite file writes it. */
export interface GeometryFile {
  readonly nodes: number | string;
  readonly ranks: number | string;
  readonly threads?: number | string;
}

/** Something wrong with a test, with the place inside it. */
export interface ExpandProblem {
  readonly message: string;
  readonly hint?: string;
  readonly pointer: Pointer;
}

/** Most cases of one test: a slip in a product shall not fill the memory. */
const mostCases = 100_000;

function pointsOf(
  parameters: ParametersFile | undefined,
): readonly Readonly<Record<string, PlaceholderValue>>[] | undefined {
  if (!parameters) return [{}];
  if ('points' in parameters) return parameters.points;
  let points: readonly Readonly<Record<string, PlaceholderValue>>[] = [{}];
  for (const [key, values] of Object.entries(parameters.product)) {
    if (points.length * values.length > mostCases) return undefined;
    points = points.flatMap((point) => values.map((value) => ({ ...point, [key]: value })));
  }
  return points;
}

function geometryOf(file: GeometryFile, values: Readonly<Record<string, PlaceholderValue>>): Geometry | ExpandProblem {
  const numbers: Record<string, number> = {};
  for (const key of ['nodes', 'ranks', 'threads'] as const) {
    const { value, unknown } = fillValue(file[key] ?? 1, values);
    if (unknown.length > 0)
      return {
        message: `geometry.${key} uses {{${unknown[0]}}}, which is no parameter of this test`,
        hint: `parameters here: ${Object.keys(values).join(', ') || 'none'}`,
        pointer: ['geometry', key],
      };
    const number = Number(value);
    if (!Number.isInteger(number) || number < 1)
      return { message: `geometry.${key} is ${String(value)}, not a whole number above 0`, pointer: ['geometry', key] };
    numbers[key] = number;
  }
  const { nodes = 1, ranks = 1, threads = 1 } = numbers;
  if (ranks % nodes !== 0)
    return {
      message: `${ranks} ranks cannot be spread evenly over ${nodes} nodes`,
      hint: 'ranks must be a multiple of nodes',
      pointer: ['geometry', 'ranks'],
    };
  return { nodes, ranks, threads };
}

/** `suite/test` and the parameters in the order written, such as `lammps/melt nodes=2 ranks=4`. */
export function caseName(suite: string, test: string, parameters: Readonly<Record<string, PlaceholderValue>>): string {
  const words = Object.entries(parameters).map(([key, value]) => `${key}=${String(value).replaceAll(/\s+/g, '_')}`);
  return [`${suite}/${test}`, ...words].join(' ');
}

/** The cases of one test, or what is wrong with it. */
export function expandTest(
  suite: string,
  test: Test,
  parameters: ParametersFile | undefined,
  geometry: GeometryFile,
): { readonly cases: readonly Case[]; readonly problems: readonly ExpandProblem[] } {
  const points = pointsOf(parameters);
  if (!points)
    return { cases: [], problems: [{ message: `more than ${mostCases} cases in one test`, pointer: ['parameters'] }] };
  const cases: Case[] = [];
  const problems: ExpandProblem[] = [];
  const seen = new Set<string>();
  for (const [index, point] of points.entries()) {
    const size = geometryOf(geometry, point);
    if ('message' in size) {
      problems.push(size);
      break;
    }
    const name = caseName(suite, test.name, point);
    if (seen.has(name)) {
      problems.push({ message: `the case "${name}" is there twice`, pointer: ['parameters', 'points', index] });
      continue;
    }
    seen.add(name);
    cases.push({ name, suite, test, parameters: point, geometry: size });
  }
  return { cases, problems };
}
