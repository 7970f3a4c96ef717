import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { lint } from '../../src/flow/lint.ts';
import { realSystem } from '../../src/system/real-system.ts';

it('says of every shipped file what it declares', async () => {
  const files = await lint(realSystem(true), [
    'suites/wireup',
    'suites/lammps/suite.yaml',
    'sites/cluster.yaml',
    'sites/policy-demo.yaml',
  ]);
  expect(files.map(({ declares }) => declares)).toEqual([
    expect.stringMatching(/^suite wireup: \d+ tests?, \d+ cases?$/),
    expect.stringMatching(/^suite lammps: 1 test, 4 cases$/),
    'site cluster: 1 partition',
    expect.stringMatching(/^policy /),
  ]);
});

it('says what is wrong with each and where, and goes on to the next', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'assay-lint-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const put = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  mkdirSync(join(folder, 'suite'));
  put('suite/suite.yaml', 'suite: s\ntests:\n  t: { geometri: { nodes: 1, ranks: 1 } }\n');
  const files = await lint(realSystem(true), [
    join(folder, 'suite'),
    put('site.yaml', 'site: s\npartitions: {}\n'),
    put('policy.yaml', 'policy: p\nsuits: []\n'),
    put('broken.yaml', 'site: [\n'),
    put('other.yaml', 'services: {}\n'),
    put('list.yaml', '- 1\n'),
    put('empty.yaml', ''),
    join(folder, 'missing.yaml'),
    'sites/cluster.yaml',
  ]);
  expect(files.map(({ error }) => error?.code)).toEqual([
    ...['SUITE_INVALID', 'SITE_INVALID', 'CERTIFY_POLICY_INVALID', 'SITE_INVALID'],
    ...['FLOW_LINT_UNKNOWN', 'FLOW_LINT_UNKNOWN', 'FLOW_LINT_UNKNOWN', 'FLOW_LINT_UNKNOWN', undefined],
  ]);
  expect(files[0]?.error?.diagnostics[0]).toMatchObject({ at: { line: 3 } });
  expect(files[3]?.error?.diagnostics[0]?.at).toBeDefined();
});
