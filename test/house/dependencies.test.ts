import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sourceFiles } from './folders.ts';

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

/** The one file that imports each package, from `src`. */
const importSites: Readonly<Record<string, string>> = {
  '@gitbeaker/rest': 'publish/gitlab',
  ajv: 'base/schema',
  'better-sqlite3': 'store/database',
  commander: 'cli/program',
  execa: 'system/exec',
  fzstd: 'oci/tree/zstd',
  handlebars: 'system/template',
  systeminformation: 'system/inventory',
  'tar-stream': 'oci/tree/archive',
  typebox: 'base/schema',
  undici: 'system/http',
  yaml: 'base/yaml',
};

const manifest: Manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const contributing = readFileSync('CONTRIBUTING.md', 'utf8');

describe('the dependencies', () => {
  it('are imported in one place each', () => {
    const found: Record<string, readonly string[]> = {};
    for (const { path, packages } of sourceFiles())
      for (const name of new Set(packages)) found[name] = [...(found[name] ?? []), path.replace(/\.ts$/, '')];
    expect(found).toEqual(Object.fromEntries(Object.entries(importSites).map(([name, site]) => [name, [site]])));
  });

  it('are those of package.json', () => {
    expect(Object.keys(manifest.dependencies).sort()).toEqual(Object.keys(importSites).sort());
  });

  it('have their reason and import site in CONTRIBUTING.md', () => {
    const rows = [...contributing.matchAll(/^\| ([a-z0-9@/-]+) \| (.{10,}) \| `([a-z/]+)` \|$/gm)];
    expect(Object.fromEntries(rows.map(([, name, , site]) => [name, site]))).toEqual(importSites);
  });

  it('of development are named in CONTRIBUTING.md', () => {
    const unnamed = Object.keys(manifest.devDependencies).filter((name) => !contributing.includes(`| ${name} | `));
    expect(unnamed).toEqual([]);
  });
});
