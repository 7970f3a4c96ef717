/** The suites a command names: a folder, or the name of a shipped suite. */
import { join, resolve } from 'node:path';
import { installed } from '../base/installation.ts';
import { suiteNotFound } from '../suite/errors.ts';
import { loadSuite } from '../suite/load.ts';
import type { Suite } from '../suite/suite.ts';
import type { System } from '../system/system.ts';
import { suiteLanguage } from './language.ts';

/** Where the shipped suites are. */
const shipped = installed('suites');

/** Loads each named suite once; throws SUITE_NOT_FOUND with the shipped names. */
export async function openSuites(system: System, names: readonly string[]): Promise<readonly Suite[]> {
  const suites: Suite[] = [];
  for (const name of names) {
    const suite = await loadSuite(system, await directoryOf(system, name), suiteLanguage);
    if (!suites.some((known) => known.name === suite.name)) suites.push(suite);
  }
  return suites;
}

async function directoryOf(system: System, name: string): Promise<string> {
  const given = resolve(system.environment.directory, name.replace(/\/suite\.yaml$/, ''));
  if (await system.files.stat(join(given, 'suite.yaml'))) return given;
  if (/^[a-z0-9][a-z0-9_.-]*$/.test(name)) {
    const own = join(shipped, name);
    if (await system.files.stat(join(own, 'suite.yaml'))) return own;
  }
  const known = (await system.files.list(shipped)).filter((entry) => !entry.includes('.'));
  throw suiteNotFound(
    `there is no suite "${name}"`,
    `name a folder that holds suite.yaml, or a shipped suite: ${known.join(', ')}`,
  );
}
