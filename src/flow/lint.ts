/** `assay lint`: whether files of suites, sites and policies are what their languages allow, and nothing is run. */
import { basename, dirname, join, resolve } from 'node:path';
import type { Diagnostic } from '../base/diagnostic.ts';
import { HarnessError } from '../base/error.ts';
import { parseYaml } from '../base/yaml.ts';
import { loadPolicy } from '../certify/policy.ts';
import { loadSite } from '../site/load.ts';
import { loadSuite } from '../suite/load.ts';
import type { System } from '../system/system.ts';
import { lintUnknown } from './errors.ts';
import { siteLanguage, suiteLanguage } from './language.ts';

/** What a file was found to be. */
export interface LintedFile {
  readonly path: string;
  /** One clause for people: what it declares, when it is right. */
  readonly declares?: string;
  /** What is wrong, as the command that needs the file would say it. */
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly hint: string;
    readonly diagnostics: readonly Diagnostic[];
  };
}

/** Looks at each; a folder is a suite, and a file is what its first keys say. Errors of one keep none from being looked at. */
export async function lint(system: System, paths: readonly string[]): Promise<readonly LintedFile[]> {
  const files: LintedFile[] = [];
  for (const path of paths) {
    try {
      files.push({ path, declares: await declaredBy(system, resolve(system.environment.directory, path)) });
    } catch (error) {
      if (!(error instanceof HarnessError)) throw error;
      const { code, message, hint, diagnostics } = error;
      files.push({ path, error: { code, message, hint, diagnostics } });
    }
  }
  return files;
}

const count = (number: number, one: string): string => `${number} ${one}${number === 1 ? '' : 's'}`;

async function declaredBy(system: System, path: string): Promise<string> {
  const folder = (await system.files.stat(path))?.isDirectory() === true;
  if (folder || basename(path) === 'suite.yaml') {
    const suite = await loadSuite(system, folder ? path : dirname(path), suiteLanguage);
    return `suite ${suite.name}: ${count(new Set(suite.cases.map(({ test }) => test.name)).size, 'test')}, ${count(suite.cases.length, 'case')}`;
  }
  const text = await system.files.readTextIfThere(path);
  if (text === undefined) throw lintUnknown(`there is no file at ${path}`, 'name suites, site files or policies');
  const parsed = parseYaml(text, path);
  const keys = 'ok' in parsed && typeof parsed.ok.value === 'object' ? Object.keys(parsed.ok.value ?? {}) : [];
  if (keys.includes('policy') && !keys.includes('site')) return `policy ${loadPolicy(text, path).name}`;
  if (keys.some((key) => ['site', 'partitions', 'scheduler'].includes(key)) || 'problems' in parsed) {
    const site = await loadSite(system, path, siteLanguage);
    return `site ${site.name}: ${count(site.partitions.length, 'partition')}`;
  }
  throw lintUnknown(
    `${path} is neither a site file nor a policy`,
    keys.includes('tests')
      ? `a suite is a folder that holds suite.yaml: ${join(dirname(path), 'suite.yaml')}`
      : 'a site file has `site` at its top, a policy `policy`; a suite is named by its folder',
  );
}
