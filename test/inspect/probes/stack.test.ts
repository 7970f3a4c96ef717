import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { fabric } from '../../../src/inspect/probes/fabric/fabric.ts';
import { probes } from '../../../src/inspect/probes/index.ts';
import { launcherVersion } from '../../../src/inspect/probes/mpi/implementations.ts';
import { mpi } from '../../../src/inspect/probes/mpi/mpi.ts';
import { system } from '../../../src/inspect/probes/system.ts';
import { read, short, small } from '../answering.ts';

/** A captured output without its first line, which names command and version. */
function captured(path: string): string {
  const text = readFileSync(new URL(`../../fixtures/${path}`, import.meta.url), 'utf8');
  return text.slice(text.indexOf('\n') + 1);
}

describe('mpi', () => {
  test('reads plugins and versions as captured', () => {
    const facts = read(mpi, {
      plugins: captured('slurm/22.05.8/mpi-list.txt'),
      srun: 'slurm-wlm 22.05.8\n',
      mpirun: captured('openmpi/4.1.4/mpirun-version.txt'),
    });
    expect(short(facts.plugins)).toBe('cray_shasta none pmi2 pmix pmix_v4');
    expect(short(facts.slurm)).toBe('22.05.8');
    expect(short(facts.mpirun)).toBe('mpirun (Open MPI) 4.1.4');
  });
  test('a launcher that is not there is an answer; one that fails is none', () => {
    const facts = read(mpi, { srun: { status: 1, text: 'srun: fatal: no configuration\n' } });
    expect(short(facts.mpirun)).toBe('none');
    expect(facts.slurm).toMatchObject({ unknown: 'error', why: expect.stringContaining('no configuration') });
  });
  test('names a Hydra by the version in its body', () => {
    expect(
      launcherVersion('HYDRA build details:\n    Version:                                 4.0.2\n    CC: gcc\n'),
    ).toBe('HYDRA 4.0.2');
  });
});

describe('fabric', () => {
  test('adapters by kind for the fingerprint, one by one with ports besides', () => {
    const of = (name: string, state: string) => ({
      [`/sys/class/infiniband/${name}/hca_type`]: 'MT4129',
      [`/sys/class/infiniband/${name}/fw_ver`]: '28.39.1002',
      [`/sys/class/infiniband/${name}/board_id`]: 'MT_0000000838',
      [`/sys/class/infiniband/${name}/ports/1/state`]: state,
      [`/sys/class/infiniband/${name}/ports/1/rate`]: '400 Gb/sec (4X NDR)',
      [`/sys/class/infiniband/${name}/ports/1/link_layer`]: 'InfiniBand',
    });
    const facts = read(fabric, {
      sys: `n /sys/class/net\n${small({ ...of('mlx5_0', '4: ACTIVE'), ...of('mlx5_4', '1: DOWN') })}`,
    });
    expect(short(facts.infiniband)).toBe('2 x MT4129 / MT_0000000838 / 28.39.1002');
    expect(short(facts.mlx5_4)).toBe(
      'type MT4129, firmware 28.39.1002, board MT_0000000838, port 1 InfiniBand DOWN 400 Gb/sec (4X NDR)',
    );
    expect(short(facts.slingshot)).toBe('none');
  });
  test('without sysfs nothing is said to be absent', () => {
    expect(short(read(fabric, { sys: '' }).infiniband)).toBe('?absent');
    expect(short(read(fabric, { sys: 'n /sys/class/net\nd /sys/class/infiniband\n' }).infiniband)).toBe('?denied');
  });
});

describe('system', () => {
  test('the C library by getconf, or by ldd, or unknown as on musl', () => {
    expect(short(read(system, { getconf: 'glibc 2.36\n' }).glibc)).toBe('2.36');
    expect(short(read(system, { ldd: 'ldd (Debian GLIBC 2.36-9+deb12u9) 2.36\nCopyright\n' }).glibc)).toBe('2.36');
    expect(short(read(system, { ldd: { status: 1, text: 'musl libc (x86_64)\nVersion 1.2.5\n' } }).glibc)).toBe(
      '?absent',
    );
  });
  test('os-release and the step', () => {
    const facts = read(system, {
      os: 'PRETTY_NAME="SLES 15 SP5"\nID="sles"\nVERSION_ID="15.5"\n',
      step: 'SLURM_JOB_ID=7\n',
    });
    expect([short(facts.os), short(facts['os-id']), short(facts['slurm-job-id'])]).toEqual([
      'SLES 15 SP5',
      'sles 15.5',
      '7',
    ]);
    expect(short(facts['slurmd-nodename'])).toBe('?absent');
  });
});

test.each(probes.map((probe) => [probe.name, probe] as const))(
  '%s never throws, and every key it promises is there',
  (_, probe) => {
    const garbage = Object.fromEntries(probe.asks.map((ask) => [ask.id, Buffer.from([0, 255, 10, 118, 32, 9, 10])]));
    const failed = Object.fromEntries(probe.asks.map((ask) => [ask.id, { status: 1, text: '' }]));
    const hung = Object.fromEntries(probe.asks.map((ask) => [ask.id, { unknown: 'timeout' as const }]));
    for (const given of [{}, garbage, failed, hung]) {
      const facts = read(probe, given);
      for (const key of Object.values(probe.fingerprints).flat()) expect(facts).toHaveProperty([key]);
    }
    for (const fact of Object.values(read(probe, hung))) expect('unknown' in fact).toBe(true);
  },
);
