/** The shipped suites: sound in every declaration, and true to what real runs printed. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseYaml } from '../../src/base/yaml.ts';
import type { CheckDeclaration } from '../../src/judge/check.ts';
import { lintCheck } from '../../src/judge/declaration.ts';
import { type CaseEvidence, type CaseJudgement, judgeCases } from '../../src/judge/judge.ts';
import { lintObservation, type ObservationDeclaration } from '../../src/observe/declaration.ts';
import { observe } from '../../src/observe/observe.ts';
import { fillValue } from '../../src/suite/placeholder.ts';
import { fixture } from '../observe/fixture.ts';

interface TestFile {
  readonly observations: Readonly<Record<string, ObservationDeclaration>>;
  readonly checks: Readonly<Record<string, CheckDeclaration>>;
  readonly performance: readonly string[];
  readonly parameters: { readonly points: readonly Readonly<Record<string, number>>[] };
}

function testOf(suite: string, test: string): TestFile {
  const file = new URL(`../../suites/${suite}/suite.yaml`, import.meta.url);
  const parsed = parseYaml(readFileSync(file, 'utf8'), `suites/${suite}/suite.yaml`);
  if ('problems' in parsed) throw new Error(parsed.problems[0]?.message);
  return (parsed.ok.value as { tests: Record<string, TestFile> }).tests[test] as TestFile;
}

const melt = testOf('lammps', 'melt');
const challenge = testOf('hpcc', 'challenge');

function caseOf(
  test: TestFile,
  parameters: Readonly<Record<string, number>>,
  file: string,
  text: string,
): CaseEvidence {
  const filled = fillValue(test.checks, { ...parameters, nonce: 'f0a1b2c3' }).value;
  return {
    name: JSON.stringify(parameters),
    suite: 's',
    test: 't',
    parameters,
    step: { state: 'completed', exitCode: 0, why: '' },
    observed: observe(test.observations, { [file]: text }),
    checks: filled as Readonly<Record<string, CheckDeclaration>>,
    performance: test.performance,
    oversubscription: { oversubscribed: 'no' },
    findings: [],
  };
}

function meltCase(ranks: number, path = `29Sep2021/melt-${ranks}`, change = (text: string) => text): CaseEvidence {
  return caseOf(melt, { nodes: ranks, ranks }, 'stdout', change(fixture(`lammps/${path}.txt`)));
}

/** Names of the checks that did not pass, by case. */
function refused(judgements: readonly CaseJudgement[]): readonly (readonly string[])[] {
  return judgements.map(({ findings }) => findings.filter((one) => one.verdict !== 'pass').map((one) => one.check));
}

/** The total energy of one step, times a factor. */
function scaleEnergy(step: number, factor: number): (text: string) => string {
  const row = new RegExp(`^( +${step} +\\S+ +\\S+ +)(\\S+)`, 'm');
  return (text) => text.replace(row, (_, head: string, energy: string) => `${head}${Number(energy) * factor}`);
}

describe.each([
  ['lammps', melt],
  ['hpcc', challenge],
])('the suite %s', (_, test) => {
  it('declares nothing that cannot be used', () => {
    const scope = { observations: test.observations, parameters: Object.keys(test.parameters.points[0] ?? {}) };
    const [point] = test.parameters.points;
    for (const [name, declared] of Object.entries(test.observations))
      expect(lintObservation(name, declared)).toEqual([]);
    for (const [name, declared] of Object.entries(test.checks)) {
      const filled = fillValue(declared, { ...point, nonce: 'n' }).value;
      expect(lintCheck(name, declared, scope)).toEqual([]);
      expect(lintCheck(name, filled, scope)).toEqual([]);
    }
    for (const metric of test.performance) expect(test.observations[metric]?.better).toBeDefined();
  });
});

describe('the LAMMPS melt', () => {
  it('passes with 1, 2 and 4 ranks, and with a build of four years later', () => {
    const judgements = judgeCases([meltCase(1), meltCase(2), meltCase(4)]);
    expect(refused(judgements)).toEqual([[], [], []]);
    expect(judgements.map((one) => one.verdict)).toEqual(['pass', 'pass', 'pass']);
    expect(judgements[0]?.performance).toMatchObject([{ metric: 'rate', outcome: 'no-baseline', unit: 'timesteps/s' }]);
    expect(refused(judgeCases([meltCase(1, '22Jul2025/melt-1'), meltCase(2)]))).toEqual([[], []]);
  });

  it.each([1e-3, 1e-6])('refuses a final energy off by %s in one case', (error) => {
    const wrong = meltCase(2, '29Sep2021/melt-2', scaleEnergy(250, 1 + error));
    const [one, two, four] = refused(judgeCases([meltCase(1), wrong, meltCase(4)]));
    expect(one).toEqual(['same-energy']);
    expect(two).toEqual(expect.arrayContaining(['reference-energy', 'same-energy']));
    expect(four).toEqual(['same-energy']);
  });

  it.each([1e-3, 1e-6])('refuses a final energy off by %s in all cases', (error) => {
    const cases = [1, 2, 4].map((ranks) => meltCase(ranks, `29Sep2021/melt-${ranks}`, scaleEnergy(250, 1 - error)));
    for (const judgement of judgeCases(cases)) expect(judgement.verdict).toBe('fail');
  });

  it('refuses an energy that is not conserved, though it ends right', () => {
    const one = meltCase(1, '29Sep2021/melt-1', scaleEnergy(150, 1.003));
    expect(refused(judgeCases([one, meltCase(2)]))[0]).toEqual(['energy-conserved']);
  });

  it('refuses the seeding trap', () => {
    const [one, four] = refused(judgeCases([meltCase(1), meltCase(4, '29Sep2021/melt-by-id-4')]));
    expect(one).toEqual(['same-energy']);
    expect(four).toContain('reference-energy');
  });

  it('never passes ranks that ran alone, an output of another run, or one that was cut', () => {
    const [alone] = judgeCases([meltCase(2, '29Sep2021/singletons-3'), meltCase(1)]);
    expect(alone?.verdict).not.toBe('pass');
    const [single] = judgeCases([meltCase(2, '29Sep2021/melt-1'), meltCase(1)]);
    expect(refused(single ? [single] : [])[0]).toEqual(['all-ranks']);
    const [foreign] = judgeCases([
      meltCase(1, '29Sep2021/melt-1', (text) => text.replace(/^nonce .*$/m, 'nonce 0')),
      meltCase(2),
    ]);
    expect(refused(foreign ? [foreign] : [])[0]).toEqual(['own-output']);
    const [cut] = judgeCases([
      meltCase(1, '29Sep2021/melt-1', (text) => text.slice(0, text.indexOf('Loop time'))),
      meltCase(2),
    ]);
    expect(cut?.verdict).toBe('invalid');
  });
});

describe('the HPC Challenge', () => {
  const text = fixture('hpcc/1.5.0/n1000-1x2.txt');
  const challengeCase = (nodes: number, change = (one: string) => one): CaseEvidence =>
    caseOf(challenge, { nodes, ranks: 2, n: 1000, nb: 80, p: 1, q: 2 }, 'hpccoutf.txt', change(text));

  it('passes with what HPCC wrote', () => {
    expect(refused(judgeCases([challengeCase(1), challengeCase(2)]))).toEqual([[], []]);
  });

  it.each([
    ['hpl-passed', (one: string) => one.replace(/(Ax-b.*) PASSED$/m, '$1 FAILED')],
    ['hpl-residual-small', (one: string) => one.replace('0.0072510', '1.5')],
    [
      'random-access-sound',
      (one: string) => one.replace('MPIRandomAccess_ErrorsFraction=0', 'MPIRandomAccess_ErrorsFraction=0.02'),
    ],
    ['fft-sound', (one: string) => one.replace(/MPIFFT_maxErr=.*/, 'MPIFFT_maxErr=3e-7')],
    ['all-ranks', (one: string) => one.replace('CommWorldProcs=2', 'CommWorldProcs=1')],
    ['complete', (one: string) => one.replace('Success=1', 'Success=0')],
    ['size-as-asked', (one: string) => one.replace('HPL_N=1000', 'HPL_N=2000')],
    ['latency', (one: string) => one.replace(/^MaxPingPongLatency_usec=.*\n/m, '')],
  ])('does not pass when %s does not hold', (check, change) => {
    const judgement = judgeCases([challengeCase(1), challengeCase(2, change)])[1];
    expect(judgement?.verdict).not.toBe('pass');
    expect(refused(judgement ? [judgement] : [])[0]).toContain(check);
  });
});
