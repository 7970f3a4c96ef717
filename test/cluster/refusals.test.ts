/** Faults planted in an image: each is refused, names its case, and leaves nothing in the blessed repository. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { assay, gatekeeper, push, site, state, tester } from './login.ts';

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

const gateOf = (directory: string, to: string) =>
  gatekeeper(assay, 'gate', directory, '--policy', policy, '--site', site, '--to', to);

/** Runs lammps from an image with a program in front of its own `lmp`; gives what run and gate said, and whether a tag came of it. */
function planted(name: string, script: string) {
  const wrapper = join(folder, `${name}.sh`);
  writeFileSync(wrapper, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const layout = join(folder, name);
  execFileSync('cluster/image/vary', [join(state, 'images/demo'), layout, '--add', `usr/local/bin/lmp=${wrapper}`]);
  const image = `registry:5000/assay/candidate-planted:${name}`;
  push(layout, image);
  const run = tester(assay, 'run', 'lammps', '--image', image, '--site', site, '--fresh');
  const directory = /^results {2}(.*)\/results$/m.exec(run.stdout)?.[1] ?? '';
  const to = `registry:5000/assay/blessed:planted-${name}-${Date.now()}`;
  const gate = gateOf(directory, to);
  const blessed = gatekeeper('skopeo', 'inspect', `docker://${to}`).status;
  return { image, directory, to, run, gate, blessed };
}

/** An `lmp` whose output goes through a filter. */
const filtered = (filter: string) => `/usr/bin/lmp "$@" | { ${filter} || true; }`;

/** An `lmp` that finds no process manager, so that each rank believes that it is alone. */
const alone = `for name in $(env | sed -n 's/^\\(\\(PMI\\|SLURM\\)[A-Za-z0-9_]*\\)=.*/\\1/p'); do unset "$name"; done
export OMPI_MCA_ess_singleton_isolated=1
exec /usr/bin/lmp "$@"`;

describe('a fault planted in the image', () => {
  it.each([
    ['metric-missing', filtered('grep -v "^Loop time"'), 'invalid', /processes is missing/],
    ['energy-1e-3', filtered('sed -E "s/^( *250 .*)-2\\.281217/\\1-2.283499/"'), 'fail', /energy/],
    ['energy-1e-6', filtered('sed -E "s/^( *250 .*)-2\\.281217/\\1-2.281219/"'), 'fail', /energy/],
    ['singletons', alone, 'fail', /processes is 1, expected 4/],
  ])('%s is refused', (name, script, verdict, reason) => {
    const { run, gate, blessed } = planted(name, script);
    expect(run.stdout).toMatch(new RegExp(`lammps/melt nodes=4 ranks=4 +${verdict}`));
    expect(run.status).toBe(1);
    expect(gate.stdout).toMatch(/REFUSE[\s\S]*lammps\/melt nodes=/);
    expect(gate.stdout).toMatch(reason);
    expect(gate.status).toBe(1);
    expect(blessed).not.toBe(0);
  });

  it('its twin without a fault may be promoted, until its tag moves', () => {
    const { image, directory, to, run, gate } = planted('twin', filtered('cat'));
    expect(run.status).toBe(0);
    expect(gate.status).toBe(0);
    push(join(state, 'images/demo'), image);
    const moved = gateOf(directory, to);
    expect(moved.stdout).toMatch(/HOLD[\s\S]*\btag\b/);
    expect(moved.status).toBe(4);
  });
});
