import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { differencesBetween } from '../../src/inspect/comparison/difference.ts';
import { deviationsAmong } from '../../src/inspect/comparison/uniformity.ts';
import type { Fact, Facts } from '../../src/inspect/facts.ts';
import { fingerprintKeys, fingerprintOf, fingerprintsOf } from '../../src/inspect/fingerprint.ts';
import { flatFacts } from '../../src/inspect/inspect.ts';
import { isSlow, type NodeAnswer } from '../../src/inspect/probe.ts';
import { probes } from '../../src/inspect/probes/index.ts';

const known = (value: string): Fact => ({ value, source: 'test' });
const lost = (unknown: 'absent' | 'denied' | 'timeout'): Fact => ({ unknown, why: 'so it is', source: 'test' });

/** Facts of every key in the kernel's fingerprint; `changed` names some of them otherwise, or more, by `group.key` or key. */
function kernelFacts(node: string, changed: Readonly<Record<string, Fact>> = {}): Facts {
  const groups: Record<string, Record<string, Fact>> = { kernel: {}, modules: {} };
  const put = (path: string, fact: Fact): void => {
    const dot = path.indexOf('.');
    const [group, key] = dot < 0 ? ['kernel', path] : [path.slice(0, dot), path.slice(dot + 1)];
    groups[group] = { ...groups[group], [key]: fact };
  };
  for (const path of fingerprintKeys('kernel', probes)) put(path, known(`${path} " Z`));
  for (const [path, fact] of Object.entries(changed)) put(path, fact);
  return { node, groups };
}

describe('fingerprint', () => {
  test('is what a shell computes over the same lines', () => {
    const fingerprint = fingerprintOf('kernel', kernelFacts('n1'), probes);
    if (!('text' in fingerprint)) throw new Error(fingerprint.why);
    const input = fingerprint.text
      .split('\n')
      .filter(Boolean)
      .reverse()
      .map((line) => `${line}\n`)
      .join('');
    const digest = execFileSync('sh', ['-c', 'LC_ALL=C sort | sha256sum'], { input }).toString().slice(0, 64);
    expect(fingerprint.digest).toBe(`sha256:${digest}`);
    expect(fingerprint.text).toContain('assay.fingerprint=kernel/3\n');
  });
  test('changes with each of its keys and with nothing else', () => {
    const of = (facts: Facts) => JSON.stringify(fingerprintOf('kernel', facts, probes));
    expect(of(kernelFacts('n2', { taint: known('512'), 'boot-id': known('x') }))).toBe(of(kernelFacts('n1')));
    for (const key of fingerprintKeys('kernel', probes))
      expect(of(kernelFacts('n1', { [key]: known('other') }))).not.toBe(of(kernelFacts('n1')));
  });
  test('one unknown line, a value of several lines or of other letters, or a missing row makes it unknown, with why', () => {
    const denied = fingerprintOf('kernel', kernelFacts('n1', { 'config-digest': lost('denied') }), probes);
    expect(denied).toEqual({ name: 'kernel', unknown: 'denied', why: 'kernel.config-digest is unknown: so it is' });
    for (const text of ['a\nb', 'é', 'a\u00a0b', '\ufffd', ''])
      expect(fingerprintOf('kernel', kernelFacts('n1', { version: known(text) }), probes)).toMatchObject({
        unknown: 'error',
      });
    expect(fingerprintOf('kernel', { node: 'n1', groups: {} }, probes)).toMatchObject({ unknown: 'error' });
  });
  test('hold facts of the fast tier alone, which every run has', () => {
    const absent = (): NodeAnswer => ({ kind: 'unknown', unknown: 'absent', why: 'test', source: 'test' });
    for (const probe of probes) {
      const keys = probe
        .read((id) => {
          expect(probe.asks.filter(isSlow).map((ask) => ask.id)).not.toContain(id);
          return absent();
        })
        .map(({ key }) => key);
      for (const key of Object.values(probe.fingerprints).flat()) expect(keys).toContain(key);
    }
  });
  test('there are four', () => {
    expect(fingerprintsOf(kernelFacts('n1'), probes).map(({ name }) => name)).toEqual([
      'kernel',
      'fabric',
      'mpi',
      'gpu',
    ]);
  });
});

describe('difference', () => {
  test('values, unknown facts and missing rows', () => {
    const left: Facts = {
      node: 'a',
      groups: {
        g: { same: known('1'), other: known('1'), gone: lost('absent'), dark: lost('denied'), mine: known('1') },
      },
    };
    const right: Facts = {
      node: 'b',
      groups: { g: { same: known('1'), other: known('2'), gone: lost('absent'), dark: lost('denied') } },
    };
    expect(differencesBetween(left, right).map(({ key, kind }) => `${key} ${kind}`)).toEqual([
      'dark unknown',
      'mine only',
      'other value',
    ]);
    expect(differencesBetween(left, left).map(({ key }) => key)).toEqual(['dark']);
  });
});

describe('uniformity', () => {
  test('names the nodes that stand out, and leaves a node its own keys', () => {
    const nodes = ['n1', 'n2', 'n3'].map((node) => kernelFacts(node, { 'boot-id': known(node) }));
    expect(deviationsAmong(nodes, probes)).toEqual([]);
    const odd = deviationsAmong([...nodes, kernelFacts('n4', { release: known('old') })], probes);
    expect(odd).toEqual(
      [
        { group: 'kernel', key: 'boot-id', nodes: expect.anything() },
        {
          group: 'kernel',
          key: 'release',
          majority: { value: 'kernel.release " Z', nodes: 3 },
          nodes: [{ node: 'n4', fact: known('old') }],
        },
      ].slice(1),
    );
  });
  test('without a majority every node is shown; an unknown fact never agrees', () => {
    const two = [kernelFacts('n1', { release: known('a') }), kernelFacts('n2', { release: known('b') })];
    expect(deviationsAmong(two, probes)).toMatchObject([{ key: 'release', nodes: [{ node: 'n1' }, { node: 'n2' }] }]);
    expect(deviationsAmong(two, probes)[0]).not.toHaveProperty('majority');
    const dark = [1, 2].map((n) => kernelFacts(`n${n}`, { release: lost('timeout') }));
    expect(deviationsAmong(dark, probes)).toMatchObject([{ key: 'release', nodes: [{}, {}] }]);
  });
});

test('facts as rows, sorted', () => {
  const facts: Facts = { node: 'n', groups: { b: { y: known('1'), x: known('2') }, a: { z: lost('absent') } } };
  expect(flatFacts(facts).map(({ group, key }) => `${group}.${key}`)).toEqual(['a.z', 'b.x', 'b.y']);
});
