/** Faults planted in an image: each is refused, names its case, and leaves nothing in the blessed repository. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { assay, site, tester } from './kill.ts';

const state = '/var/lib/assay-cluster';
const folder = mkdtempSync(join(state, 'refusals-'));
execFileSync('chmod', ['755', folder]);
const policy = join(folder, 'policy.yaml');
writeFileSync(
  policy,
  'policy: planted\nsuites: [{ name: lammps }]\nperformance: { require: recorded }\nbootstrap: { reason: The first image of this test. }\n',
);

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function gatekeeper(...words: readonly string[]) {
  return spawnSync('cluster/cluster', ['exec', '--user', 'gatekeeper', '--', ...words], { encoding: 'utf8' });
}

/** Runs lammps with a program in front of the image's own `lmp` that filters its output; gives run and gate. */
function planted(name: string, filter: string) {
  const wrapper = join(folder, `${name}.sh`);
  writeFileSync(wrapper, `#!/bin/sh\n/usr/bin/lmp "$@" | { ${filter} || true; }\n`, { mode: 0o755 });
  const layout = join(folder, name);
  execFileSync('cluster/image/vary', [join(state, 'images/demo'), layout, '--add', `usr/local/bin/lmp=${wrapper}`]);
  const image = `registry:5000/assay/candidate-planted:${name}`;
  expect(tester('skopeo', 'copy', '--quiet', '--preserve-digests', `oci:${layout}`, `docker://${image}`).status).toBe(
    0,
  );
  const run = tester(assay, 'run', 'lammps', '--image', image, '--site', site, '--fresh');
  const directory = /^results {2}(.*)\/results$/m.exec(run.stdout)?.[1] ?? '';
  const to = `registry:5000/assay/blessed:planted-${name}-${Date.now()}`;
  const gate = gatekeeper(assay, 'gate', directory, '--policy', policy, '--site', site, '--to', to);
  const blessed = gatekeeper('skopeo', 'inspect', `docker://${to}`).status;
  return { image, directory, to, run, gate, blessed };
}

describe('a fault planted in the image', () => {
  it.each([
    ['metric-missing', 'grep -v "^Loop time"', 'invalid'],
    ['energy-1e-3', 'sed -E "s/^( *250 .*)-2\\.281217/\\1-2.283499/"', 'fail'],
    ['energy-1e-6', 'sed -E "s/^( *250 .*)-2\\.281217/\\1-2.281219/"', 'fail'],
  ])('%s is refused', (name, filter, verdict) => {
    const { run, gate, blessed } = planted(name, filter);
    expect(run.status).toBe(1);
    expect(run.stdout).toMatch(new RegExp(`lammps/melt nodes=4 ranks=4 +${verdict}`));
    expect(gate.status).toBe(1);
    expect(gate.stdout).toContain('lammps/melt nodes=');
    expect(blessed).not.toBe(0);
  });

  it('its twin without a fault may be promoted, until its tag moves', () => {
    const { image, directory, to, run, gate } = planted('twin', 'cat');
    expect(run.status).toBe(0);
    expect(gate.status).toBe(0);
    const demo = `oci:${join(state, 'images/demo')}`;
    expect(tester('skopeo', 'copy', '--quiet', '--preserve-digests', demo, `docker://${image}`).status).toBe(0);
    const moved = gatekeeper(assay, 'gate', directory, '--policy', policy, '--site', site, '--to', to);
    expect(moved.stdout).toMatch(/HOLD[\s\S]*\btag\b/);
    expect(moved.status).toBe(4);
  });
});
