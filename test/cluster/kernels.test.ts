/** Blessed kernels on the real nodes: one run on two kernels, blessed, and then every way in which a blessing does not count. */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { as, assay, type Ended, gatekeeper, home, image, shared, site as shipped, state, tester } from './login.ts';

const folder = mkdtempSync(join(state, 'kernels-'));
const work = join(home, `kernels-${process.pid}`);
const blessings = join(folder, 'blessings');
const away = join(folder, 'away');
const keys = join(folder, 'keys');
const site = join(folder, 'site.yaml');
const policy = join(folder, 'policy.yaml');
const to = `registry:5000/assay/blessed:kernels-${Date.now()}`;
const fake = '#999 SMP another build of the same release';
let run = '';
let blessed: Ended;
/** The files of the two blessings, that of the mounted kernel second. */
let files: readonly string[] = [];

const node2 = (...words: readonly string[]) =>
  execFileSync('cluster/cluster', ['exec', '--user', 'root', '--node', 'node2', '--', ...words]);

const bless = (...words: readonly string[]) =>
  gatekeeper(assay, 'bless', ...words, '--key', join(keys, 'own'), '--site', site, '--reason', 'wireup passed');
const gate = (command: 'gate' | 'promote' = 'gate') =>
  gatekeeper(
    assay,
    command,
    run,
    '--policy',
    policy,
    '--site',
    site,
    '--to',
    to,
    ...(command === 'gate' ? [] : ['--key', join(keys, 'own')]),
  );
const kernels = (key = 'own') => tester(assay, 'kernels', '--key', join(folder, `${key}.pub`), '--site', site);
const copyBack = () => {
  for (const name of readdirSync(blessings)) rmSync(join(blessings, name));
  for (const name of files) copyFileSync(join(away, name), join(blessings, name));
};

beforeAll(() => {
  execFileSync('chmod', ['755', folder]);
  for (const path of [blessings, away, keys]) mkdirSync(path);
  execFileSync('install', ['-d', '-o', 'tester', '-g', 'assay', '-m', '2755', work]);
  execFileSync('chown', ['gatekeeper:assay', blessings, keys]);
  const text = readFileSync(shipped, 'utf8')
    .replace('~/assay/runs', join(work, 'runs'))
    .replace('~/assay/assay.db', join(work, 'assay.db'))
    .replace('../../../registry', join(shared, 'registry'))
    .replace(/^ {2}store: .*$/m, `$&\n  blessings: ${blessings}`);
  writeFileSync(site, text);
  for (const name of ['own', 'other']) {
    expect(gatekeeper(assay, 'key', join(keys, name))).toMatchObject({ status: 0 });
    execFileSync('install', ['-m', '644', join(keys, `${name}.pub`), folder]);
  }
  writeFileSync(
    policy,
    'policy: kernels\nsuites: [{ name: wireup }]\nperformance: { require: recorded }\n' +
      'bootstrap: { reason: The first image of this test. }\nkernel: { blessed: required, keys: [own.pub] }\n',
  );
  writeFileSync(join(folder, 'version'), `${fake}\n`);
  node2('mount', '--bind', join(folder, 'version'), '/proc/sys/kernel/version');
  try {
    const ran = tester(assay, 'run', 'wireup', '--image', image, '--site', site);
    expect({ ...ran, stdout: ran.stdout.slice(-2000) }).toMatchObject({ status: 0 });
    run = /^results {2}(.*)\/results$/m.exec(ran.stdout)?.[1] ?? '';
  } finally {
    node2('umount', '/proc/sys/kernel/version');
  }
}, 120_000);

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(work, { recursive: true, force: true });
});

describe('before anything is blessed', () => {
  it('the gate holds, and says for which nodes and what to do', () => {
    const { stdout, status } = gate('promote');
    expect(stdout).toMatch(/HOLD[\s\S]*node1, node3, node4 of run .* ran kernel .* which nobody has blessed/);
    expect(stdout).toMatch(/assay bless .* --key FILE --reason TEXT/);
    expect(status).toBe(4);
    expect(kernels().stdout).toMatch(/^unknown .* node1, node3, node4$/m);
  });

  it('each kernel of the run gets a blessing, and nobody without the key can make one', () => {
    expect(tester(assay, 'bless', run, '--key', join(keys, 'own'), '--site', site, '--reason', 'mine').status).toBe(3);
    blessed = bless(run);
    expect(blessed.status).toBe(0);
    expect(blessed.stdout).toContain('the nodes ran 2 different kernels');
    const ofNode2 = (name: string) => JSON.stringify(statementOf(name)).includes(fake);
    files = readdirSync(blessings).sort((a, b) => Number(ofNode2(a)) - Number(ofNode2(b)));
    expect(files).toHaveLength(2);
    for (const name of files) copyFileSync(join(blessings, name), join(away, name));
    expect(kernels().stdout).toMatch(/^blessed .* node2 /m);
    expect(kernels('other').stdout).toMatch(/^untrusted .* node2/m);
  });
});

function statementOf(name: string): { readonly predicate: { readonly lines: readonly string[] } } {
  const bundle = JSON.parse(readFileSync(join(blessings, name), 'utf8'));
  return JSON.parse(Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString());
}

describe('a blessing', () => {
  beforeEach(copyBack);

  it('lets the image in', () => {
    const { stdout, status } = gate('promote');
    expect(stdout).toMatch(/^promoted: /m);
    expect(status).toBe(0);
    const verified = gatekeeper(assay, 'verify', to, '--key', join(folder, 'own.pub'), '--site', site, '--json').stdout;
    for (const name of files) expect(verified).toContain(`sha256:${name.replace('.json', '')}`);
  });

  it('that is gone holds the gate; the kernel that is blessed is named beside it', () => {
    renameSync(join(blessings, files[1] ?? ''), join(folder, 'gone'));
    const { stdout, status } = gate();
    expect(stdout).toMatch(
      /hold +node2 of run .* nobody has blessed; a blessing is there for kernel .*differs in kernel.version/,
    );
    expect(status).toBe(4);
  });

  it('that is over holds the gate', () => {
    for (const name of files) rmSync(join(blessings, name));
    expect(bless(run, '--until', '1s').status).toBe(0);
    execFileSync('sleep', ['1.1']);
    const { stdout, status } = gate();
    expect(stdout).toMatch(/whose blessing ended at /);
    expect(status).toBe(4);
    expect(kernels().stdout).toMatch(/^expired /m);
  });

  it('by another key is refused', () => {
    writeFileSync(policy, readFileSync(policy, 'utf8').replace('own.pub', 'other.pub'));
    const { stdout, status } = gate();
    writeFileSync(policy, readFileSync(policy, 'utf8').replace('other.pub', 'own.pub'));
    expect(stdout).toMatch(/REFUSE[\s\S]*signed by a key that this policy does not trust/);
    expect(status).toBe(1);
  });

  it('that was changed is refused', () => {
    const path = join(blessings, files[0] ?? '');
    const bundle = JSON.parse(readFileSync(path, 'utf8'));
    const payload = Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString();
    bundle.dsseEnvelope.payload = Buffer.from(payload.replace('"reason":"', '"reason":"not ')).toString('base64');
    writeFileSync(path, JSON.stringify(bundle));
    const { stdout, status } = gate();
    expect(stdout).toMatch(/REFUSE[\s\S]*changed after it was signed/);
    expect(status).toBe(1);
  });

  it('that was revoked is refused, until the kernel is blessed again', () => {
    const fingerprint = /\b[0-9a-f]{12}\b/.exec(blessed.stdout)?.[0] ?? '';
    expect(bless('--revoke', fingerprint).status).toBe(0);
    const { stdout, status } = gate('promote');
    expect(stdout).toMatch(/REFUSE[\s\S]*whose blessing was revoked by gatekeeper/);
    expect(status).toBe(1);
    expect(kernels().stdout).toMatch(/^revoked /m);
    expect(bless(run).status).toBe(0);
    expect(gate().status).toBe(0);
  });

  it('is not given for an edited run', () => {
    const edited = join(folder, 'edited');
    execFileSync('cp', ['-a', run, edited]);
    writeFileSync(join(edited, 'allocations/a1/steps/0001/stdout'), 'all is well\n', { flag: 'a' });
    const { stdout, status } = bless(edited);
    expect(stdout).toMatch(/REFUSE[\s\S]*nothing was signed[\s\S]*was changed after the run/);
    expect(status).toBe(1);
  });

  it('is left where it is by a user who may not write there', () => {
    expect(as('tester', 'touch', join(blessings, 'x')).status).not.toBe(0);
  });
});
