/** Answers of slurmrestd: JSON with `errors`, or a plain text where it did not come so far. */
import type { Answer } from '../../../base/ask.ts';
import type { Reply } from '../../scheduler.ts';

/** A JSON object of which nothing is known. */
export type Json = Readonly<Record<string, unknown>>;

/** The value as an object; an empty one for anything else. */
export function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

/** The objects of a list; none for anything else. */
export function objectsOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'object' && one !== null) : [];
}

/** The text, or an empty one. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/**
 * A number as it is, or as `{set, infinite, number}` (data_parser v0.0.39 and later, `*_no_val_struct` of the OpenAPI
 * specification); undefined when it is not set, infinite, or nothing of the kind.
 */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  const { set, infinite, number } = objectOf(value);
  return set === true && infinite !== true && typeof number === 'number' ? number : undefined;
}

/** One word or a list of words: a state was the first until 23.02 and is the second since. */
export function wordsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((word): word is string => typeof word === 'string') : [];
}

/** `ESLURM_INVALID_JOB_ID` of slurm_errno.h: slurmctld has forgotten the job, or never knew it. */
export const invalidJobId = 2017;

/** What an answer holds: its JSON with the errors it names, or why there is none. */
export function readReply(answer: Answer): Reply<{ readonly json: Json; readonly errors: readonly Json[] }> {
  if (answer.timedOut) return { unanswered: 'slurmrestd did not answer within its limit' };
  if (answer.status === null) return { unanswered: `slurmrestd cannot be reached: ${answer.stderr.trim()}` };
  let json: unknown;
  try {
    json = JSON.parse(answer.stdout);
  } catch {
    const said = answer.stdout.trim().slice(0, 200) || 'nothing';
    return { unanswered: `slurmrestd said ${said} (HTTP ${answer.status})` };
  }
  return { ok: { json: objectOf(json), errors: objectsOf(objectOf(json).errors) } };
}

/** The errors in words. */
export function errorWords(errors: readonly Json[]): string {
  const words = errors.map(({ error, description }) => [textOf(description), textOf(error)].filter(Boolean).join(': '));
  return words.filter(Boolean).join('; ') || 'an error without words';
}

/** Slurm's number of an error: `error_number`, in 22.05 sometimes `error_code`. */
export function errorNumber({ error_number: number, error_code: code }: Json): number | undefined {
  return numberOf(number) ?? numberOf(code);
}
