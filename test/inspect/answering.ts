/** Answers for a probe made from text, as a node would have given them. */
import { readFileSync } from 'node:fs';
import { afterAll, expect } from 'vitest';
import type { Fact } from '../../src/inspect/facts.ts';
import {
  type FingerprintName,
  isSlow,
  type NodeAnswer,
  type NodeAnswers,
  type Probe,
  sourceOf,
} from '../../src/inspect/probe.ts';
import { byShell, byTypeScript, type Case, type Left } from './fingerprint-cases.ts';
import { shells } from './scratch-collector.ts';

/** Text of an answer, or the exit status with the text, or why there is none. */
export type Given =
  | string
  | Uint8Array
  | { readonly status: number; readonly text: string }
  | { readonly unknown: 'absent' | 'denied' | 'error' | 'timeout' };

// Every node that a test composes is held to the shell's form of its fingerprints too, once the tests of its file are
// over: the first ones, for tests of damaged answers compose thousands.
const composed = new Map<string, { readonly probe: Probe; readonly node: Case }>();
const mostComposed = 80;
afterAll(async () => {
  const shell = shells[0];
  const names = [...new Set([...composed.values()].flatMap(({ probe }) => Object.keys(probe.fingerprints)))];
  for (const name of names as FingerprintName[]) {
    const nodes = [...composed.values()].flatMap(({ probe, node }) => (probe.fingerprints[name] ? [node] : []));
    if (shell) expect(await byShell(shell, name, nodes)).toEqual(nodes.map((node) => byTypeScript(name, node)));
  }
}, 300_000);

function leftBy(given: Given): Left {
  if (typeof given === 'string' || given instanceof Uint8Array) return { status: 'ok', out: Buffer.from(given) };
  if ('unknown' in given)
    return { status: given.unknown === 'timeout' ? 'timeout=5' : given.unknown, out: Buffer.alloc(0) };
  return { status: given.status === 0 ? 'ok' : `exit=${given.status}`, out: Buffer.from(given.text) };
}

function compose(probe: Probe, given: Readonly<Record<string, Given>>): void {
  if (composed.size >= mostComposed || Object.keys(probe.fingerprints).length === 0) return;
  const fast = probe.asks.filter((ask) => !isSlow(ask) && given[ask.id] !== undefined);
  // Only a command can end with a status of its own.
  if (fast.some((ask) => ask.kind !== 'command' && leftBy(given[ask.id] ?? '').status.startsWith('exit='))) return;
  const node = Object.fromEntries(fast.map(({ id }) => [`${probe.name}.${id}`, leftBy(given[id] ?? '')]));
  composed.set(`${probe.name} ${JSON.stringify(node)}`, { probe, node });
}

/** The answers to a probe's asks; what is not given is absent. */
export function answersOf(probe: Probe, given: Readonly<Record<string, Given>>): NodeAnswers {
  compose(probe, given);
  return (id): NodeAnswer => {
    const ask = probe.asks.find((each) => each.id === id);
    if (!ask) throw new Error(`${probe.name} does not ask ${id}`);
    const source = sourceOf(ask);
    const answer = given[id];
    if (answer === undefined) return { kind: 'unknown', unknown: 'absent', why: `there is no ${source}`, source };
    if (typeof answer === 'string') return { kind: 'content', bytes: Buffer.from(answer), status: 0, source };
    if (answer instanceof Uint8Array) return { kind: 'content', bytes: answer, status: 0, source };
    if ('unknown' in answer) return { kind: 'unknown', unknown: answer.unknown, why: 'as given', source };
    return { kind: 'content', bytes: Buffer.from(answer.text), status: answer.status, source };
  };
}

/** The facts a probe reads from these answers; what is not given is absent. With `slow`, those of the slow tier alone. */
export function read(
  probe: Probe,
  given: Readonly<Record<string, Given>>,
  tier: 'fast' | 'slow' = 'fast',
): Readonly<Record<string, Fact>> {
  const reading = tier === 'slow' ? (probe.readSlow ?? (() => [])) : probe.read;
  const rows = reading(answersOf(probe, given));
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

/** A captured output below test/fixtures without its first line, which names command and version. */
export function captured(path: string): string {
  const text = readFileSync(new URL(`../fixtures/${path}`, import.meta.url), 'utf8');
  return text.slice(text.indexOf('\n') + 1);
}

/**
 * Damaged forms of a text, the same for the same seed: bytes flipped, ends cut off, lines repeated or out of order,
 * carriage returns, other bytes than UTF-8, nothing, and a run of one byte long enough to show a slow pattern.
 */
export function* damaged(text: string, count: number): Generator<Uint8Array> {
  const whole = Buffer.from(text);
  yield Buffer.alloc(0);
  yield Buffer.from(text.replaceAll('\n', '\r\n'));
  for (const byte of [' ', '\n', '\t', 'a', '1', '-', '/', ':', '"', '\0'])
    yield Buffer.concat([whole.subarray(0, Math.min(200, whole.length)), Buffer.alloc(300_000, byte), whole]);
  let state = 12345;
  const random = (below: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.floor((state / 2 ** 32) * Math.max(below, 1));
  };
  for (let index = 0; index < count; index += 1) {
    const bytes = Buffer.from(whole.subarray(0, index % 3 === 0 ? random(whole.length) : whole.length));
    for (let flips = random(8); flips > 0 && bytes.length > 0; flips -= 1) bytes[random(bytes.length)] = random(256);
    if (index % 5 !== 0) yield bytes;
    else
      yield Buffer.from(
        bytes
          .toString('latin1')
          .split('\n')
          .sort(() => random(3) - 1)
          .join('\n'),
        'latin1',
      );
  }
}
