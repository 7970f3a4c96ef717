/** What is taken for a file of facts. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { readFactsFile } from '../../src/flow/facts-file.ts';
import { realSystem } from '../../src/system/real-system.ts';

const fact = { value: '6.1', source: '/proc' };

/** Reads a file of these nodes. */
function read(nodes: unknown) {
  const folder = mkdtempSync(join(tmpdir(), 'assay-facts-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'facts.json'), JSON.stringify({ nodes }));
  return readFactsFile(realSystem(true), join(folder, 'facts.json'));
}
const node = (release: unknown, name = 'n1') => ({ node: name, groups: { kernel: { release } } });

it('takes facts with a value or a reason', async () => {
  const denied = { unknown: 'denied', why: 'no right', source: '/proc' };
  expect(await read([node(fact), node(denied, 'n2')])).toHaveLength(2);
});

it.each([
  ['a number for a value', [node({ value: 5, source: '/proc' })]],
  ['no source', [node({ value: '5' })]],
  ['value and reason', [node({ ...fact, unknown: 'denied', why: '' })]],
  ['neither', [node({ source: '/proc' })]],
  ['a reason that is none', [node({ unknown: 'weird', why: '', source: '/proc' })]],
  ['no words of the reason', [node({ unknown: 'denied', source: '/proc' })]],
  ['a list for a group', [{ node: 'n1', groups: { kernel: [fact] } }]],
  ['a list for the groups', [{ node: 'n1', groups: [] }]],
  ['no name', [node(fact, '')]],
  ['one node twice', [node(fact), node(fact)]],
  ['no nodes', []],
  ['null', [null]],
])('refuses %s', async (_what, nodes) => {
  await expect(read(nodes)).rejects.toMatchObject({ code: 'FLOW_FACTS_INVALID' });
});
