import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { drawDiagnostic } from '../../src/base/diagnostic.ts';
import { HarnessError } from '../../src/base/error.ts';
import { siteLanguage } from '../../src/flow/language.ts';
import { readSite } from '../../src/site/load.ts';
import { partitionOf, place } from '../../src/site/place.ts';
import type { Case } from '../../src/suite/suite.ts';

const text = readFileSync('sites/cluster.yaml', 'utf8');

function problem(changed: string): string {
  try {
    readSite(changed, '/s/site.yaml', siteLanguage, '/home/u');
  } catch (error) {
    if (!(error instanceof HarnessError)) throw error;
    return [error.code, ...error.diagnostics.map(drawDiagnostic)].join('\n');
  }
  throw new Error('the site was accepted');
}

describe('a site file', () => {
  const site = readSite(text, '/s/sites/site.yaml', siteLanguage, '/home/u');

  it('gives places, seconds and defaults', () => {
    expect(site.directories.store).toBe('/home/u/assay/assay.db');
    expect(site.directories.blessings).toBe('/home/u/assay/blessings');
    expect(site.partitions[0]).toMatchObject({
      name: 'batch',
      timeLimitSeconds: 1800,
      exclusive: true,
      transport: 'tcp',
    });
    expect(site.defaultPartition).toBe('batch');
    expect(site.onInterrupt).toBe('cancel');
  });

  it('takes a relative place from its own folder', () => {
    expect(readSite(text, '/a/b/c/site.yaml', siteLanguage, '/h').registries['registry:5000']?.ca).toBe(
      '/registry/ca.crt',
    );
  });

  it('names the folder of blessings, where it says one', () => {
    const named = readSite(
      text.replace(/^ {2}store:.*$/m, '$&\n  blessings: ../kept'),
      '/a/b/site.yaml',
      siteLanguage,
      '/h',
    );
    expect(named.directories.blessings).toBe('/a/kept');
  });

  it('says which runtimes there are when one is unknown, with its place', () => {
    const shown = problem(text.replace('kind: charliecloud', 'kind: dockr'));
    expect(shown).toContain('SITE_INVALID');
    expect(shown).toContain('kind: dockr');
    expect(shown).toMatch(/\^+/);
    expect(shown).toMatch(/charliecloud/);
  });

  it('refuses a default partition that is none', () => {
    expect(problem(`${text}\ndefault_partition: nope\n`)).toContain('"nope" is no partition');
  });

  it('places what fits and says why another does not', () => {
    const item = (nodes: number, ranks: number): Case => ({
      name: 'x',
      suite: 's',
      parameters: {},
      geometry: { nodes, ranks, threads: 1 },
      test: {
        name: 't',
        description: '',
        command: ['app'],
        environment: {},
        files: {},
        timeLimitSeconds: 1,
        observations: {},
        checks: {},
        performance: [],
      },
    });
    const partition = partitionOf(site);
    expect(place(item(4, 8), partition)).toHaveProperty('partition');
    expect(place(item(5, 5), partition)).toMatchObject({ skip: expect.stringContaining('needs 5 nodes') });
    expect(place(item(1, 3), partition)).toMatchObject({ skip: expect.stringContaining('needs 3 processors') });
    expect(() => partitionOf(site, 'gpu')).toThrow(/no partition "gpu"/);
  });
});
