/**
 * The main job on the real cluster: image, three suites on four nodes, gate, promotion, verification; and that what is
 * stored is what the outputs say.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RunRecord } from '../../src/store/run-record.ts';
import { assay, gatekeeper, home, image, policy, site, tester } from './login.ts';

let record: RunRecord;
let demo = '';

beforeAll(() => {
  demo = execFileSync('bash', ['cluster/demo'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  record = JSON.parse(tester(assay, 'show', 'latest', '--site', site, '--json').stdout) as RunRecord;
}, 900_000);

describe('the demo', () => {
  it('ends with the image promoted and verified, and skopeo sees one digest', () => {
    const [, candidate] = /^candidate {2}(\S+)$/m.exec(demo) ?? [];
    const [, blessed] = /^blessed {4}(\S+)$/m.exec(demo) ?? [];
    expect(candidate).toMatch(/^sha256:/);
    expect(blessed).toBe(candidate);
    expect(record.image.digest).toBe(candidate);
    expect(demo).toContain('verified: registry:5000/assay/blessed demo');
  });

  it('passed every case of three suites', () => {
    expect(record.suites.map((suite) => suite.name).sort()).toEqual(['hpcc', 'lammps', 'wireup']);
    expect(record.cases.map((item) => [item.name, item.verdict])).toEqual(
      record.cases.map((item) => [item.name, 'pass']),
    );
    expect(record.run.outcome).toBe('accepted');
  });
});

describe('the evidence', () => {
  it('stores the energies that awk reads from the logs, which carry the nonce of the run', () => {
    const cases = record.cases.filter((item) => item.suite === 'lammps');
    expect(cases.length).toBeGreaterThan(2);
    for (const item of cases) {
      const log = record.files.find((file) => file.case === item.name && file.path.endsWith('/stdout'));
      const path = join(record.run.directory, log?.path ?? '');
      expect(readFileSync(path, 'utf8')).toContain(`nonce ${record.run.id}`);
      const program = '/^ *Step /{for(i=1;i<=NF;i++)if($i=="TotEng")c=i} c&&$1==250{print $c}';
      const energy = Number(execFileSync('awk', [program, path], { encoding: 'utf8' }).trim());
      const stored = record.observations.find((one) => one.case === item.name && one.name === 'energy');
      expect(stored?.number).toBe(energy);
    }
  });

  it('saw the ranks on four nodes, as the ordinary user, each in a user namespace of its own', () => {
    const uid = Number(execFileSync('id', ['-u', 'tester'], { encoding: 'utf8' }));
    const ranks = record.ranks.filter((rank) => rank.case === 'wireup/network nodes=4 ranks=8');
    expect([...new Set(ranks.map((rank) => rank.node))].sort()).toEqual(['node1', 'node2', 'node3', 'node4']);
    for (const rank of ranks) {
      expect(rank.uid).toBe(uid);
      expect(rank.userNamespace).toMatch(/^user:/);
      expect(rank.userNamespace).not.toBe(rank.hostUserNamespace);
    }
    expect(ranks.flatMap((rank) => rank.libraries).some(({ path }) => path.includes('libmpi.so.40'))).toBe(true);
  });

  it('leaves no job in the queue', () => {
    expect(tester('squeue', '--noheader', '--me', '--format=%j').stdout).not.toContain(record.run.id);
  });
});

describe('the gate', () => {
  const to = `registry:5000/assay/blessed:refused-${Date.now()}`;
  const gate = (directory: string, ...more: readonly string[]) =>
    gatekeeper(assay, 'gate', directory, '--policy', policy, '--site', site, '--to', to, ...more);

  it('promotes the run as it is, to a tag that holds nothing yet', () => {
    const { status, stdout } = gate(record.run.directory);
    expect(stdout).toContain('PROMOTE');
    expect(status).toBe(0);
  });

  it('refuses a run whose output was edited afterwards, and one whose journal was', () => {
    const copy = `${home}/assay/edited`;
    rmSync(copy, { recursive: true, force: true });
    execFileSync('cp', ['-a', record.run.directory, copy]);
    const log = record.files.find(
      (file) => file.case === 'lammps/melt nodes=1 ranks=1' && file.path.endsWith('/stdout'),
    );
    const path = join(copy, log?.path ?? '');
    writeFileSync(path, readFileSync(path, 'utf8').replace('-2.28121744', '-2.28121745'));
    const edited = gate(copy);
    expect(edited.status).toBe(1);
    expect(edited.stdout).toContain('was changed after the run wrote it down');
    execFileSync('cp', ['-a', join(record.run.directory, log?.path ?? ''), path]);
    const journal = join(copy, 'journal.jsonl');
    writeFileSync(journal, readFileSync(journal, 'utf8').replace('"exit":0', '"exit":1'));
    const broken = gate(copy);
    expect(broken.status).not.toBe(0);
    expect(broken.stdout).toMatch(/integrity/);
    rmSync(copy, { recursive: true, force: true });
  });

  it('holds without evidence, and with a journal that is not the one the pipeline saw refuses', () => {
    expect(gate(record.run.directory, '--expect', `sha256:${'0'.repeat(64)}`).status).toBe(1);
    const empty = `${home}/assay/empty/`;
    const { status, stdout } = gate(empty);
    expect(status).toBe(4);
    expect(stdout).toContain('HOLD');
  });

  it('left nothing in the blessed repository under the tag it was asked for', () => {
    expect(gatekeeper('skopeo', 'inspect', `docker://${to}`).status).not.toBe(0);
  });

  it('lets the user who runs images write no blessed image', () => {
    const push = tester('skopeo', 'copy', `docker://${image}`, `docker://${to}`);
    expect(push.status).not.toBe(0);
  });
});
