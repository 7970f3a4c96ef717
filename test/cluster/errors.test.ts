/** Faults of declaration and site: each ends soon, with its own exit status, a code of its own and what to do about it. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunRecord } from '../../src/store/run-record.ts';
import { as, assay, home, image, shared, site as shipped, tester } from './login.ts';

const folder = join(home, 'errors');
const suite = join(folder, 'tiny');
const suiteText = `suite: tiny
tests:
  word:
    geometry: { nodes: 2, ranks: 2 }
    time_limit: 30s
    command: [sh, -c, 'echo value=$SLURM_NTASKS']
    observations: { value: { parser: keyvalue, key: value, occurrence: first, unit: "1" } }
    checks: { right: { kind: equals, of: value, expect: 2, why: "It is what was asked for." } }
`;

/** Writes a file that every user may read; gives its path. */
function put(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, 0o644);
  return path;
}

/** A copy of the shipped site file with runs and store in this test's folder, and a change of its text. */
function siteFile(name: string, change: (text: string) => string = (text) => text): string {
  const text = readFileSync(shipped, 'utf8')
    .replace('runs: ~/assay/runs', `runs: ${folder}/runs`)
    .replace('store: ~/assay/assay.db', `store: ${folder}/assay.db`)
    .replace('ca: ../../../registry/ca.crt', `ca: ${shared}/registry/ca.crt`);
  return put(name, change(text));
}

const run = (suiteFolder: string, site: string, ...more: readonly string[]) =>
  tester(assay, 'run', suiteFolder, '--image', image, '--site', site, '--fresh', ...more);

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(suite, { recursive: true });
  execFileSync('chown', ['-R', 'tester', folder]);
  put('tiny/suite.yaml', suiteText);
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('declarations', () => {
  it('shows line and caret of a misspelt key in a suite, and the key that was meant', () => {
    mkdirSync(join(folder, 'misspelt'));
    put('misspelt/suite.yaml', suiteText.replace('time_limit', 'time_limt'));
    const { status, stderr } = run(join(folder, 'misspelt'), siteFile('site.yaml'));
    expect(status).toBe(2);
    expect(stderr).toContain('SUITE_INVALID');
    expect(stderr).toMatch(/suite\.yaml:5:5 .*time_limt[^\n]*\n *\^+/);
    expect(stderr).toContain('"time_limit"');
  });

  it('shows line and caret of an unknown runtime in a site, and those that are known', () => {
    const site = siteFile('runtime.yaml', (text) => text.replace('kind: charliecloud', 'kind: charlycloud'));
    const { status, stderr } = run(suite, site);
    expect(status).toBe(2);
    expect(stderr).toContain('SITE_INVALID');
    expect(stderr).toMatch(/runtime\.yaml:\d+:\d+ .*charlycloud[^\n]*\n *\^+/);
    expect(stderr).toContain('charliecloud');
  });

  it('refuses to run on a login node that no site describes', () => {
    const { status, stderr } = tester(assay, 'run', 'wireup', '--image', image);
    expect(status).toBe(2);
    expect(stderr).toContain('SITE_MISSING');
  });
});

describe('the site', () => {
  it('ends within its limit when the controller of Slurm is down, and the run goes on when it is back', () => {
    const site = siteFile('site.yaml');
    const before = new Set(readdirSync(folder).includes('runs') ? readdirSync(join(folder, 'runs')) : []);
    execFileSync('cluster/cluster', ['service', 'slurmctld', 'stop'], { stdio: 'ignore' });
    const began = Date.now();
    let down: ReturnType<typeof run>;
    try {
      down = run(suite, site, '--wait-at-most', '15s');
    } finally {
      execFileSync('cluster/cluster', ['service', 'slurmctld', 'start'], { stdio: 'ignore' });
    }
    expect(down.stderr).toContain('RUN_SCHEDULER_SILENT');
    expect(down.stderr).toMatch(/^hint: .*--resume/m);
    expect(down.status).toBe(3);
    expect(Date.now() - began).toBeLessThan(150_000);
    const [id = ''] = readdirSync(join(folder, 'runs')).filter((name) => !before.has(name));
    const again = tester(assay, 'run', '--resume', id, '--site', site);
    expect(again.stderr).not.toContain('error ');
    expect(again.status).toBe(0);
  }, 240_000);

  it('names registry and credential file for a wrong password, and never the password', () => {
    const token = Buffer.from('ci:swordfish99').toString('base64');
    const credentials = put('auth.json', JSON.stringify({ auths: { 'registry:5000': { auth: token } } }));
    const site = siteFile('password.yaml', (text) =>
      text.replace('ca.crt\n', `ca.crt\n    credentials: ${credentials}\n`),
    );
    const { status, stdout, stderr } = run(suite, site);
    expect(status).toBe(3);
    expect(stderr).toContain('OCI_AUTH_REFUSED');
    for (const word of ['registry:5000', credentials]) expect(stderr).toContain(word);
    for (const secret of ['swordfish99', token]) expect(stdout + stderr).not.toContain(secret);
  });

  it('keeps the run when the disk of the store is full, and stores it when there is room', () => {
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    const mounted = as('root', 'mount', '-t', 'tmpfs', '-o', 'size=128k,mode=777', 'assay-test', disk);
    expect(mounted.status).toBe(0);
    try {
      const site = siteFile('small.yaml', (text) => text.replace(`${folder}/assay.db`, join(disk, 'assay.db')));
      const before = new Set(readdirSync(join(folder, 'runs')));
      const { status, stderr } = run(suite, site);
      expect(stderr).toContain('STORE_FULL');
      expect(status).toBe(3);
      const [id = ''] = readdirSync(join(folder, 'runs')).filter((name) => !before.has(name));
      expect(stderr).toContain(`assay run --resume ${id}`);
      expect(readFileSync(join(folder, 'runs', id, 'results/verdicts.txt'), 'utf8')).toContain('pass');
      expect(as('root', 'mount', '-o', 'remount,size=64m', disk).status).toBe(0);
      const again = tester(assay, 'run', '--resume', id, '--site', site);
      expect(again.stderr).not.toContain('STORE_');
      expect(again.status).toBe(0);
      const stored = tester(assay, 'show', 'latest', '--site', site, '--json').stdout;
      expect((JSON.parse(stored) as RunRecord).run.id).toBe(id);
    } finally {
      as('root', 'umount', disk);
    }
  });
});
