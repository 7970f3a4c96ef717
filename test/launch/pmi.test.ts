import { describe, expect, test } from 'vitest';
import { choosePmi, forecastPmi, pmiKind, pmiMatrix } from '../../src/launch/pmi.ts';

const stacks = {
  openmpi4: { family: 'openmpi', version: '4.1.4', pmi: ['pmix'] },
  openmpi4WithPmi: { family: 'openmpi', version: '4.0.3', pmi: ['pmix', 'pmi2', 'pmi1'] },
  openmpi5: { family: 'openmpi', version: '5.0.11', pmi: ['pmix'] },
  mpich4: { family: 'mpich', version: '4.0.2', pmi: ['pmi1'] },
  mpich5: { family: 'mpich', version: '5.0.2', pmi: ['pmi2', 'pmi1'] },
  mpich4WithPmix: { family: 'mpich', version: '4.3.0', pmi: ['pmix'] },
  intelAlone: { family: 'intel', version: '2021.19.0', pmi: ['pmi2', 'pmi1'] },
  intel: { family: 'intel', version: '2021.18.1', pmi: ['pmi2', 'pmi1', 'pmix'] },
  unknown: { family: 'unknown', pmi: [] },
} as const;

describe('what five real stacks did under srun of Slurm 22.05', () => {
  test.each([
    ['openmpi4', 'starts', 'aborts', 'aborts'],
    ['openmpi5', 'starts', 'singletons', 'singletons'],
    ['mpich4', 'singletons', 'starts', 'singletons'],
    ['mpich5', 'aborts', 'starts', 'singletons'],
    ['intel', 'starts', 'starts', 'singletons'],
    ['intelAlone', 'singletons', 'starts', 'singletons'],
  ] as const)('%s: pmix %s, pmi2 %s, none %s', (stack, pmix, pmi2, none) => {
    const outcomes = ['pmix', 'pmi2', 'none'].map((plugin) => forecastPmi(stacks[stack], plugin).outcome);
    expect(outcomes).toEqual([pmix, pmi2, none]);
  });
});

describe('versions of PyPI that stand in no row', () => {
  test.each([
    ['3.4.3', 'singletons'],
    ['4.1.3', 'singletons'],
    ['4.2.3', 'singletons'],
    ['4.3.2', 'aborts'],
  ])('MPICH %s under pmix: %s', (version, outcome) => {
    expect(forecastPmi({ family: 'mpich', version, pmi: ['pmi2', 'pmi1'] }, 'pmix').outcome).toBe(outcome);
  });
  test.each([
    ['4.1.8', 'aborts'],
    ['5.0.8', 'singletons'],
  ])('Open MPI %s under pmi2 and none: %s', (version, outcome) => {
    for (const plugin of ['pmi2', 'none'])
      expect(forecastPmi({ family: 'openmpi', version, pmi: ['pmix'] }, plugin).outcome).toBe(outcome);
  });
});

test('structure decides where the version was stripped, and against one that says otherwise', () => {
  const openmpi = { family: 'openmpi', pmi: ['pmix'] } as const;
  expect(forecastPmi({ ...openmpi, marks: ['orte'] }, 'none').outcome).toBe('aborts');
  expect(forecastPmi({ ...openmpi, marks: [] }, 'none').outcome).toBe('singletons');
  const mpich = { family: 'mpich', pmi: ['pmi2', 'pmi1'] } as const;
  expect(forecastPmi({ ...mpich, marks: ['sees-pmix'] }, 'pmix').outcome).toBe('aborts');
  expect(forecastPmi({ ...mpich, version: '5.0.2', marks: [] }, 'pmix').outcome).toBe('singletons');
});

test('Intel MPI with I_MPI_PMI_LIBRARY speaks that alone', () => {
  const outcomes = ['pmix', 'pmi2', 'none'].map(
    (plugin) => forecastPmi({ ...stacks.intel, pmiLibrary: true }, plugin).outcome,
  );
  expect(outcomes).toEqual(['aborts', 'starts', 'aborts']);
});

test('what a library was built with outweighs the row of its family', () => {
  expect(forecastPmi(stacks.openmpi4WithPmi, 'pmi2').outcome).toBe('starts');
  expect(forecastPmi(stacks.mpich4WithPmix, 'pmix').outcome).toBe('starts');
});

test('a plugin that nobody has seen with this library is unknown, with why', () => {
  expect(forecastPmi(stacks.unknown, 'pmix')).toEqual({
    outcome: 'unknown',
    why: expect.stringContaining('not been seen'),
  });
  expect(forecastPmi(stacks.mpich4WithPmix, 'pmi2').outcome).toBe('unknown');
  expect(forecastPmi(stacks.mpich5, 'cray_shasta').outcome).toBe('unknown');
  expect(forecastPmi({ family: 'openmpi', pmi: [] }, 'none').outcome).toBe('unknown');
});

test('the forecast says where it comes from', () => {
  expect(forecastPmi(stacks.openmpi5, 'none').why).toContain('5.0.11 of PyPI');
  expect(forecastPmi(stacks.openmpi4, 'pmi2').why).toContain("OMPI was not built with SLURM's PMI support");
});

test.each([
  ['openmpi4', ['cray_shasta', 'none', 'pmi2', 'pmix', 'pmix_v4'], 'pmix'],
  ['openmpi4', ['none', 'pmi2', 'pmix_v3', 'pmix_v4'], 'pmix_v4'],
  ['openmpi5', ['none', 'pmi2'], undefined],
  ['mpich4', ['none', 'pmi2', 'pmix'], 'pmi2'],
  ['mpich5', ['none', 'pmix'], undefined],
  ['intel', ['none', 'pmi2', 'pmix'], 'pmi2'],
  ['intel', ['none', 'pmix'], 'pmix'],
  ['unknown', ['none', 'pmi2', 'pmix'], undefined],
  ['openmpi4', [], undefined],
] as const)('%s among %j: %s', (stack, offered, chosen) => {
  expect(choosePmi(stacks[stack], offered)).toBe(chosen);
});

test('plugin names are of a kind', () => {
  expect(['pmix', 'pmix_v5', 'pmi2', 'none', 'openmpi', 'cray_shasta', 'lam'].map(pmiKind)).toEqual([
    'pmix',
    'pmix',
    'pmi2',
    'none',
    'none',
    'cray_shasta',
    'other',
  ]);
});

test('the rows of one family and plugin never overlap, and each names its source', () => {
  for (const row of pmiMatrix) {
    const rivals = pmiMatrix.filter((other) => other.family === row.family && other.pmi === row.pmi && other !== row);
    for (const other of rivals) expect(row.mark ?? row.without).toBe(other.without ?? other.mark);
    expect(rivals.length).toBeLessThanOrEqual(1);
    expect(row.source).not.toBe('');
  }
});
