/** Assay started inside a job of Slurm, with variables that would bend an inner job: what it submits is not touched by them. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { assay, home, image, shared, site as shipped, tester } from './login.ts';

const folder = join(home, `nested-${process.pid}`);
const site = join(folder, 'site.yaml');
const suite = join(folder, 'suite');

const hostile = {
  ...{ SLURM_CPU_BIND: 'mask_cpu:0x80000000', SLURM_MEM_PER_CPU: '1', SLURM_CPUS_PER_TASK: '64', SLURM_NTASKS: '9' },
  ...{ SLURM_EXPORT_ENV: 'NONE', SLURM_MPI_TYPE: 'nonesuch', SLURM_TIMELIMIT: '0:01', SLURM_OVERLAP: 'x' },
  ...{ SBATCH_PARTITION: 'nowhere', SBATCH_ACCOUNT: 'nobody', SBATCH_TIMELIMIT: '0:01', SBATCH_EXPORT: 'NONE' },
  ...{
    SBATCH_CONSTRAINT: 'gold',
    SQUEUE_FORMAT: '%A',
    SQUEUE_STATES: 'PD',
    SACCT_FORMAT: 'jobid',
    SLURM_HINT: 'compute_bound',
  },
  ...{ OMPI_MCA_btl: 'nonesuch', PMI_RANK: '7', PMIX_RANK: '7', SLURM_TIME_FORMAT: 'relative' },
};

beforeAll(() => {
  mkdirSync(suite, { recursive: true });
  writeFileSync(
    join(suite, 'suite.yaml'),
    `suite: nested
tests:
  two:
    geometry: { nodes: 2, ranks: 4 }
    time_limit: 60s
    command: [sh, -c, 'echo rank=$SLURM_PROCID; echo ntasks=$SLURM_NTASKS; env | grep -c -E "nonesuch|nowhere" | sed s/^/leaked=/']
    observations:
      ntasks: { parser: keyvalue, key: ntasks, unit: "1" }
      leaked: { parser: keyvalue, key: leaked, unit: "1" }
    checks:
      ranks: { kind: equals, of: ntasks, expect: "{{ranks}}", why: "As the geometry says." }
      clean: { kind: equals, of: leaked, expect: 0, why: "Nothing of the outer job reaches the inner one." }
`,
  );
  const text = readFileSync(shipped, 'utf8')
    .replace('~/assay/runs', join(folder, 'runs'))
    .replace('~/assay/assay.db', join(folder, 'assay.db'))
    .replace('../../../registry', join(shared, 'registry'));
  writeFileSync(site, text);
  const variables = Object.entries(hostile).map(([name, value]) => `export ${name}='${value}'`);
  const run = `${assay} run ${suite} --image ${image} --site ${site} --fresh`;
  writeFileSync(join(folder, 'outer.sh'), ['#!/bin/sh', ...variables, `exec ${run}`, ''].join('\n'), { mode: 0o755 });
  execFileSync('chown', ['-R', 'tester:', folder]);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('runs its cases as from a login node, whatever the outer job set', () => {
  const said = join(folder, 'outer.out');
  const outer = tester(
    'sbatch',
    '--wait',
    '--nodes=1',
    '--account=acceptance',
    `--output=${said}`,
    join(folder, 'outer.sh'),
  );
  expect(outer.status, readFileSync(said, 'utf8')).toBe(0);
  const [id = ''] = readdirSync(join(folder, 'runs')).filter((name) => !name.startsWith('.'));
  const output = readFileSync(join(folder, 'runs', id, 'allocations/a1/steps/0001/stdout'), 'utf8');
  expect([...output.matchAll(/^rank=(\d)$/gm)].map(([, rank]) => rank).sort()).toEqual(['0', '1', '2', '3']);
});
