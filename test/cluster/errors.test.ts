/** Faults of declaration and site: each ends soon, with its own exit code, a code of its own and what to do about it. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { as, assay, latestRun, ownFolder, put, siteFile, tinySuite } from './cluster.ts';

const image = 'registry:5000/assay/candidate:demo';
let folder = '';
let suite = '';
let site = '';

beforeAll(async () => {
  folder = await ownFolder('errors-test');
  suite = tinySuite(folder);
  site = siteFile(folder, 'site.yaml');
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const run = (suiteFolder: string, siteName: string, environment: readonly string[] = []) =>
  assay(['run', suiteFolder, '--image', image, '--site', siteName, '--fresh'], environment);

describe('declarations', () => {
  it('shows line and caret of a misspelt key in a suite, and the key that was meant', async () => {
    const wrong = join(folder, 'misspelt');
    mkdirSync(wrong);
    const text = readFileSync(join(suite, 'suite.yaml'), 'utf8');
    put(wrong, 'suite.yaml', text.replace('time_limit', 'time_limt'));
    const line = text.split('\n').findIndex((one) => one.includes('time_limit')) + 1;
    const { status, stderr } = await run(wrong, site);
    expect(status).toBe(2);
    expect(stderr).toContain('SUITE_INVALID');
    expect(stderr).toMatch(new RegExp(`suite\\.yaml:${line}:\\d+ .*time_limt[^\\n]*\\n *\\^+`));
    expect(stderr).toContain('"time_limit"');
  });

  it('shows line and caret of an unknown runtime in a site, and those that are known', async () => {
    const { status, stderr } = await run(suite, siteFile(folder, 'runtime.yaml', { runtime: 'charlycloud' }));
    expect(status).toBe(2);
    expect(stderr).toContain('SITE_INVALID');
    expect(stderr).toMatch(/runtime\.yaml:\d+:\d+ .*charlycloud[^\n]*\n *\^+/);
    expect(stderr).toContain('charliecloud');
  });
});

describe('the site', () => {
  it('ends within its limit when the controller of Slurm does not answer', async () => {
    const text = (await as('tester', ['cat', '/etc/slurm/slurm.conf'])).stdout;
    const dead = put(folder, 'slurm.conf', `${text.replace(/^SlurmctldPort=.*$/m, '')}\nSlurmctldPort=6999\n`);
    const began = Date.now();
    const { status, stderr } = await run(suite, site, [`SLURM_CONF=${dead}`]);
    expect(stderr).toContain('RUN_SCHEDULER_SILENT');
    expect(stderr).toMatch(/hint/i);
    expect(status).toBe(3);
    expect(Date.now() - began).toBeLessThan(90_000);
  }, 120_000);

  it('names registry and credential file for a wrong password, and never the password', async () => {
    const token = Buffer.from('ci:swordfish99').toString('base64');
    const credentials = put(folder, 'auth.json', JSON.stringify({ auths: { 'registry:5000': { auth: token } } }));
    const { status, stdout, stderr } = await run(suite, siteFile(folder, 'password.yaml', { credentials }));
    expect(status).toBe(3);
    expect(stderr).toContain('OCI_AUTH_REFUSED');
    expect(stderr).toContain('registry:5000');
    expect(stderr).toContain(credentials);
    for (const secret of ['swordfish99', token]) expect(stdout + stderr).not.toContain(secret);
  });

  it('keeps the run when the disk of the store is full, and stores it when there is room', async () => {
    const disk = join(folder, 'disk');
    await as('tester', ['mkdir', disk]);
    const mounted = await as('root', ['mount', '-t', 'tmpfs', '-o', 'size=128k,mode=777', 'assay-test', disk]);
    expect(mounted.status).toBe(0);
    try {
      const small = siteFile(folder, 'small.yaml', { store: join(disk, 'assay.db') });
      const runs = join(folder, 'runs');
      const before = existsSync(runs) ? readdirSync(runs) : [];
      const { status, stderr } = await run(suite, small);
      expect(stderr).toContain('STORE_FULL');
      expect(status).toBe(3);
      const [id = ''] = readdirSync(runs).filter((name) => !before.includes(name));
      expect(stderr).toContain(`assay run --resume ${id}`);
      expect(readFileSync(join(runs, id, 'results/verdicts.txt'), 'utf8')).toContain('pass');
      expect((await as('root', ['mount', '-o', 'remount,size=64m', disk])).status).toBe(0);
      const again = await assay(['run', '--resume', id, '--site', small]);
      expect(again.stderr).not.toContain('STORE_');
      expect(again.status).toBe(0);
      expect((await latestRun(small)).run.id).toBe(id);
    } finally {
      await as('root', ['umount', disk]);
    }
  });
});
