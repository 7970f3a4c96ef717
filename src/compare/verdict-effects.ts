/** What differs in the verdicts: of the run, of cases, and of single findings. */
import type { RunRecord } from '../store/run-record.ts';
import { sides } from './cause.ts';
import { type Effect, type Effects, ranInBoth } from './effect.ts';

/** The effects in verdicts; findings are told only where their verdict changed, not for another number in their text. */
export function verdictEffects(left: RunRecord, right: RunRecord): Effects {
  const outcome = differing(
    'outcome',
    [['run', { case: '', name: 'outcome', value: left.run.outcome }]],
    [['run', { case: '', name: 'outcome', value: right.run.outcome }]],
  );
  const cases = differing('verdict', verdictsOf(left), verdictsOf(right));
  const both = (effect: Effect) => effect.kind !== 'verdict' || ('left' in effect && 'right' in effect);
  const verdicts = cases.effects.map((effect) => (both(effect) ? effect : ({ ...effect, kind: 'case' } as Effect)));
  const shared = ranInBoth(left, right);
  const found = differing('finding', findingsOf(left, shared), findingsOf(right, shared));
  // A check that passed in one run and was not made in the other follows from what else is told.
  const findings = { effects: found.effects.filter((effect) => !passedAlone(effect)), equal: found.equal };
  return {
    effects: [...outcome.effects, ...verdicts, ...findings.effects],
    equal: outcome.equal + cases.equal + findings.equal,
  };
}

function passedAlone(effect: Effect): boolean {
  if (effect.kind !== 'finding') return false;
  const { left, right } = effect;
  return (left === undefined && right === 'pass') || (right === undefined && left === 'pass');
}

interface Said {
  readonly case: string;
  readonly name: string;
  readonly value: string;
}

function verdictsOf({ cases }: RunRecord): readonly (readonly [string, Said])[] {
  return cases.map(({ name, verdict }) => [name, { case: name, name: 'verdict', value: verdict }]);
}

function findingsOf({ findings }: RunRecord, shared: ReadonlySet<string>): readonly (readonly [string, Said])[] {
  return findings
    .filter((one) => shared.has(one.case))
    .map((one) => [JSON.stringify([one.case, one.check]), { case: one.case, name: one.check, value: one.verdict }]);
}

function differing(
  kind: 'outcome' | 'verdict' | 'finding',
  left: readonly (readonly [string, Said])[],
  right: readonly (readonly [string, Said])[],
): Effects {
  const [had, has] = [new Map(left), new Map(right)];
  const effects: Effect[] = [];
  let equal = 0;
  for (const key of new Set([...had.keys(), ...has.keys()])) {
    const [was, is] = [had.get(key), has.get(key)];
    const { case: of, name } = was ?? is ?? { case: '', name: '' };
    if (was?.value === is?.value) equal += 1;
    else effects.push({ kind, case: of, name, ...sides(was?.value, is?.value) });
  }
  return { effects, equal };
}
