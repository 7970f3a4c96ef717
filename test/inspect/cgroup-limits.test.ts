import { expect, test } from 'vitest';
import { limitsOf } from '../../src/inspect/cgroup-limits.ts';

const lines = (...pairs: readonly (readonly [string, string])[]) => pairs.map(([path, value]) => ({ path, value }));

test('the least limit on the way holds, in version 2', () => {
  expect(
    limitsOf(
      lines(
        ['/sys/fs/cgroup/a/b/memory.max', 'max'],
        ['/sys/fs/cgroup/a/b/cpu.max', '150000 100000'],
        ['/sys/fs/cgroup/a/b/cpuset.cpus.effective', '0-3,8'],
        ['/sys/fs/cgroup/a/memory.max', '2000000000'],
        ['/sys/fs/cgroup/a/cpu.max', 'max 100000'],
        ['/sys/fs/cgroup/cpuset.cpus.effective', '0-15'],
      ),
    ),
  ).toEqual({ memory: 2_000_000_000, time: 1.5, processors: '0-3,8' });
});

test('and in version 1, whose largest number of bytes and quota of -1 are no limit', () => {
  expect(
    limitsOf(
      lines(
        ['/sys/fs/cgroup/memory/j/memory.limit_in_bytes', '9223372036854771712'],
        ['/sys/fs/cgroup/memory/memory.limit_in_bytes', '9223372036854710272'],
        ['/sys/fs/cgroup/cpu/j/cpu.cfs_quota_us', '-1'],
        ['/sys/fs/cgroup/cpu/j/cpu.cfs_period_us', '100000'],
      ),
    ),
  ).toEqual({ memory: 'none', time: 'none' });
});

test('what is no number is not known', () => {
  expect(limitsOf(lines(['/x/memory.max', 'lots'], ['/x/cpu.max', '1'], ['/x/cpuset.cpus.effective', '']))).toEqual({});
});
