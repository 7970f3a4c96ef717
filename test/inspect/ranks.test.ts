import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { readRanks } from '../../src/inspect/read-ranks.ts';
import { nonce, rendered, run, scratch, shells } from './scratch-collector.ts';

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function start(command: readonly [string, ...string[]], env: Readonly<Record<string, string>>): number {
  const child = spawn(command[0], command.slice(1), {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: 'ignore',
  });
  child.on('error', () => {});
  children.push(child);
  return child.pid ?? 0;
}

const step = { SLURM_JOB_ID: '77', SLURM_STEP_ID: '0', SLURMD_NODENAME: 'n1' };
const companion = { SLURM_JOB_ID: '77', SLURM_STEP_ID: '1', SLURMD_NODENAME: 'n1' };

describe.each(shells.map((shell) => ({ name: shell.join(' '), shell })))('watching ranks under $name', ({ shell }) => {
  test('finds the ranks of this job on this node, and nothing else', async () => {
    const directory = scratch();
    const collector = await rendered(directory, { ranksLimitSeconds: 20 });
    const rank = start(['sleep', '60'], { ...step, SLURM_PROCID: '3', ASSAY_CASE: 'melt' });
    start(['sleep', '60'], { ...step, SLURM_PROCID: '4', SLURM_JOB_ID: '78' });
    start(['sleep', '60'], { ...step, SLURM_PROCID: '5', SLURMD_NODENAME: 'n2' });
    start(['sleep', '60'], { ...companion, SLURM_PROCID: '0' });
    setTimeout(() => writeFileSync(join(directory, 'stop'), ''), 1500);
    const result = await run(shell, [collector, directory, 'ranks'], { env: companion });
    expect(result).toMatchObject({ status: 0, stderr: '' });
    const seen = readRanks(readFileSync(join(directory, 'n1.ranks'), 'utf8'), nonce, 'n1');
    expect(seen).toMatchObject({ ended: 'stop', problems: [] });
    expect(seen.ranks.map((each) => each.pid)).toEqual([rank]);
    expect(seen.ranks[0]).toMatchObject({
      step: '0',
      rank: 3,
      node: 'n1',
      case: 'melt',
      uid: process.getuid?.(),
      unread: [],
    });
    expect(seen.ranks[0]?.userNamespace).toBe(seen.ranks[0]?.hostUserNamespace);
    expect(seen.ranks[0]?.executable).toMatch(/\/(sleep|coreutils)$/);
    expect(seen.ranks[0]?.processors).toMatch(/^\d/);
    expect(seen.ranks[0]?.libraries.some((library) => /\/libc[.-].*so/.test(library.path))).toBe(true);
    expect(result.seconds).toBeLessThan(5);
  });

  test('sees the program that a rank becomes, also one that maps the same libraries', async () => {
    const directory = scratch();
    const collector = await rendered(directory, { ranksLimitSeconds: 20 });
    start(['sh', '-c', 'sleep 1; exec sleep 60'], { ...step, SLURM_PROCID: '0' });
    setTimeout(() => writeFileSync(join(directory, 'stop'), ''), 3000);
    await run(shell, [collector, directory, 'ranks'], { env: companion });
    const seen = readRanks(readFileSync(join(directory, 'n1.ranks'), 'utf8'), nonce, 'n1');
    const rank = seen.ranks.find(({ rank }) => rank === 0);
    expect(rank?.executable).toMatch(/\/(sleep|coreutils)$/);
  });

  test('sees a rank in namespaces of its own, and ends at its limit', async () => {
    const directory = scratch();
    const collector = await rendered(directory, { ranksLimitSeconds: 1 });
    // unshare counts as a launcher: the rank is what it becomes.
    const rank = start(['unshare', '-Urm', 'sleep', '60'], { ...step, SLURM_PROCID: '0' });
    await run(shell, [collector, directory, 'ranks'], { env: companion });
    const seen = readRanks(readFileSync(join(directory, 'n1.ranks'), 'utf8'), nonce, 'n1');
    expect(seen.ended).toBe('limit');
    expect(seen.ranks).toHaveLength(1);
    expect(seen.ranks[0]?.pid).toBe(rank);
    expect(seen.ranks[0]?.userNamespace).toMatch(/^user:\[\d+\]$/);
    expect(seen.ranks[0]?.userNamespace).not.toBe(seen.ranks[0]?.hostUserNamespace);
    expect(seen.ranks[0]?.mountNamespace).not.toBe(seen.ranks[0]?.hostMountNamespace);
    expect(seen.ranks[0]?.executable).not.toMatch(/unshare$/);
  });

  test('adds libraries that a rank maps later, and the program it becomes', async () => {
    const directory = scratch();
    const proc = join(directory, 'root', 'proc');
    const pid = join(proc, '4242');
    mkdirSync(join(pid, 'ns'), { recursive: true });
    mkdirSync(join(proc, 'self', 'ns'), { recursive: true });
    for (const [owner, id] of [
      ['4242', '2'],
      ['self', '1'],
    ] as const) {
      symlinkSync(`mnt:[${id}]`, join(proc, owner, 'ns', 'mnt'));
      symlinkSync(`user:[${id}]`, join(proc, owner, 'ns', 'user'));
    }
    symlinkSync('/bin/launch.sh', join(pid, 'exe'));
    const env = [
      'A=1',
      ...Object.entries(step).map(([key, value]) => `${key}=${value}`),
      'SLURM_PROCID=0',
      'SLURM_PROCID=9',
    ];
    writeFileSync(join(pid, 'environ'), `${env.join('\0')}\0`);
    const status = (size: number): string =>
      `Name:\tx\nUid:\t1000\t1000\t1000\t1000\nVmLib:\t    ${size} kB\nCpus_allowed:\tf\nCpus_allowed_list:\t0-3\nMems_allowed:\t1\nMems_allowed_list:\t0\n`;
    const mapped = (path: string, inode: number): string =>
      `7f00-7f01 r-xp 00000000 00:2d ${inode}                    ${path}\n`;
    writeFileSync(join(pid, 'status'), status(10));
    writeFileSync(join(pid, 'cgroup'), '4:cpuset:/slurm/job_77/step_0\n3:memory:/\n2:cpu:/gone\n0::/slurm\n');
    const cgroup = (path: string, text: string): void => {
      const file = join(directory, 'root/sys/fs/cgroup', path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, `${text}\n`);
    };
    cgroup('cpuset/cpuset.effective_cpus', '0-7');
    cgroup('cpuset/slurm/job_77/cpuset.effective_cpus', '0-3');
    mkdirSync(join(directory, 'root/sys/fs/cgroup/cpuset/slurm/job_77/step_0'));
    cgroup('memory/memory.limit_in_bytes', '9223372036854771712');
    cgroup('cpu/cpu.cfs_quota_us', '-1');
    cgroup('unified/slurm/memory.max', '2000000000');
    const segment = '7f04-7f05 rw-s 00000000 00:19 77                    /dev/shm/vader_segment.n1.1000.0\n';
    const first = `${segment}${segment.replace('n1', 'n2')}${mapped('/usr/bin/app', 1)}7f02-7f03 r--p 00000000 00:2d 2 /lib/libc.so.6\n${mapped('/lib/libc.so.6', 2)}`;
    writeFileSync(join(pid, 'maps'), first);
    const collector = await rendered(directory, { ranksLimitSeconds: 20, root: join(directory, 'root') });
    setTimeout(() => {
      writeFileSync(
        join(pid, 'maps'),
        `${mapped('/usr/bin/app', 1)}${mapped('/opt/my lib/libfabric.so.1 (deleted)', 3)}`,
      );
      rmSync(join(pid, 'exe'));
      symlinkSync('/usr/bin/app', join(pid, 'exe'));
      writeFileSync(join(pid, 'status'), status(20));
    }, 900);
    setTimeout(() => rmSync(pid, { recursive: true }), 2000);
    setTimeout(() => writeFileSync(join(directory, 'stop'), ''), 2300);
    const { stderr } = await run(shell, [collector, directory, 'ranks'], { env: companion });
    expect(stderr).toBe('');
    const seen = readRanks(readFileSync(join(directory, 'n1.ranks'), 'utf8'), nonce, 'n1');
    expect(seen).toEqual({
      node: 'n1',
      ended: 'stop',
      problems: [],
      ranks: [
        {
          step: '0', rank: 0, node: 'n1', pid: 4242, uid: 1000,
          userNamespace: 'user:[2]', hostUserNamespace: 'user:[1]', mountNamespace: 'mnt:[2]', hostMountNamespace: 'mnt:[1]',
          executable: '/usr/bin/app', processors: '0-3', memoryNodes: '0', 
          cgroups: ['4:cpuset:/slurm/job_77/step_0', '3:memory:/', '2:cpu:/gone', '0::/slurm'],
          limits: { memory: 2_000_000_000, processors: '0-3' },
          libraries: [
            { device: '00:2d', inode: '2', path: '/lib/libc.so.6', released: true },
            { device: '00:2d', inode: '3', path: '/opt/my lib/libfabric.so.1 (deleted)' },
          ],
          opened: ['/dev/shm/vader_segment'],
          quiet: expect.any(Number),
          unread: [`cpu.cfs_quota_us cpu.cfs_period_us of cgroup ${directory}/root/sys/fs/cgroup/cpu/gone`],
        }, // biome-ignore format: a record
      ],
    });
  });

  test('closes its file when the step is told to end', async () => {
    const directory = scratch();
    const collector = await rendered(directory, { ranksLimitSeconds: 30 });
    const wrapper = run(
      ['sh'],
      ['-c', `"$@" & pid=$!; sleep 1; kill -TERM $pid; wait $pid`, 'sh', ...shell, collector, directory, 'ranks'],
      { env: companion },
    );
    await wrapper;
    const seen = readRanks(readFileSync(join(directory, 'n1.ranks'), 'utf8'), nonce, 'n1');
    expect(seen).toMatchObject({ ended: 'signal', problems: [] });
    expect(existsSync(join(directory, 'n1.ranks'))).toBe(true);
  });

  test('outside a job it says so and fails', async () => {
    const directory = scratch();
    const collector = await rendered(directory, {});
    const result = await run(shell, [collector, directory, 'ranks']);
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('SLURM_JOB_ID');
  });
});
