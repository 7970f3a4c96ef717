/** `invariant-across`: cases that differ only in some parameters give the same answer. */
import { Type } from '../../base/schema.ts';
import type { Observation } from '../../observe/observation.ts';
import { type Bound, boundOptions, compare, lintBound } from '../bound.ts';
import { type CheckResult, defineGroupCheck, judged, type Member } from '../check.ts';
import { singleOf } from '../evidence.ts';
import type { Verdict } from '../verdict.ts';

interface Answer {
  readonly member: Member;
  readonly observation: Observation;
}

/**
 * All cases of the group agree: bit for bit (or letter for letter) without a tolerance, else the largest and the
 * smallest differ by no more than it; `relative` is a fraction of the largest magnitude. A group has one result, which
 * stands with each of its cases. When an answer is missing it is computed for none: `invalid`, or `error` when only
 * the site is to blame. Members that were skipped, and said so before the run, do not count.
 */
export const invariantAcross = defineGroupCheck({
  kind: 'invariant-across',
  of: 'value',
  options: { over: Type.Array(Type.String({ minLength: 1 }), { minItems: 1, uniqueItems: true }), ...boundOptions },
  over: ({ over }) => over,
  lint: (options) => lintBound(options, 'optional'),
  evaluate: (of, options, members) => {
    const result = evaluate(of, options.over, options, members);
    return members.map(() => result);
  },
});

function evaluate(of: string, over: readonly string[], bound: Bound, members: readonly Member[]): CheckResult {
  const unknown = over.filter((name) => members.some((member) => !Object.hasOwn(member.parameters, name)));
  if (unknown.length > 0) return { verdict: 'invalid', message: `the cases have no parameter ${unknown.join(', ')}` };
  const answers: Answer[] = [];
  const lost: { readonly verdict: Verdict; readonly text: string }[] = [];
  let skipped = 0;
  for (const member of members) {
    const { evidence } = member;
    if ('lost' in evidence) {
      if (evidence.lost === 'skip') skipped += 1;
      else lost.push({ verdict: evidence.lost, text: `${member.name} (${evidence.why})` });
      continue;
    }
    const looked = singleOf(evidence.observed, of);
    if ('why' in looked) lost.push({ verdict: 'invalid', text: `${member.name} (${looked.why})` });
    else answers.push({ member, observation: looked.ok });
  }
  if (lost.length > 0) {
    const verdict = lost.every((one) => one.verdict === 'error') ? 'error' : 'invalid';
    return { verdict, message: `cannot be computed: no ${of} from ${lost.map((one) => one.text).join(', ')}` };
  }
  const note = skipped > 0 ? `; ${skipped} more were skipped` : '';
  if (answers.length < 2) {
    const message = `there is only one case to compare${note}`;
    return { verdict: skipped > 0 ? 'skip' : 'invalid', message };
  }
  return agree(of, bound, answers, note);
}

function agree(of: string, bound: Bound, answers: readonly Answer[], note: string): CheckResult {
  const numbers = answers.flatMap(({ observation }) =>
    typeof observation.value === 'number' ? [observation.value] : [],
  );
  if (numbers.length === 0) return agreeAsText(of, answers, note);
  if (numbers.length < answers.length) return { verdict: 'invalid', message: `${of} is a text in some cases only` };
  const units = new Set(answers.map(({ observation }) => observation.unit));
  if (units.size > 1) return { verdict: 'invalid', message: `${of} has several units: ${[...units].join(', ')}` };
  const least = answers.reduce((a, b) => (Number(b.observation.value) < Number(a.observation.value) ? b : a));
  const most = answers.reduce((a, b) => (Number(b.observation.value) > Number(a.observation.value) ? b : a));
  const [min, max] = [Number(least.observation.value), Number(most.observation.value)];
  const { holds, difference, allowed, measure } = compare(max, min, bound, Math.max(Math.abs(min), Math.abs(max)));
  // -0 and 0 are neither least nor most: bit for bit looks at all.
  const exact = bound.absolute === undefined && bound.relative === undefined && bound.ulp === undefined;
  const same = exact ? numbers.every((value) => Object.is(value, numbers[0])) : holds;
  const unit = measure === 'ulp' ? ' ulp' : '';
  const where = same ? '' : `: ${min} in ${least.member.name}, ${max} in ${most.member.name}`;
  const message = `${of} of ${answers.length} cases differs by ${difference.toPrecision(3)}${unit}, allowed ${
    exact ? 'nothing' : allowed.toPrecision(3) + unit
  }${where}${note}`;
  return judged(same, message, {
    least: min,
    most: max,
    difference,
    allowed,
    measure,
    cases: answers.length,
    skipped: note !== '',
  });
}

function agreeAsText(of: string, answers: readonly Answer[], note: string): CheckResult {
  const first = answers[0];
  const other = answers.find(({ observation }) => observation.value !== first?.observation.value);
  const message = other
    ? `${of} is "${first?.observation.value}" in ${first?.member.name}, "${other.observation.value}" in ${other.member.name}${note}`
    : `${of} of ${answers.length} cases is "${first?.observation.value}"${note}`;
  return judged(other === undefined, message, { cases: answers.length });
}
