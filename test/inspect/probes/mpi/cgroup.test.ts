import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cgroupAsk, cgroupLimits } from '../../../../src/inspect/probes/mpi/cgroup.ts';
import { mpi } from '../../../../src/inspect/probes/mpi/mpi.ts';
import { damaged, read, short } from '../../answering.ts';
import { run, scratch, shells } from '../../scratch-collector.ts';

const job = '/system.slice/slurmstepd.scope/job_7';
const status = 'Name:\tsh\nCpus_allowed_list:\t2-3\nMems_allowed_list:\t0\n';

/** Composed from cgroup-v2.rst: a job held to 4 GiB and 1.5 processors, a step within it held to nothing more. */
const second: Readonly<Record<string, string>> = {
  'proc/self/cgroup': `0::${job}/step_0/user/task_0\n`,
  'proc/self/status': status,
  'sys/fs/cgroup/cgroup.controllers': 'cpuset cpu memory\n',
  'sys/fs/cgroup/cpuset.cpus.effective': '0-63\n',
  [`sys/fs/cgroup${job}/memory.max`]: '4294967296\n',
  [`sys/fs/cgroup${job}/cpu.max`]: '150000 100000\n',
  [`sys/fs/cgroup${job}/cpuset.cpus.effective`]: '2-5\n',
  [`sys/fs/cgroup${job}/step_0/memory.max`]: 'max\n',
  [`sys/fs/cgroup${job}/step_0/user/cpu.max`]: 'max 100000\n',
};

/** Composed from cgroup-v1/{memory,cpusets}.rst, as Slurm with the plugin cgroup/v1 lays it out. */
const first: Readonly<Record<string, string>> = {
  'proc/self/cgroup':
    '9:memory:/slurm/uid_1/job_7/step_0\n4:cpuset:/slurm/uid_1/job_7/step_0\n2:cpu,cpuacct:/\n0::/init.scope\n',
  'proc/self/status': 'Name:\tsh\n',
  'sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
  'sys/fs/cgroup/memory/slurm/uid_1/job_7/memory.limit_in_bytes': '2147483648\n',
  'sys/fs/cgroup/memory/slurm/uid_1/job_7/step_0/memory.limit_in_bytes': '9223372036854771712\n',
  'sys/fs/cgroup/cpuset/slurm/uid_1/job_7/step_0/cpuset.effective_cpus': '8,10-11\n',
  'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '-1\n',
  'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
};

async function asked(shell: readonly [string, ...string[]], files: Readonly<Record<string, string>>): Promise<string> {
  const root = scratch();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const [, , script = ''] = cgroupAsk.kind === 'command' ? cgroupAsk.argv : [];
  const { stdout, stderr } = await run(shell, ['-c', script, 'sh', root]);
  expect(stderr).toBe('');
  return stdout;
}

describe.each(shells.map((shell) => ({ name: shell.join(' '), shell })))('control groups under $name', ({ shell }) => {
  test('version 2: the least limit of all groups above counts', async () => {
    expect(cgroupLimits(await asked(shell, second))).toEqual({
      group: `${job}/step_0/user/task_0`,
      memory: '4294967296',
      time: '1.50',
      processors: '2-3',
      memoryNodes: '0',
    });
  });
  test('version 1, whose largest number is no limit', async () => {
    expect(cgroupLimits(await asked(shell, first))).toEqual({
      group: '/slurm/uid_1/job_7/step_0',
      memory: '2147483648',
      time: 'none',
      processors: '8,10-11',
    });
  });
  test('a path that a namespace hides leads to no limit, and to no endless climb', async () => {
    const hidden = {
      'proc/self/cgroup': '0::/../../x\n',
      'proc/self/status': status,
      'sys/fs/cgroup/cgroup.controllers': 'cpu\n',
    };
    expect(cgroupLimits(await asked(shell, hidden))).toEqual({
      group: '/../../x',
      processors: '2-3',
      memoryNodes: '0',
    });
  });
});

describe('rows', () => {
  test('how many processors is compared between nodes, which ones is not', () => {
    const facts = read(mpi, { cgroup: 'group /a\nlimit /sys/fs/cgroup/a/cpuset.cpus.effective\t0-3,8\n' });
    expect([short(facts['cgroup.cpus']), short(facts['cgroup.cpu-count']), short(facts['cgroup.memory'])]).toEqual([
      '0-3,8',
      '5',
      '?absent',
    ]);
    expect(mpi.ownKeys).toEqual(expect.arrayContaining(['cgroup', 'cgroup.cpus']));
    expect(mpi.ownKeys).not.toContain('cgroup.cpu-count');
  });
  test('damaged answers never throw', () => {
    const text =
      'group /a\nlimit /sys/fs/cgroup/a/memory.max\t4096\nlimit /sys/fs/cgroup/a/cpu.max\t150000 100000\nCpus_allowed_list:\t0-3,8\n';
    for (const bytes of damaged(text, 300)) read(mpi, { cgroup: bytes });
  });
});
