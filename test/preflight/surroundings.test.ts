/** What surrounds the start: fabric, files and environment. */
import { describe, expect, test } from 'vitest';
import type { Image } from '../../src/image/image.ts';
import { checkEnvironment } from '../../src/preflight/environment.ts';
import { checkFabric } from '../../src/preflight/fabric.ts';
import { checkFiles } from '../../src/preflight/files.ts';
import { preflight } from '../../src/preflight/preflight.ts';
import { facts, image, input } from './example.ts';

describe('checkFabric', () => {
  const reaching = (...fabrics: readonly string[]) => ({
    ...image,
    holds: { ...image.holds, fabrics: fabrics.map((fabric) => ({ fabric, path: '/usr/lib/libfabric.so.1' })) },
  });
  const on = (transport: string) => ({ ...input.partition, transport });

  test('tcp needs nothing; another transport of the partition needs a way', () => {
    expect(checkFabric({ ...input, partition: on('tcp') }).outcome).toBe('ok');
    expect(checkFabric({ ...input, partition: on('cxi') })).toMatchObject({
      outcome: 'cannot-tell',
      message: expect.stringContaining('fall back to TCP'),
    });
    expect(checkFabric({ ...input, partition: on('cxi'), image: reaching('cxi') }).outcome).toBe('ok');
  });

  test('a fabric of the host may be injected', () => {
    const injected = [
      {
        path: '/opt/cray/lib/libfabric.so.1',
        soname: 'libfabric.so.1',
        needed: ['libcxi.so.1'],
        versionsNeeded: {},
        versionsDefined: [],
      },
    ];
    expect(checkFabric({ ...input, partition: on('cxi'), injected }).outcome).toBe('ok');
  });

  test('where the site says nothing, the adapters of the nodes do', () => {
    const nodes = [facts('n1', { fabric: { slingshot: 'none', infiniband: '2 x MT4129 / fw 28 / board' } })];
    expect(checkFabric({ ...input, facts: nodes }).message).toContain('n1 has InfiniBand or RoCE');
    expect(checkFabric({ ...input, facts: nodes, image: reaching('verbs') }).outcome).toBe('ok');
    expect(checkFabric({ ...input, facts: [] }).outcome).toBe('ok');
  });
});

describe('checkFiles', () => {
  const { binSh: _, ...bare } = image.holds;

  test('a command that is a shell needs one; others do not', () => {
    const wish = { ...input.wish, commands: ['/bin/bash'] };
    expect(checkFiles({ ...input, wish }).outcome).toBe('ok');
    expect(checkFiles({ ...input, image: { ...image, holds: bare }, wish }).outcome).toBe('will-fail');
    expect(checkFiles({ ...input, image: { ...image, holds: bare } })).toMatchObject({
      outcome: 'ok',
      message: 'the image has no shell, and none is asked for',
    });
  });

  test('mount points that were made and rights that were lost are told', () => {
    const holds = { ...image.holds, added: ['/mnt/work'], dropped: ['setuid: /usr/bin/su', 'device: /dev/null'] };
    const finding = checkFiles({ ...input, image: { ...image, holds } });
    expect(finding.message).toContain('1 setuid files, 1 device nodes');
    expect(finding.evidence).toContain('made in the unpacked image: /mnt/work');
  });
});

describe('checkEnvironment', () => {
  const setting = (environment: Readonly<Record<string, string>>) => ({ ...image, environment });
  const check = (environment: Readonly<Record<string, string>>, site: Readonly<Record<string, string>> = {}) =>
    checkEnvironment({ ...input, image: setting(environment), environment: site });

  const pmi2 = { ...image.mpi, family: 'mpich', pmi: ['pmi2'] } as Image['mpi'];

  test('what each rank is told must not be one value for all', () => {
    for (const name of ['PMIX_RANK', 'PMIX_NAMESPACE'])
      expect(check({ [name]: '0' })).toMatchObject({ outcome: 'will-fail', message: expect.stringContaining(name) });
    const ofPmi2 = { ...image, mpi: pmi2, environment: { PMI_FD: '5' } };
    expect(checkEnvironment({ ...input, image: ofPmi2 }).outcome).toBe('will-fail');
    expect(preflight({ ...input, image: setting({ PMIX_RANK: '0' }) })).toMatchObject({
      outcome: 'will-fail',
      start: 'aborts',
    });
  });

  test('what nobody is known to read of it cannot be told, and what was seen to harm nothing is well', () => {
    for (const name of ['SLURM_PROCID', 'PMI_FD', 'PMIX_SERVER_URI41', 'PMIX_PTL_MODULE'])
      expect(check({ [name]: '0' })).toMatchObject({ outcome: 'cannot-tell', message: expect.stringContaining(name) });
    const harmless = {
      OMPI_COMM_WORLD_RANK: '0',
      OMPI_COMM_WORLD_SIZE: '1',
      SLURM_NTASKS: '1',
      PMIX_GDS_MODULE: 'hash',
    };
    expect(preflight({ ...input, image: setting(harmless) })).toMatchObject({ outcome: 'ok', start: 'starts' });
  });

  test('an image that chooses another wire or no way between ranks cannot be told, and names the variable', () => {
    const partition = { ...input.partition, transport: 'tcp' };
    const answer = (environment: Readonly<Record<string, string>>, more: Partial<typeof input> = {}) =>
      preflight({ ...input, partition, image: setting(environment), ...more });
    for (const [name, value] of [
      ['OMPI_MCA_pmix', 'isolated'],
      ['OMPI_MCA_btl', 'self'],
      ['OMPI_MCA_btl', '^tcp'],
    ] as const) {
      const { outcome, start, findings } = answer({ [name]: value });
      expect([outcome, start]).toEqual(['cannot-tell', 'unknown']);
      expect(findings.find(({ check: of }) => of === 'environment')?.message).toContain(`${name}=${value}`);
    }
    const of = { ...image, mpi: pmi2, environment: { MPIR_CVAR_PMI_VERSION: 'x' } };
    expect(answer({}, { image: of }).start).toBe('unknown');
    // Another MPI does not read it, and a single rank needs no way.
    expect(answer({ MPIR_CVAR_PMI_VERSION: 'x' }).start).toBe('starts');
    expect(answer({ OMPI_MCA_btl: 'self' }, { wish: { ...input.wish, ranks: 1 } }).start).toBe('starts');
  });

  test('a way of messages that the image chooses is not certain, unless it is what the partition asks or the site sets', () => {
    expect(check({ FI_PROVIDER: 'verbs' }).outcome).toBe('cannot-tell');
    expect(check({ FI_PROVIDER: 'verbs' }, { FI_PROVIDER: 'tcp' }).outcome).toBe('ok');
    const partition = { ...input.partition, transport: 'tcp' };
    expect(checkEnvironment({ ...input, partition, image: setting({ FI_PROVIDER: 'tcp' }) }).outcome).toBe('ok');
    expect(checkEnvironment({ ...input, partition, image: setting({ OMPI_MCA_btl: 'self,vader,tcp' }) }).outcome).toBe(
      'ok',
    );
    expect(checkEnvironment({ ...input, partition, image: setting({ OMPI_MCA_btl: 'openib,self' }) }).outcome).toBe(
      'cannot-tell',
    );
  });

  test('others are told, and no secret is', () => {
    const finding = check({ LD_LIBRARY_PATH: '/opt/lib', SLURM_JWT: 'eyJhbGciOi', PATH: '/bin', HOME: '/root' });
    expect(finding.outcome).toBe('ok');
    expect(finding.evidence).toEqual(['LD_LIBRARY_PATH=/opt/lib', 'SLURM_JWT=***']);
  });
});
