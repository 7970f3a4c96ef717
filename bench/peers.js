/** ReFrame (PyPI `reframe-hpc`) on the same trivial cases: a job a case, and inside one allocation with `srun`. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asTester, folder } from './login.js';
import { spread, timed } from './timing.js';

const version = '4.10.4';
const environment = '/var/lib/assay-cluster/shared/opt/reframe';

/** A virtual environment of the system's Python, which the ordinary user can run. */
function install() {
  if (existsSync(join(environment, 'bin/reframe'))) return;
  execFileSync('/usr/bin/python3', ['-m', 'venv', environment]);
  execFileSync(join(environment, 'bin/pip'), ['install', '--quiet', `reframe-hpc==${version}`]);
}

const config = (scheduler, launcher, jobs) => `site_configuration = {
    'systems': [{'name': 'cluster', 'hostnames': ['.*'], 'modules_system': 'nomod', 'partitions': [
        {'name': 'batch', 'scheduler': '${scheduler}', 'launcher': '${launcher}', 'environs': ['builtin'], 'max_jobs': ${jobs},
         'access': ${scheduler === 'slurm' ? "['-A acceptance']" : '[]'}}]}],
    'environments': [{'name': 'builtin', 'cc': 'cc', 'cxx': '', 'ftn': ''}],
}
`;

const tests = (count, root) => `import reframe as rfm
import reframe.utility.sanity as sn


@rfm.simple_test
class Trivial(rfm.RunOnlyRegressionTest):
    n = parameter(range(${count}))
    valid_systems = ['*']
    valid_prog_environs = ['*']
    executable = 'ch-run'
    num_tasks = 1
    time_limit = '2m'

    @run_before('run')
    def words(self):
        self.executable_opts = ['${root}', '--', 'echo', f'value={self.n}']
        self.job.launcher.options = ['--nodes=1', '--ntasks=1', '--exact', '--mem=0', '--mpi=none'] if self.job.launcher.registered_name == 'srun' else []

    @sanity_function
    def right(self):
        return sn.assert_found(f'value={self.n}', self.stdout)
`;

/** Seconds of each mode for so many cases, and for listing many more. */
export function peers(count, listed) {
  install();
  const trees = join(folder, '../assay/images/trees');
  const tree = readdirSync(trees).find(
    (name) =>
      !name.startsWith('.') &&
      !name.includes('.altered') &&
      readFileSync(join(trees, name, 'tree.json'), 'utf8').includes('usr/bin/lmp'),
  );
  const root = join(trees, tree ?? '', 'rootfs');
  writeFileSync(join(folder, 'tests.py'), tests(count, root));
  writeFileSync(join(folder, 'many.py'), tests(listed, root));
  writeFileSync(join(folder, 'jobs.py'), config('slurm', 'srun', 64));
  writeFileSync(join(folder, 'inside.py'), config('local', 'srun', 4));
  execFileSync('chown', ['-R', 'tester:', folder]);
  const reframe = (file, checks = 'tests.py', action = ['-r', '--exec-policy=async']) => [
    ...['env', `RFM_PREFIX=${folder}/rfm`, join(environment, 'bin/reframe')],
    ...['-C', join(folder, file), '-c', join(folder, checks), ...action],
  ];
  const once = (words) => spread([timed(asTester(...words)).wall]);
  return [
    { name: `ReFrame ${version}, ${listed} cases listed`, seconds: once(reframe('inside.py', 'many.py', ['-l'])) },
    { name: `ReFrame ${version}, ${count} cases, a job a case`, seconds: once(reframe('jobs.py')) },
    {
      name: `ReFrame ${version}, ${count} cases inside one allocation, \`srun\``,
      seconds: once(['salloc', '--quiet', '--nodes=4', '--exclusive', '--mem=0', '--time=30', ...reframe('inside.py')]),
    },
  ];
}
