/** Evidence of cases, as the tests of the judge need it. */
import type { CheckDeclaration } from '../../src/judge/check.ts';
import type { CaseEvidence } from '../../src/judge/judge.ts';
import type { Observed } from '../../src/observe/observation.ts';

/** Values, texts and series as a parser would have read them. */
export function observedOf(values: Readonly<Record<string, number | string | readonly number[]>>): Observed {
  const observations = [];
  const series = [];
  for (const [name, value] of Object.entries(values)) {
    const common = { name, unit: typeof value === 'string' ? '' : 'u', file: 'stdout', line: 1 };
    if (typeof value === 'number' || typeof value === 'string') observations.push({ ...common, value });
    else series.push({ ...common, values: value });
  }
  return { observations, series, missing: [] };
}

/** A case that ended well and printed an energy. */
export function evidence(changes: Partial<CaseEvidence> = {}): CaseEvidence {
  return {
    name: 'lammps/melt nodes=1',
    suite: 'lammps',
    test: 'melt',
    parameters: { nodes: 1 },
    step: { state: 'completed', exitCode: 0, why: '' },
    observed: observedOf({ energy: -2.25 }),
    checks: {},
    performance: [],
    oversubscription: { oversubscribed: 'no' },
    findings: [],
    ...changes,
  };
}

/** One check by the name `check`. */
export function checkOn(declaration: Omit<CheckDeclaration, 'why'>): Readonly<Record<string, CheckDeclaration>> {
  return { check: { why: 'for this test', ...declaration } as CheckDeclaration };
}
