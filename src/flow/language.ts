/**
 * The one place where the languages of suite and site are made whole: parsers, checks, schedulers, launchers and
 * runtimes put the schemas of their own options into the holes that `suite` and `site` leave.
 */
import { type TSchema, Type } from '../base/schema.ts';
import { policySchema } from '../certify/policy.ts';
import { checkSchema, lintCheck } from '../judge/declaration.ts';
import { launchers } from '../launch/launchers/index.ts';
import { lintMount } from '../launch/mounts.ts';
import { runtimes } from '../launch/runtimes/index.ts';
import { schedulers } from '../launch/schedulers/index.ts';
import { lintObservation, observationSchema } from '../observe/declaration.ts';
import type { SiteLanguage } from '../site/load.ts';
import { siteSchema } from '../site/schema.ts';
import type { SuiteLanguage } from '../suite/load.ts';
import { suiteSchema } from '../suite/schema.ts';

function anyOf(adapters: Readonly<Record<string, { readonly options: TSchema }>>, description: string): TSchema {
  return Type.Union(
    Object.values(adapters).map((adapter) => adapter.options),
    { description },
  );
}

// A union's own message names every branch; the declared kind's says what is wrong, so loading looks at that one alone.
const anything = Type.Object({});

/** The language suites are loaded with. */
export const suiteLanguage: SuiteLanguage = {
  schema: suiteSchema(anything, anything),
  lintObservation,
  lintCheck: (name, declaration, scope) => lintCheck(name, declaration, scope),
};

/** The language sites are loaded with. */
export const siteLanguage: SiteLanguage = {
  schema: siteSchema(
    anyOf(schedulers, 'What starts allocations.'),
    anyOf(launchers, 'What starts the ranks of a case.'),
    anyOf(runtimes, 'What runs a program inside an image.'),
  ),
  lintMount: (kind, mount) => {
    const runtime = runtimes[kind];
    return runtime && lintMount(runtime, mount);
  },
};

/** JSON Schemas to publish, by language; `docs/schemas` holds them as files. */
export const publishedSchemas: Readonly<Record<string, TSchema>> = {
  suite: suiteSchema(observationSchema, checkSchema),
  site: siteLanguage.schema,
  policy: policySchema,
};
