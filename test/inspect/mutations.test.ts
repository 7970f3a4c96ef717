/** Damaged answers: whatever bytes a node sends, a probe gives facts or says why not, and damage stays where it was done. */
import { execFileSync } from 'node:child_process';
import { beforeAll, describe, expect, test } from 'vitest';
import { factValue } from '../../src/inspect/facts.ts';
import type { NodeAnswer, NodeAnswers, Probe } from '../../src/inspect/probe.ts';
import { probes } from '../../src/inspect/probes/index.ts';
import { factsFrom, readFacts } from '../../src/inspect/read-collected.ts';
import { nonce, rendered, scratch } from './scratch-collector.ts';

let text = '';
/** The answers of this machine, by probe and ask. */
const collected = new Map<string, ReadonlyMap<string, NodeAnswer>>();
beforeAll(async () => {
  const collector = await rendered(scratch(), { probes });
  text = execFileSync('sh', [collector, '-', 'facts', 'slow'], { encoding: 'utf8', maxBuffer: 1 << 28 });
  const listening = probes.map((probe): Probe => {
    const read: Probe['read'] = (answers) => {
      collected.set(probe.name, new Map(probe.asks.map(({ id }) => [id, answers(id)])));
      return probe.read(answers);
    };
    return { ...probe, read };
  });
  readFacts(text, { nonce, probes: listening, slow: true });
});

/** A generator of numbers below a bound, the same at every run (Numerical Recipes, ranqd1). */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state % below;
  };
}

const absent: NodeAnswer = { kind: 'unknown', unknown: 'absent', why: 'left out', source: 'left out' };

type Damage = (bytes: Buffer, random: (below: number) => number) => Buffer;
const damages: readonly Damage[] = [
  (bytes, random) => {
    const copy = Buffer.from(bytes);
    for (let count = 1 + random(8); count > 0 && copy.length > 0; count -= 1) copy[random(copy.length)] = random(256);
    return copy;
  },
  (bytes, random) => bytes.subarray(0, random(bytes.length + 1)),
  (bytes, random) => bytes.subarray(random(bytes.length + 1)),
  (bytes) => Buffer.from(bytes.toString('latin1').replaceAll('\n', '\r\n'), 'latin1'),
  (bytes) => Buffer.from(bytes.toString('latin1').replaceAll('.', ','), 'latin1'),
  () => Buffer.alloc(0),
  (bytes) => Buffer.concat([bytes, bytes, bytes]),
  (_bytes, random) => Buffer.from(Array.from({ length: random(300) }, () => random(256))),
  (bytes) => Buffer.from(bytes.toString('latin1').split('\n').reverse().join('\n'), 'latin1'),
  (bytes) => Buffer.from(bytes.toString('latin1').replaceAll(/\d+/g, '999999999999999999999'), 'latin1'),
];

const read = (probe: Probe, answers: NodeAnswers) =>
  new Map(Object.entries(factsFrom(probe, answers, true)).map(([key, fact]) => [key, JSON.stringify(fact)]));

describe.each(probes.map((probe) => ({ name: probe.name, probe })))('the probe $name', ({ probe }) => {
  test('gives facts for 10,000 damaged answers, and changes those of the damaged source alone', () => {
    const answers: NodeAnswers = (id) => collected.get(probe.name)?.get(id) ?? absent;
    const sound = read(probe, answers);
    const given = probe.asks.flatMap((ask) => {
      const answer = answers(ask.id);
      return answer.kind === 'content' ? [{ ask, answer }] : [];
    });
    // What an ask has a say in: all that is another without it.
    const concerned = new Map(
      given.map(({ ask }) => {
        const without = read(probe, (id) => (id === ask.id ? absent : answers(id)));
        return [ask.id, new Set([...sound.keys()].filter((key) => without.get(key) !== sound.get(key)))];
      }),
    );
    const random = numbers(7);
    expect(given.length).toBeGreaterThan(0);
    for (let round = 0; round < 10_000; round += 1) {
      const chosen = given[round % given.length];
      const damage = damages[random(damages.length)];
      if (!chosen || !damage) continue;
      const bytes = damage(Buffer.from(chosen.answer.bytes), random);
      const found = read(probe, (id) => (id === chosen.ask.id ? { ...chosen.answer, bytes } : answers(id)));
      for (const [key, fact] of sound)
        if (found.get(key) !== fact && !concerned.get(chosen.ask.id)?.has(key))
          expect.fail(`${probe.name}.${key} changed with ${chosen.ask.id}: ${fact} to ${found.get(key)}`);
      for (const [key, fact] of found)
        if (Object.values<string>(JSON.parse(fact)).some((part) => /[\0-\x1f\x7f]/.test(part)))
          expect.fail(`${probe.name}.${key} is no line: ${fact}`);
    }
  }, 60_000);
});

test('a flipped byte anywhere never changes a fact into another: it is the same or it is unknown', () => {
  const sound = readFacts(text, { nonce, probes, slow: true });
  const random = numbers(11);
  const bytes = Buffer.from(text);
  for (let round = 0; round < 300; round += 1) {
    const copy = Buffer.from(bytes);
    copy[random(copy.length)] = random(256);
    const facts = readFacts(copy.toString('utf8'), { nonce, probes, node: sound.node, slow: true });
    for (const [group, rows] of Object.entries(facts.groups))
      for (const [key, fact] of Object.entries(rows))
        if ('value' in fact) expect(fact.value, `${group}.${key}`).toBe(factValue(sound, group, key) ?? fact.value);
  }
});
