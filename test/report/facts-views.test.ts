import { expect, test } from 'vitest';
import { diffNodes } from '../../src/inspect/comparison/node-diff.ts';
import { uniformityOf } from '../../src/inspect/comparison/uniformity.ts';
import type { Fact, Facts } from '../../src/inspect/facts.ts';
import { probes } from '../../src/inspect/probes/index.ts';
import { differenceText } from '../../src/report/difference-view.ts';
import { factsText } from '../../src/report/facts-view.ts';
import { uniformityText } from '../../src/report/uniformity-view.ts';

const known = (value: string): Fact => ({ value, source: '/proc' });
const node = (name: string, kernel: Record<string, Fact>, modules: Record<string, Fact> = {}): Facts => ({
  node: name,
  groups: { kernel: { release: known('6.1'), 'boot-id': known(name), ...kernel }, modules },
});

test('128 nodes fit one screen, and the one that stands out is named with what it says', () => {
  const nodes = Array.from({ length: 128 }, (_, index) => node(`node${index + 1}`, {}));
  const alike = uniformityText(uniformityOf(nodes, probes));
  expect(alike).toContain('128 nodes agree in every fact that is not their own');
  nodes[6] = node('node7', { release: known('5.14') }, { mlx5_core: known('version=1') });
  const text = uniformityText(uniformityOf(nodes, probes));
  expect(text.split('\n').length).toBeLessThan(24);
  expect(text).toContain('128 nodes, one node not as most, in 2 facts');
  expect(text).toMatch(/^kernel\.release +node7 +5\.14 +6\.1 \(127\)$/m);
  expect(text.indexOf('kernel.release')).toBeLessThan(text.indexOf('modules.mlx5_core'));
});

test('however much differs, a screen is not left, and --all shows the rest', () => {
  const modules = (version: string) =>
    Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`m${index}`, known(version)]));
  const found = uniformityOf(
    [node('a', {}, modules('1')), node('b', {}, modules('1')), node('c', {}, modules('2'))],
    probes,
  );
  expect(uniformityText(found).split('\n').length).toBeLessThan(45);
  expect(uniformityText(found)).toContain('more rows (--all)');
  expect(uniformityText(found, true).match(/^modules\./gm)).toHaveLength(300);
});

test('facts that the same nodes do not tell for one reason are one row; what they say otherwise keeps its own', () => {
  const late: Fact = { unknown: 'timeout', why: 'no answer in 20 s', source: '/sys' };
  const keys = ['smt', 'thp', 'taint', 'livepatches'];
  const all = (fact: Fact) => Object.fromEntries(keys.map((key) => [key, fact]));
  const nodes = Array.from({ length: 9 }, (_, index) => node(`node${index + 1}`, all(known('on'))));
  nodes[3] = node('node4', { ...all(late), release: known('5.14') });
  nodes[4] = node('node5', all(late));
  nodes[5] = node('node6', { ...all(known('on')), smt: known('off') });
  const found = uniformityOf(nodes, probes);
  const rows = uniformityText(found).match(/^kernel\..*$/gm) ?? [];
  expect(rows.filter((row) => /and 3 more +node\[4-5\] +unknown \(timeout\)/.test(row))).toHaveLength(1);
  expect(rows.filter((row) => /node4 +5\.14|node6 +off/.test(row))).toHaveLength(2);
  expect(rows).toHaveLength(3);
  expect(uniformityText(found, true).match(/^kernel\..*$/gm)).toHaveLength(6);
});

test('nodes in which the same things changed are told once; their own facts only with --all', () => {
  const pair = (name: string, release: string) =>
    diffNodes(node(name, {}), node(name, { release: known(release), 'boot-id': known('other') }), probes);
  const diff = { nodes: [pair('n1', '6.2'), pair('n2', '6.1'), pair('n3', '6.2')], onlyLeft: ['old'], onlyRight: [] };
  const text = differenceText(diff);
  expect(text).toContain('n[1,3]: one fact differs, 0 equal, one fact of their own hidden (--all)');
  expect(text).toContain('n2: nothing differs, 1 equal');
  expect(text.match(/kernel\.release/g)).toHaveLength(1);
  expect(text).toContain('only in the first: old');
  expect(text).not.toContain('boot-id');
  expect(differenceText(diff, true)).toContain('kernel.boot-id');
});

test('of two long command lines the words are shown that differ, wherever they stand', () => {
  const line = Array.from({ length: 40 }, (_, index) => `option${index}=1`);
  const other = [...line.slice(0, 30), 'mitigations=off', ...line.slice(30)];
  const pair = diffNodes(
    node('n', { 'command-line': known(line.join(' ')) }),
    node('n', { 'command-line': known(other.join(' ')) }),
    probes,
  );
  const text = differenceText({ nodes: [pair], onlyLeft: [], onlyRight: [] });
  expect(text).toMatch(/^kernel\.command-line +… the same words +… mitigations=off$/m);
});

test('what no node can tell makes none of them stand out, and is said', () => {
  const lost: Fact = { unknown: 'timeout', why: 'it hung', source: 'tool' };
  const dark = ['a', 'b'].map((name) => node(name, { smt: lost }));
  const found = uniformityOf(dark, probes);
  expect(found.deviations).toEqual([]);
  expect(uniformityText(found)).toContain('2 nodes agree');
  expect(uniformityText(found)).toContain('known of no node: kernel.smt');
  const one = uniformityOf([...dark, node('c', { smt: known('on') })], probes);
  expect(one.deviations.map(({ key }) => key)).toEqual(['smt']);
  const [a, b] = dark;
  const pair = a && b && diffNodes(a, b, probes);
  expect(pair?.differences).toEqual([]);
  expect(differenceText({ nodes: pair ? [pair] : [], onlyLeft: [], onlyRight: [] })).toContain(
    'one fact not known in either',
  );
});

test('a fact that all nodes tell is one row; one that differs has a row for each value', () => {
  const nodes = [1, 2, 3].map((index) => node(`n${index}`, { release: known(index === 2 ? '5.14' : '6.1') }));
  const text = factsText(nodes);
  expect(text).toMatch(/^kernel\.release +n\[1,3\] +6\.1\nkernel\.release +n2 +5\.14$/m);
  expect(factsText([node('n1', { smt: known('on') }), node('n2', { smt: known('on') })])).toMatch(
    /^kernel\.smt +all +on$/m,
  );
  expect(factsText(nodes.slice(0, 1))).toMatch(/^FACT +VALUE\nkernel\.release +6\.1$/m);
});
