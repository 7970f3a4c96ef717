/**
 * What a test's output says. In come the declared observations of a case and the text of its output files; out go
 * observations and series, and for every declared name that did not arrive whole, why not. It never guesses, never
 * drops a declared name, never throws for what an output holds, and touches nothing: it is pure.
 */
import { declaredOf, lintObservation, type ObservationDeclaration, optionsOf, parserOf } from './declaration.ts';
import {
  largestOutput,
  type Missing,
  type Observation,
  type Observed,
  type Series,
  type StepOutput,
} from './observation.ts';
import { missing, type Reading } from './parser.ts';

/** Reads every declared observation: each name comes back in exactly one of the three lists. */
export function observe(declarations: Readonly<Record<string, ObservationDeclaration>>, output: StepOutput): Observed {
  const observations: Observation[] = [];
  const series: Series[] = [];
  const absent: Missing[] = [];
  for (const [name, declaration] of Object.entries(declarations)) {
    const reading = read(name, declaration, output);
    if ('why' in reading) absent.push(reading);
    else if ('values' in reading) series.push(reading);
    else observations.push(reading);
  }
  return { observations, series, missing: absent };
}

function read(name: string, declaration: ObservationDeclaration, output: StepOutput): Reading {
  const problem = lintObservation(name, declaration)[0];
  const parser = parserOf(declaration.parser);
  if (problem || !parser)
    return missing({ name }, `the declaration cannot be used: ${problem?.message ?? 'no parser'}`);
  const declared = declaredOf(name, declaration);
  const text = Object.hasOwn(output, declared.file) ? output[declared.file] : undefined;
  if (text === undefined) return missing(declared, `the output ${declared.file} is not there`);
  if (typeof text !== 'string') return missing(declared, `the output ${declared.file} ${text.unreadable}`);
  if (text.trim() === '') return missing(declared, `the output ${declared.file} is empty`);
  if (text.length > largestOutput) return missing(declared, `the output ${declared.file} is larger than 64 MiB`);
  return parser.read(text, optionsOf(declaration), declared);
}
