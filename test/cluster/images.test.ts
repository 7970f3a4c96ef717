/** Images that nobody tuned for, images that cannot start, and one machine without a scheduler. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { as, assay, home, image, push, site, state, tester } from './login.ts';

const layouts = join(state, 'images');

function built(name: string): string {
  execFileSync('cluster/image/build', [name, join(layouts, name)], { stdio: 'ignore' });
  return join(layouts, name);
}

describe('wireup', () => {
  it.each([
    ['openmpi5', 'pmix', 'Open MPI v5'],
    ['mpich5', 'pmi2', 'MPICH'],
  ])('passes on %s under %s', (name, mpi, library) => {
    const target = `registry:5000/assay/candidate-${name}:1`;
    push(`${built(name)}:${name}`, target);
    const { status, stdout, stderr } = tester(assay, 'run', 'wireup', '--image', target, '--site', site, '--fresh');
    expect(stderr).toContain(`--mpi=${mpi}`);
    expect(stdout.match(/ pass\b/g)?.length).toBe(3);
    expect(status).toBe(0);
    expect(tester(assay, 'show', 'latest', '--site', site, '--json').stdout).toContain(library);
  });

  it.each([
    ['musl', 'musl'],
    ['arm64', 'arm64'],
  ])('is refused before any allocation for %s, in words', (name, word) => {
    const { status, stderr } = tester(assay, 'run', 'wireup', '--image', `oci:${built(name)}`, '--site', site);
    expect(status).toBe(2);
    expect(stderr).toContain('PREFLIGHT_REFUSED');
    expect(stderr).toContain(word);
  });
});

describe('plan', () => {
  it('prints what run then does, but for the holes', () => {
    const plan = tester(assay, 'plan', 'wireup', '--image', image, '--site', site);
    expect(plan.status).toBe(0);
    expect(tester(assay, 'run', 'wireup', '--image', image, '--site', site, '--fresh').status).toBe(0);
    const { run } = JSON.parse(tester(assay, 'show', 'latest', '--site', site, '--json').stdout) as {
      run: { id: string; directory: string };
    };
    const script = execFileSync('cat', [join(run.directory, 'allocations/a1/steps.sh')], { encoding: 'utf8' });
    const steps = script.split('\n').flatMap((line) => (/^ *step 0/.test(line) ? [line.trim()] : []));
    const planned = plan.stdout.split('\n').filter((line) => line.startsWith('srun '));
    const filled = planned.map((line) => line.replaceAll('@RUN@', run.directory).replaceAll('@RUN_ID@', run.id));
    expect(steps.map((line) => line.replace(/^step \d+ \d+ /, ''))).toEqual(filled);
    expect(filled.length).toBe(3);
  });
});

describe('without a scheduler', () => {
  it('runs lammps from a layout as an ordinary user, with two ranks in one communicator', () => {
    const own = join(home, 'alone');
    rmSync(own, { recursive: true, force: true });
    mkdirSync(join(own, 'bin'), { recursive: true });
    const hidden = new Set([
      'sbatch',
      'srun',
      'squeue',
      'scancel',
      'sacct',
      'sinfo',
      'scontrol',
      'qsub',
      'bsub',
      'flux',
    ]);
    for (const name of execFileSync('ls', ['/usr/bin'], { encoding: 'utf8' }).split('\n'))
      if (name !== '' && !hidden.has(name)) symlinkSync(join('/usr/bin', name), join(own, 'bin', name));
    execFileSync('chown', ['-R', 'tester:', own]);
    const answer = as(
      'tester',
      'env',
      `PATH=${own}/bin`,
      `HOME=${own}`,
      assay,
      'run',
      'lammps',
      '--image',
      `oci:${layouts}/demo`,
    );
    expect(answer.stderr).toContain('no site was given and no scheduler is here');
    expect(answer.stdout).toMatch(/nodes=1 ranks=2 +pass/);
    expect(answer.stdout).toMatch(/nodes=2 ranks=2 +skip/);
    expect(answer.status).toBe(0);
    expect(existsSync(join(own, '.local/state/assay/assay.db'))).toBe(true);
    rmSync(own, { recursive: true, force: true });
  });
});
