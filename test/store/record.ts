/** Run records for tests. */
import { type Digest, digestOf } from '../../src/base/digest.ts';
import type { CaseRow, LoadedLibrary, RunRecord } from '../../src/store/run-record.ts';

const mpi: LoadedLibrary = { path: '/usr/lib/libmpi.so.40', origin: 'image', digest: digestOf('libmpi'), role: 'mpi' };
const libc: LoadedLibrary = { path: '/usr/lib/libc.so.6' };
const psm: LoadedLibrary = { path: '/usr/lib/openmpi/mca_mtl_psm.so', role: 'transport', released: true };

/** Every member set, and each optional one also left out somewhere. */
export function fullRecord(id = 'r-20260301-1200-ab12'): RunRecord {
  return {
    run: {
      id,
      startedAt: '2026-03-01T12:00:00.250Z',
      endedAt: '2026-03-01T12:05:00.000Z',
      outcome: 'rejected',
      directory: `/scratch/runs/${id}`,
      site: 'example',
      siteDigest: digestOf('site'),
      planDigest: digestOf('plan'),
      journalDigest: digestOf(`journal of ${id}`),
      assayVersion: '0.1.0',
      user: 'ada',
      host: 'login1',
      account: 'proj1',
      ci: {
        server: 'https://git.example.org',
        project: 'group/code',
        commit: 'c0ffee',
        ref: 'main',
        pipeline: '17',
        job: '42',
        user: 'ada',
      },
    },
    image: {
      name: 'registry.example.org/code:1',
      digest: digestOf('manifest'),
      resolved: digestOf('index'),
      config: digestOf('config'),
      architecture: 'amd64',
      mpiFamily: 'openmpi',
      mpiAbi: 'libmpi.so.40',
      layers: [
        { digest: digestOf('layer 1'), size: 29_000_000_000 },
        { digest: digestOf('layer 2'), size: 0 },
      ],
      packages: [
        { manager: 'dpkg', name: 'libc6', version: '2.36-9+deb12u4' },
        { manager: 'python', name: 'numpy', version: '2.0' },
      ],
    },
    suites: [{ name: 'lammps', digest: digestOf('suite') }],
    mounts: [
      {
        source: '/opt/host/libfabric.so.1',
        target: '/usr/lib/libfabric.so.1',
        readOnly: true,
        digest: digestOf('fabric'),
      },
      { source: '/opt/cray', target: '/opt/cray', readOnly: false },
    ],
    allocations: [
      {
        id: 'a1',
        scheduler: 'slurm',
        jobId: '1201',
        partition: 'batch',
        state: 'COMPLETED',
        nodes: ['n2', 'n1'],
        scriptDigest: digestOf('script'),
        submittedAt: '2026-03-01T12:00:10.000Z',
        startedAt: '2026-03-01T12:00:20.000Z',
        endedAt: '2026-03-01T12:04:20.000Z',
      },
      {
        id: 'a2',
        scheduler: 'slurm',
        jobId: '1202',
        partition: 'batch',
        state: 'PENDING',
        nodes: [],
        scriptDigest: digestOf('script 2'),
      },
    ],
    cases: [
      caseRow('lammps/melt ranks=2', {
        parameters: { ranks: 2, dt: 0.005, solver: 'pppm', label: '2' },
        allocation: 'a1',
        launchDigest: digestOf('launch'),
        environment: { OMP_NUM_THREADS: '1', PATH: '/usr/bin:/bin', EMPTY: '' },
        seconds: 12.25,
        verdict: 'fail',
        reason: 'energy: off by 1e-3',
      }),
      caseRow('lammps/melt ranks=4', { verdict: 'skip', reason: 'the site has no such partition' }),
    ],
    findings: [
      {
        case: 'lammps/melt ranks=2',
        check: 'energy',
        kind: 'physics',
        verdict: 'fail',
        message: '-2.280 is not -2.281 within 1e-6',
        data: { value: -2.28, expected: -2.281, unit: 'epsilon/atom', bitwise: false, agreed: true, sigma: null },
      },
      { case: 'lammps/melt ranks=2', check: 'status', kind: 'status', verdict: 'pass', message: '' },
      {
        case: 'lammps/melt ranks=4',
        check: 'placement',
        kind: 'placement',
        verdict: 'skip',
        message: 'none',
        data: { n: 0 },
      },
    ],
    observations: [
      {
        case: 'lammps/melt ranks=2',
        name: 'energy',
        number: -2.2812174000000001,
        unit: 'epsilon/atom',
        file: 'stdout',
        line: 120,
      },
      { case: 'lammps/melt ranks=2', name: 'tiny', number: 5e-324, unit: 's', better: 'lower', file: 'log', line: 1 },
      { case: 'lammps/melt ranks=2', name: 'transport', text: 'ucx', unit: '', file: 'stderr', line: 2 },
    ],
    facts: [
      { node: 'n1', group: 'kernel', key: 'release', value: '6.1.0', source: '/proc/sys/kernel/osrelease' },
      { node: 'n1', group: 'gpu', key: 'driver', unknown: 'absent', why: 'no nvidia-smi', source: 'nvidia-smi' },
      { node: 'n1', group: 'kernel', key: 'cmdline', value: '', source: '/proc/cmdline' },
      { node: 'n1', group: 'kernel', key: 'config', unknown: 'denied', source: '/boot/config' },
    ],
    ranks: [
      {
        case: 'lammps/melt ranks=2',
        rank: 0,
        node: 'n1',
        uid: 1000,
        userNamespace: 'user:[4026532]',
        hostUserNamespace: 'user:[4026531]',
        executable: '/usr/bin/lmp',
        processors: '0-3,8',
        memoryNodes: '0',
        cgroups: 'memory:/slurm/job_1201',
        memoryLimit: 2_000_000_000,
        processorLimit: 1.5,
        cgroupProcessors: '0-15',
        settled: true,
        libraries: [mpi, libc, psm],
      },
      {
        case: 'lammps/melt ranks=2',
        rank: 1,
        node: 'n2',
        memoryLimit: 'none',
        processorLimit: 'none',
        libraries: [mpi, libc],
      },
      { case: 'lammps/melt ranks=2', rank: 2, node: 'n2', libraries: [], why: 'the process was gone' },
      { case: 'lammps/melt ranks=2', rank: 3, node: 'n2', libraries: [libc, mpi] },
    ],
    notes: [
      { case: 'lammps/melt ranks=2', about: 'transport-in-use', text: 'unknown: nothing measured it' },
      {
        case: 'lammps/melt ranks=2',
        about: 'difference',
        text: 'processors they may use: 1 for rank 1 on n2, 5 for rank 0 on n1',
      },
    ],
    files: [{ case: 'lammps/melt ranks=2', path: 'a1/melt/stdout', digest: digestOf('out'), size: 2048 }],
  };
}

export function caseRow(name: string, more: Partial<CaseRow> = {}): CaseRow {
  return {
    name,
    id: digestOf(name),
    suite: 'lammps',
    test: 'melt',
    parameters: {},
    nodes: 2,
    ranks: 2,
    runtime: 'apptainer',
    mpi: 'pmix',
    verdict: 'pass',
    reason: 'every check passed',
    ...more,
  };
}

/** A record of many cases: of each, some findings, observations, ranks and a file. */
export function largeRecord(id: string, cases: number, perCase = 5, journal: Digest = digestOf(id)): RunRecord {
  const base = fullRecord(id);
  const names = Array.from({ length: cases }, (_, index) => `suite/test n=${index}`);
  const each = <T>(make: (name: string, index: number) => T): readonly T[] =>
    names.flatMap((name) => Array.from({ length: perCase }, (_, index) => make(name, index)));
  const libraries = Array.from({ length: 40 }, (_, index) => ({
    path: `/usr/lib/x86_64-linux-gnu/lib${index}.so.1`,
  }));
  return {
    ...base,
    run: { ...base.run, journalDigest: journal },
    allocations: [],
    cases: names.map((name, index) => caseRow(name, { parameters: { n: index, kind: 'strong' }, seconds: 1.5 })),
    findings: each((name, index) => ({
      case: name,
      check: `check-${index}`,
      kind: 'physics',
      verdict: 'pass',
      message: 'within the tolerance of 1e-6, which is what two builds differ by',
      data: { value: index / 7, expected: 1 },
    })),
    observations: each((name, index) => ({
      case: name,
      name: `metric-${index}`,
      number: index / 3,
      unit: 'GB/s',
      better: 'higher',
      file: 'stdout',
      line: index + 1,
    })),
    ranks: each((name, index) => ({ case: name, rank: index, node: 'n1', libraries })),
    notes: names.map((name) => ({ case: name, about: 'seen', text: 'unknown: no rank was seen' })),
    files: names.map((name) => ({ case: name, path: `${name}/stdout`, digest: digestOf(name), size: 10 })),
  };
}
