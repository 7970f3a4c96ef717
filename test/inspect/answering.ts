/** Answers for a probe made from text, as a node would have given them. */
import type { Fact } from '../../src/inspect/facts.ts';
import { type NodeAnswer, type Probe, sourceOf } from '../../src/inspect/probe.ts';

/** Text of an answer, or the exit status with the text, or why there is none. */
export type Given =
  | string
  | Uint8Array
  | { readonly status: number; readonly text: string }
  | { readonly unknown: 'absent' | 'denied' | 'error' | 'timeout' };

/** The facts a probe reads from these answers; what is not given is absent. */
export function read(probe: Probe, given: Readonly<Record<string, Given>>): Readonly<Record<string, Fact>> {
  const rows = probe.read((id): NodeAnswer => {
    const ask = probe.asks.find((each) => each.id === id);
    if (!ask) throw new Error(`${probe.name} does not ask ${id}`);
    const source = sourceOf(ask);
    const answer = given[id];
    if (answer === undefined) return { kind: 'unknown', unknown: 'absent', why: `there is no ${source}`, source };
    if (typeof answer === 'string') return { kind: 'content', bytes: Buffer.from(answer), status: 0, source };
    if (answer instanceof Uint8Array) return { kind: 'content', bytes: answer, status: 0, source };
    if ('unknown' in answer) return { kind: 'unknown', unknown: answer.unknown, why: 'as given', source };
    return { kind: 'content', bytes: Buffer.from(answer.text), status: answer.status, source };
  });
  return Object.fromEntries(rows.map(({ key, fact }) => [key, fact]));
}

/** The value, or `unknown: why` in short. */
export function short(fact: Fact | undefined): string {
  if (!fact) return 'no row';
  return 'value' in fact ? fact.value : `?${fact.unknown}`;
}

/** An answer to a `small` ask. */
export function small(files: Readonly<Record<string, string>>): string {
  return Object.entries(files)
    .map(([path, value]) => `v ${path}\t${value}\n`)
    .join('');
}
