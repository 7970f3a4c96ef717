/**
 * The offline tarball, as somebody elsewhere has it: unpacked by an ordinary user, with neither this clone nor a network to
 * be seen, and no compiler on the PATH.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from '../../src/store/store.ts';
import { writeRun } from '../../src/store/write-run.ts';
import { realSystem } from '../../src/system/real-system.ts';
import { fullRecord } from '../store/record.ts';

const nobody = 65534;
const version = (JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version;
let scratch = '';
let tarball = '';
let unpacked = '';

/** Runs a command as the user nobody, in namespaces where the clone is empty and no network is up. */
function elsewhere(...words: readonly string[]) {
  const hide = 'mount -t tmpfs none "$1" && shift && cd "$1" && shift && exec "$@"';
  const answer = spawnSync(
    'unshare',
    [
      ...['--mount', '--net', 'sh', '-c', hide, 'sh', process.cwd(), join(scratch, 'home')],
      ...['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'],
      ...['env', '-i', `HOME=${join(scratch, 'home')}`, `PATH=${join(scratch, 'bin')}`, ...words],
    ],
    { encoding: 'utf8' },
  );
  return { status: answer.status, stdout: answer.stdout, stderr: answer.stderr };
}

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'assay-pack-'));
  chmodSync(scratch, 0o755);
  for (const name of ['bin', 'home']) mkdirSync(join(scratch, name));
  chownSync(join(scratch, 'home'), nobody, nobody);
  const answer = execFileSync('npm', ['run', '--silent', 'pack', '--', scratch], { encoding: 'utf8' });
  tarball = answer.trim().split('\n').at(-1) ?? '';
  for (const tool of ['sh', 'env', 'tar', 'gzip', 'readlink', 'dirname', 'ch-run'])
    symlinkSync(
      execFileSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).trim(),
      join(scratch, 'bin', tool),
    );
  // Copied, since Node may lie where an ordinary user cannot reach it.
  copyFileSync(process.execPath, join(scratch, 'bin', 'node'));
  elsewhere('tar', '-xzf', tarball, '--strip-components=1', '--one-top-level=assay');
  unpacked = join(scratch, 'home', 'assay');
}, 120_000);

afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

describe('the tarball', () => {
  it('is named by version, processor and Node, and is the same when packed again', () => {
    const major = process.versions.node.split('.')[0];
    expect(tarball).toBe(join(scratch, `assay-${version}-linux-${process.arch}-node${major}.tgz`));
    const again = execFileSync('npm', ['run', '--silent', 'pack', '--', join(scratch, 'again')], { encoding: 'utf8' });
    expect(readFileSync(again.trim().split('\n').at(-1) ?? '').equals(readFileSync(tarball))).toBe(true);
  });

  it('starts', () => {
    expect(elsewhere(join(unpacked, 'bin/assay'), '--version')).toEqual({
      status: 0,
      stdout: `${version}\n`,
      stderr: '',
    });
  });

  it('brings the compiled addon, which opens a database', () => {
    const program = `const open = require('${unpacked}/node_modules/better-sqlite3');
      console.log(new open('store.db').prepare('select 6 * 7').pluck().get());`;
    expect(elsewhere('node', '-e', program)).toEqual({ status: 0, stdout: '42\n', stderr: '' });
  });

  it('says that a machine without runs has none, and lists those that are stored', async () => {
    const none = elsewhere(join(unpacked, 'bin/assay'), 'runs');
    expect(none.status).toBe(2);
    expect(none.stderr).toContain('STORE_MISSING');
    const path = join(scratch, 'home', '.local/state/assay/assay.db');
    const store = await openStore(realSystem(true), path, 'write');
    await writeRun(store, fullRecord());
    store.close();
    execFileSync('chown', ['-R', String(nobody), join(scratch, 'home', '.local')]);
    const { status, stdout, stderr } = elsewhere(join(unpacked, 'bin/assay'), 'runs');
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining('using this machine alone') });
    expect(stdout).toContain(fullRecord().run.id);
  });

  it('brings suites, sites and the language of both', () => {
    const { status, stdout } = elsewhere(join(unpacked, 'bin/assay'), 'schema', 'suite');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual(JSON.parse(readFileSync('docs/schemas/suite.schema.json', 'utf8')));
    for (const name of ['suites/wireup/suite.yaml', 'sites/cluster.yaml', 'docs/tutorial.md', 'LICENSE'])
      expect(readFileSync(join(unpacked, name)).equals(readFileSync(name))).toBe(true);
  });

  it('says what is missing where there is no Node', () => {
    const { status, stderr } = elsewhere('ASSAY_NODE=/nowhere/node', join(unpacked, 'bin/assay'), '--version');
    expect(status).toBe(3);
    expect(stderr).toContain('set ASSAY_NODE');
  });
});
