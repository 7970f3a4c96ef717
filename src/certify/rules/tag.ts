import type { Evidence } from '../evidence.ts';
import { hold, type Problem, ruleOf } from '../rule.ts';

/** The candidate's tag still names what was tested. */
export const tag = ruleOf('tag', "that the candidate's tag was not moved since the run", (evidence) => ({
  problems: problemsOf(evidence),
  good: evidence.candidate.tag
    ? `${evidence.candidate.tag} still names ${evidence.candidate.resolved}`
    : 'the image was asked for by digest',
}));

function problemsOf({ candidate, tagNow }: Evidence): readonly Problem[] {
  if (tagNow === 'not-a-tag')
    return candidate.tag === undefined ? [] : [hold(`what ${candidate.tag} names now was not looked up`)];
  if ('unknown' in tagNow) return [hold(`what ${candidate.tag ?? 'the tag'} names now is unknown: ${tagNow.unknown}`)];
  if (tagNow.digest === candidate.resolved) return [];
  return [
    hold(
      `${candidate.tag ?? 'the tag'} was moved: it names ${tagNow.digest} now and named ${candidate.resolved} when it was tested; test it again`,
    ),
  ];
}
