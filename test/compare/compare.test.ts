import { describe, expect, it } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { type Comparison, compareRuns } from '../../src/compare/compare.ts';
import type { FactRow, RankRow, RunRecord } from '../../src/store/run-record.ts';
import { caseRow, fullRecord, largeRecord } from '../store/record.ts';

const host = { release: '6.1.0', 'command-line': 'quiet', 'boot-id': 'one' };
const melt = 'lammps/melt ranks=2';

function factsOf(node: string, kernel: Readonly<Record<string, string>>): readonly FactRow[] {
  const row = (group: string, key: string, value: string) => ({ node, group, key, value, source: 's' });
  return [
    ...Object.entries(kernel).map(([key, value]) => row('kernel', key, value)),
    row('modules', '@loadable', 'yes'),
    row('modules', 'xfs', 'loaded'),
    row('system', 'slurm-job-id', `${node} 12`),
    row('system', 'hostname', node),
    { node, group: 'gpu', key: 'driver', unknown: 'absent', why: 'none', source: 's' },
  ];
}

/** A run on n1 and n2 with two launched cases. */
function base(id = '20260301T120000Z-aaaaaaaa'): RunRecord {
  const full = fullRecord(id);
  const environment = { OMP_NUM_THREADS: '1', PATH: '/bin', WHERE: `/scratch/runs/${id}/x` };
  const libraries = [{ path: '/usr/lib/libmpi.so.40.1' }, { path: '/usr/lib/libc.so.6' }];
  return {
    ...full,
    run: { ...full.run, outcome: 'accepted' },
    cases: [
      caseRow(melt, { allocation: 'a1', launchDigest: digestOf('l'), environment }),
      caseRow('lammps/rest', { allocation: 'a1', launchDigest: digestOf('l2'), environment }),
    ],
    findings: [{ case: melt, check: 'energy', kind: 'physics', verdict: 'pass', message: '' }],
    observations: [
      { case: melt, name: 'energy', number: -2.28, unit: 'epsilon', file: 'stdout', line: 1 },
      { case: melt, name: 'rate', number: 100, unit: '1/s', better: 'higher', file: 'stdout', line: 2 },
      { case: melt, name: 'nonce', text: id, unit: '', file: 'stdout', line: 3 },
      { case: melt, name: 'energies', text: '[1,2,3]', unit: 'epsilon', file: 'stdout', line: 4 },
    ],
    facts: [...factsOf('n1', host), ...factsOf('n2', host)],
    ranks: [melt, 'lammps/rest'].flatMap((name) => [
      { case: name, rank: 0, node: 'n1', libraries },
      { case: name, rank: 1, node: 'n2', libraries },
    ]),
  };
}

const other = base('20260302T120000Z-bbbbbbbb');
const equalWhenSame = compareRuns(base(), other).counts.equal;

describe('ranks', () => {
  const ranWith = (record: RunRecord, more: Partial<RankRow>, transport: string): RunRecord => ({
    ...record,
    ranks: record.ranks.map((rank) => ({ ...rank, settled: true, processors: '0-3', ...more })),
    notes: [{ case: 'lammps/rest', about: 'transport-in-use', text: transport }],
  });
  const kinds = ({ causes }: Comparison) => causes.map(({ kind, name, left, right }) => [kind, name, left, right]);

  it('that might use other processors, less memory or another transport are causes', () => {
    const left = ranWith(base(), { memoryLimit: 'none', processorLimit: 'none' }, 'verbs; the case measured it');
    const right = ranWith(
      other,
      { processors: '8', memoryLimit: 1000, processorLimit: 'none' },
      'tcp; the case measured it',
    );
    expect(kinds(compareRuns(left, right))).toEqual([
      ['mpi', 'transport in use', 'verbs; the case measured it', 'tcp; the case measured it'],
      ['placement', 'limit of memory in bytes', 'none', '1000'],
      ['placement', 'processors of a rank', '4', '1'],
    ]);
    // Other processors, as many of them.
    expect(
      compareRuns(
        left,
        ranWith(other, { processors: '4-7', memoryLimit: 'none', processorLimit: 'none' }, 'unknown: x'),
      ).causes,
    ).toEqual([]);
  });

  it('say nothing of their processors while they start', () => {
    const { settled: _, ...starting } = { settled: true, processors: '0' };
    const left = ranWith(base(), {}, 'unknown: a');
    const right = { ...other, ranks: other.ranks.map((rank) => ({ ...rank, ...starting })) };
    expect(compareRuns(left, right).causes).toEqual([]);
  });

  it('that nobody saw in one run are not known', () => {
    const ran = (record: RunRecord): RunRecord => ({
      ...record,
      cases: record.cases.map((one) => ({ ...one, seconds: 1 })),
    });
    const unseen = { ...ran(other), ranks: other.ranks.filter((rank) => rank.case !== 'lammps/rest') };
    const found = compareRuns(ran(base()), unseen);
    expect(found.causes.filter(({ kind }) => kind === 'library')).toEqual([]);
    expect(found.unknown).toMatchObject([
      { kind: 'library', name: 'libraries of ranks', left: 'seen', where: ['lammps/rest'] },
    ]);
  });
});

describe('two runs of the same', () => {
  it('differ in no cause, whatever differs between any two runs', () => {
    const later = { ...other, facts: [...factsOf('n1', { ...host, 'boot-id': 'two' }), ...factsOf('n2', host)] };
    const found = compareRuns(base(), { ...later, observations: base(later.run.id).observations });
    expect(found.verdict).toBe('nothing differs in causes');
    expect(found.causes).toEqual([]);
    expect(found.effects).toEqual([]);
    expect(found.hidden.map((one) => one.name)).toEqual(['kernel.boot-id']);
    expect(found.counts).toMatchObject({ differ: 0, hidden: 1, unknown: 0 });
  });

  it('have every thing counted that is equal', () => {
    // Image: digest, architecture, two of its MPI, two layers, two packages. Suite, site name, site file, version, user.
    // Three variables. Nodes, partition, scheduler, account, runtime, --mpi, nodes of a case. Per fact name: two of the
    // kernel, boot-id, two of modules, the job id and the hostname. Two libraries. The launch.
    // Two mounts.
    expect(equalWhenSame).toBe(8 + 5 + 3 + 7 + 7 + 2 + 1 + 2);
  });

  it('show metrics that moved a little as level, and nothing else', () => {
    const moved = other.observations.map((one) => (one.name === 'rate' ? { ...one, number: 98 } : one));
    const found = compareRuns(base(), { ...other, observations: moved });
    expect(found.causes).toEqual([]);
    expect(found.effects).toEqual([
      {
        kind: 'metric',
        case: melt,
        name: 'rate',
        left: 100,
        right: 98,
        unit: '1/s',
        changePercent: -2,
        direction: 'level',
      },
    ]);
  });
});

const setFact = (facts: readonly FactRow[], node: string, key: string, value: string) =>
  facts.map((one) => (one.node === node && one.key === key ? { ...one, value } : one));
const [firstLayer] = other.image.layers;

/** One thing changed: what must rank first, where, and how many equal things fewer there are. */
const changed: readonly [string, RunRecord, object, number][] = [
  [
    'a layer',
    {
      ...other,
      image: { ...other.image, layers: [...(firstLayer ? [firstLayer] : []), { digest: digestOf('new'), size: 1 }] },
    },
    { kind: 'layer', name: 'layer 2', left: digestOf('layer 2'), right: digestOf('new'), where: [] },
    1,
  ],
  [
    'a package',
    {
      ...other,
      image: {
        ...other.image,
        packages: [{ manager: 'python', name: 'numpy', version: '2.1' }, ...other.image.packages.slice(0, 1)],
      },
    },
    { kind: 'package', name: 'python numpy', left: '2.0', right: '2.1' },
    1,
  ],
  [
    'a variable of every case',
    {
      ...other,
      cases: other.cases.map((one) => ({
        ...one,
        launchDigest: digestOf(`${one.name}!`),
        environment: { ...one.environment, UCX_TLS: 'tcp' },
      })),
    },
    { kind: 'environment', name: 'UCX_TLS', right: 'tcp', where: [] },
    1,
  ],
  [
    'a variable of one case',
    {
      ...other,
      cases: other.cases.map((one, index) =>
        index === 0 ? { ...one, environment: { ...one.environment, PATH: '/opt' } } : one,
      ),
    },
    { kind: 'environment', name: 'PATH', left: '/bin', right: '/opt', where: [melt] },
    1,
  ],
  [
    'a fact of the kernel on all nodes',
    { ...other, facts: ['n1', 'n2'].flatMap((node) => factsOf(node, { ...host, release: '6.2.0' })) },
    { kind: 'kernel', name: 'kernel.release', left: '6.1.0', right: '6.2.0', where: [] },
    1,
  ],
  [
    'a fact of the kernel on one node',
    { ...other, facts: setFact(other.facts, 'n2', 'command-line', 'mitigations=off') },
    { kind: 'kernel', name: 'kernel.command-line', left: 'quiet', right: 'mitigations=off', where: ['n2'] },
    1,
  ],
  [
    'a module that is no longer loaded on one node',
    {
      ...other,
      facts: other.facts.filter((one) => !(one.node === 'n1' && one.key === 'xfs')),
    },
    { kind: 'module', name: 'modules.xfs', left: 'loaded', where: ['n1'] },
    1,
  ],
  [
    'a library',
    {
      ...other,
      ranks: other.ranks.map((one) => ({
        ...one,
        libraries: [{ path: '/opt/lib/libmpi.so.40.2' }, { path: '/usr/lib/libc.so.6' }],
      })),
    },
    {
      kind: 'library',
      name: 'libmpi.so',
      left: '/usr/lib/libmpi.so.40.1',
      right: '/opt/lib/libmpi.so.40.2',
      where: [],
    },
    1,
  ],
  [
    'the account',
    { ...other, run: { ...other.run, account: 'proj2' } },
    { kind: 'placement', name: 'account', left: 'proj1', right: 'proj2' },
    1,
  ],
  [
    'the words of a command',
    {
      ...other,
      cases: other.cases.map((one, index) => (index === 0 ? { ...one, launchDigest: digestOf('else') } : one)),
    },
    { kind: 'launch', name: 'launch', where: [melt] },
    1,
  ],
];

describe('one thing changed', () => {
  it.each(changed)('%s: it ranks first, and the rest is equal', (_, record, first, fewer) => {
    const found = compareRuns(base(), record);
    expect(found.causes[0]).toMatchObject(first);
    expect(found.counts.differ).toBe(1);
    expect(found.counts.equal).toBe(equalWhenSame - fewer);
  });

  it('the nodes: they rank first, and what follows from them does not come before', () => {
    const moved: RunRecord = {
      ...other,
      allocations: other.allocations.map((one) => (one.id === 'a1' ? { ...one, nodes: ['n3', 'n4'] } : one)),
      facts: [...factsOf('n3', host), ...factsOf('n4', { ...host, release: '6.9.9' })],
      ranks: other.ranks.map((one) => ({ ...one, node: one.node === 'n1' ? 'n3' : 'n4' })),
    };
    const found = compareRuns(base(), moved);
    expect(found.causes.map((one) => [one.kind, one.name])).toEqual([
      ['placement', 'nodes'],
      ['kernel', 'kernel.release'],
    ]);
    expect(found.causes[1]).toMatchObject({ left: '6.1.0', right: '6.1.0 | 6.9.9' });
    const same = { ...moved, facts: [...factsOf('n3', host), ...factsOf('n4', host)] };
    expect(compareRuns(base(), same).causes.map((one) => one.name)).toEqual(['nodes']);
  });

  it('a case on other nodes of the same allocation', () => {
    const ranks = other.ranks.map((one) => (one.case === melt ? { ...one, node: 'n1' } : one));
    expect(compareRuns(base(), { ...other, ranks }).causes).toMatchObject([
      { kind: 'placement', name: 'nodes of a case', left: 'n1, n2', right: 'n1', where: [melt] },
    ]);
  });

  it('what is denied in one run is unknown, not a cause', () => {
    const facts = other.facts.map((one): FactRow => {
      if (one.key !== 'release') return one;
      const { node, group, key, source } = one;
      return { node, group, key, source, unknown: 'denied', why: 'no' };
    });
    const found = compareRuns(base(), { ...other, facts });
    expect(found.causes).toEqual([]);
    expect(found.counts).toMatchObject({ differ: 0, unknown: 1, equal: equalWhenSame - 1 });
  });
});

describe('libraries', () => {
  const withMpi = (run: RunRecord, origin: 'image' | 'host', content: string): RunRecord => {
    const mpi = { path: '/usr/lib/libmpi.so.40.1', origin, digest: digestOf(content) };
    return { ...run, ranks: run.ranks.map((one) => ({ ...one, libraries: [mpi] })) };
  };

  it('names a library of the host that lies over one of the image, or that changed', () => {
    const [left, right] = [withMpi(base(), 'image', 'a'), withMpi(other, 'host', 'b')];
    expect(compareRuns(left, right).causes.filter(({ kind }) => kind === 'library')).toMatchObject([
      { name: 'libmpi.so', left: `image ${digestOf('a')}`, right: `host ${digestOf('b')}` },
    ]);
    expect(compareRuns(right, withMpi(base(), 'host', 'c')).causes.map(({ kind }) => kind)).toContain('library');
    expect(compareRuns(left, withMpi(other, 'image', 'a')).causes.map(({ kind }) => kind)).not.toContain('library');
  });

  it('leaves it to the image that its own libraries are others', () => {
    const [left, right] = [withMpi(base(), 'image', 'a'), withMpi(other, 'image', 'b')];
    const image = { ...right.image, digest: digestOf('another image') };
    expect(compareRuns(left, { ...right, image }).causes.map(({ kind }) => kind)).not.toContain('library');
    expect(compareRuns(left, right).causes.map(({ kind }) => kind)).toContain('library');
  });

  const adding = (path: string, to: (rank: number, name: string) => boolean): RunRecord => ({
    ...other,
    ranks: other.ranks.map((one) =>
      to(one.rank, one.case) ? { ...one, libraries: [...one.libraries, { path }] } : one,
    ),
  });

  it('that all ranks have in one run alone are a cause', () => {
    const found = compareRuns(
      base(),
      adding('/opt/host/libfabric.so.1', () => true),
    );
    expect(found.causes).toMatchObject([{ kind: 'library', name: 'libfabric.so', right: '/opt/host/libfabric.so.1' }]);
  });

  /** Twice as many ranks on each node. */
  const wide = (record: RunRecord): RunRecord => ({
    ...record,
    ranks: [...record.ranks, ...record.ranks.map((one) => ({ ...one, rank: one.rank + 2 }))],
  });

  it('that too few ranks had are hidden', () => {
    const found = compareRuns(
      base(),
      adding('/usr/lib/mca_mtl_psm.so', (_, name) => name === melt),
    );
    expect(found.causes).toEqual([]);
    expect(found.hidden.map((one) => one.right)).toEqual(['/usr/lib/mca_mtl_psm.so']);
  });

  it('that many ranks had, and others of the same cases had not, are hidden', () => {
    const some = adding('/usr/lib/mca_mtl_psm.so', (rank) => rank === 0);
    const found = compareRuns(wide(base()), wide(some));
    expect(found.causes).toEqual([]);
    expect(found.hidden.map((one) => one.right)).toEqual(['/usr/lib/mca_mtl_psm.so']);
    const every = adding('/usr/lib/mca_mtl_psm.so', () => true);
    expect(compareRuns(wide(base()), wide(every)).causes).toHaveLength(1);
  });
});

describe('two images', () => {
  it('differ in digest, layers and packages, beside the metric that moved and the physics that changed', () => {
    const image: RunRecord['image'] = {
      ...other.image,
      digest: digestOf('manifest 2'),
      layers: [
        ...(firstLayer ? [firstLayer] : []),
        { digest: digestOf('layer 2b'), size: 1 },
        { digest: digestOf('layer 3'), size: 1 },
      ],
      packages: [...other.image.packages.slice(0, 1), { manager: 'python', name: 'scipy', version: '1' }],
    };
    const observations = other.observations.map((one) => {
      if (one.name === 'rate') return { ...one, number: 80 };
      if (one.name === 'energy') return { ...one, number: -2.281 };
      return one.name === 'energies' ? { ...one, text: '[1,2.5,3,4]' } : one;
    });
    const findings = other.findings.map((one) => ({ ...one, verdict: 'fail' as const }));
    const cases = other.cases.map((one) => (one.name === melt ? { ...one, verdict: 'fail' as const } : one));
    const run = { ...other.run, outcome: 'rejected' as const };
    const found = compareRuns(base(), { ...other, run, image, observations, findings, cases });
    expect(found.causes.map((one) => `${one.kind} ${one.name}`)).toEqual([
      'image digest',
      'layer layer 2',
      'layer layer 3',
      'package python numpy',
      'package python scipy',
    ]);
    expect(found.verdict).toBe('5 candidate causes, first: image digest');
    expect(found.effects).toMatchObject([
      { kind: 'outcome', left: 'accepted', right: 'rejected' },
      { kind: 'verdict', case: melt, left: 'pass', right: 'fail' },
      { kind: 'finding', case: melt, name: 'energy', left: 'pass', right: 'fail' },
      { kind: 'number', name: 'energy', left: -2.28, right: -2.281 },
      { kind: 'series', name: 'energies', lengths: [3, 4], first: 1, largest: 0.5 },
      { kind: 'metric', name: 'rate', left: 100, right: 80, changePercent: -20, direction: 'worse' },
    ]);
  });

  it('a case of one run alone, and an environment that was not stored, are told', () => {
    const cases = other.cases.slice(0, 1).map(({ environment: _, ...one }) => one);
    const found = compareRuns(base(), { ...other, cases, ranks: [] });
    expect(found.effects).toContainEqual({ kind: 'case', case: 'lammps/rest', name: 'verdict', left: 'pass' });
    expect(found.unknown).toMatchObject([{ kind: 'environment', left: 'stored', right: 'not stored' }]);
    expect(found.causes).toEqual([]);
  });

  it('a case that was skipped in one run is told by its verdict alone', () => {
    const cases = other.cases.map((one) => (one.name === melt ? { ...one, verdict: 'skip' as const } : one));
    const found = compareRuns(base(), { ...other, cases, findings: [], observations: [] });
    expect(found.effects).toEqual([{ kind: 'verdict', case: melt, name: 'verdict', left: 'pass', right: 'skip' }]);
  });

  it('a finding that only one run has is told unless it passed', () => {
    const finding = { case: melt, check: 'rate', kind: 'performance', message: '' };
    const effects = (verdict: 'pass' | 'invalid') =>
      compareRuns(base(), { ...other, findings: [...other.findings, { ...finding, verdict }] }).effects;
    expect(effects('pass')).toEqual([]);
    expect(effects('invalid')).toEqual([{ kind: 'finding', case: melt, name: 'rate', right: 'invalid' }]);
  });
});

describe('large runs', () => {
  it('of 1,000 cases and 1,000 nodes are compared in seconds', () => {
    const nodes = Array.from({ length: 1000 }, (_, index) => `n${index}`);
    const large = (id: string, release: string): RunRecord => {
      const record = largeRecord(id, 1000);
      return { ...record, facts: nodes.flatMap((node) => factsOf(node, { ...host, release })) };
    };
    const start = performance.now();
    const found = compareRuns(large('20260301T120000Z-aaaaaaaa', '6.1'), large('20260302T120000Z-bbbbbbbb', '6.2'));
    expect(performance.now() - start).toBeLessThan(10_000);
    expect(found.causes).toMatchObject([{ name: 'kernel.release', left: '6.1', right: '6.2', where: [] }]);
    expect(found.effects).toEqual([]);
  });
});

describe('mounts of the site', () => {
  const fabric = { source: '/opt/host/libfabric.so.1', target: '/usr/lib/libfabric.so.1', readOnly: true };
  const rest = base().mounts?.slice(1) ?? [];
  const mounting = (...mounts: NonNullable<RunRecord['mounts']>): RunRecord => ({ ...other, mounts });
  const causes = (right: RunRecord, left = base()) => compareRuns(left, right).causes;

  it('are a cause where one shows another content, and its launches are explained by it', () => {
    const changed = mounting({ ...fabric, digest: digestOf('newer') }, ...rest);
    const launched = changed.cases.map((one) => ({ ...one, launchDigest: digestOf(`${one.name} anew`) }));
    expect(causes({ ...changed, cases: launched })).toEqual([
      {
        kind: 'mount',
        name: fabric.target,
        left: `${fabric.source} read-only ${digestOf('fabric')}`,
        right: `${fabric.source} read-only ${digestOf('newer')}`,
        where: [],
        weight: 78,
      },
    ]);
  });

  it('are one where one came or went, or shows another path, and not where the content could not be read', () => {
    expect(causes(mounting(...rest))).toMatchObject([{ kind: 'mount', left: expect.stringContaining('libfabric') }]);
    const { mounts: _, ...none } = other;
    expect(causes(none)).toHaveLength(2);
    expect(causes(mounting(fabric, ...rest))).toEqual([]);
    expect(causes(mounting({ ...fabric, source: '/opt/other' }, ...rest))).toMatchObject([
      { left: `${fabric.source} read-only`, right: '/opt/other read-only' },
    ]);
  });
});
