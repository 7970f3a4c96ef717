/**
 * The suite language. What parsers and checks add to it is a hole, filled in `flow/language`: this folder knows neither.
 */
import { closed, type Static, type TSchema, Type } from '../base/schema.ts';

const name = (description: string) => Type.String({ pattern: '^[a-z0-9][a-z0-9_.-]{0,63}$', description });
const wholeOrPlaceholder = (description: string) =>
  Type.Union([Type.Integer({ minimum: 1 }), Type.String({ pattern: '^\\{\\{\\s*[A-Za-z_][A-Za-z0-9_]*\\s*\\}\\}$' })], {
    description,
  });
const parameterValue = Type.Union([Type.String(), Type.Number()]);
const parameterPoint = Type.Record(Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]*$' }), parameterValue);

const parameters = Type.Union(
  [
    closed({ points: Type.Array(parameterPoint, { minItems: 1 }) }, 'One case for each point.'),
    closed(
      {
        product: Type.Record(
          Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]*$' }),
          Type.Array(parameterValue, { minItems: 1 }),
        ),
      },
      'One case for each combination.',
    ),
  ],
  { description: 'What differs between the cases of this test.' },
);

const geometry = closed(
  {
    nodes: wholeOrPlaceholder('Nodes of the case.'),
    ranks: wholeOrPlaceholder('MPI ranks of the case, over all its nodes; a multiple of nodes.'),
    threads: Type.Optional(wholeOrPlaceholder('Processors for each rank; 1 unless said.')),
  },
  'How large a case is.',
);

/** The schema of a suite file, with the schemas of one observation and one check put in. */
export function suiteSchema(observation: TSchema, check: TSchema) {
  const test = closed(
    {
      description: Type.Optional(Type.String()),
      parameters: Type.Optional(parameters),
      geometry,
      time_limit: Type.Union([Type.String(), Type.Number()], { description: 'Longest time of one case, such as 60s.' }),
      command: Type.Array(Type.String(), { minItems: 1, description: 'The program and its arguments, each a word.' }),
      environment: Type.Optional(Type.Record(Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]*$' }), Type.String())),
      files: Type.Optional(
        Type.Record(Type.String({ pattern: '^[A-Za-z0-9_][A-Za-z0-9_.-]*$' }), Type.String(), {
          description: 'Files of the working directory: name, and the file of the suite whose placeholders are filled.',
        }),
      ),
      observations: Type.Record(Type.String({ pattern: '^[a-z][a-z0-9_]*$' }), observation, { minProperties: 1 }),
      checks: Type.Record(Type.String({ pattern: '^[a-z][a-z0-9-]*$' }), check, { minProperties: 1 }),
      performance: Type.Optional(
        Type.Array(Type.String(), { description: 'Observations that are judged as performance, against a baseline.' }),
      ),
    },
    'One test: a command, what is read from its output, and what must hold.',
  );
  return closed(
    {
      suite: name('Name of the suite.'),
      description: Type.Optional(Type.String()),
      tests: Type.Record(Type.String({ pattern: '^[a-z0-9][a-z0-9_.-]{0,63}$' }), test, { minProperties: 1 }),
    },
    'An Assay suite.',
  );
}

/** A suite file as it is written. */
export type SuiteFile = Static<ReturnType<typeof suiteSchema>>;
