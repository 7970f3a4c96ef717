/** Programs that do what they should not: each spoils its own case, says so, and takes nothing else with it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunRecord } from '../../src/store/run-record.ts';
import { assay, home, image, site, tester } from './login.ts';

const folder = join(home, 'hostile');

/** A suite of tests that should print `a=1`, each with a command of its own; `file` is where `a` is looked for. */
function suite(name: string, tests: Readonly<Record<string, { readonly script: string; readonly file?: string }>>) {
  const directory = join(folder, name);
  mkdirSync(directory, { recursive: true });
  const texts = Object.entries(tests).map(
    ([test, { script, file = 'stdout' }]) => `  ${test}:
    geometry: { nodes: 1, ranks: 1 }
    time_limit: 30s
    command: [sh, -c, ${JSON.stringify(script)}]
    observations: { a: { parser: keyvalue, file: ${file}, key: a, unit: "1" } }
    checks: { right: { kind: equals, of: a, expect: 1, why: It should print one. } }
`,
  );
  writeFileSync(join(directory, 'suite.yaml'), `suite: ${name}\ntests:\n${texts.join('')}`);
  return directory;
}

function run(directory: string) {
  const { status, stdout, stderr } = tester(
    assay,
    'run',
    directory,
    '--image',
    image,
    '--site',
    site,
    '--fresh',
    '--json',
  );
  expect(stderr).not.toContain('a bug');
  const { cases } = JSON.parse(stdout) as Pick<RunRecord, 'cases'>;
  return { status, cases: Object.fromEntries(cases.map((one) => [one.test, `${one.verdict}: ${one.reason}`])) };
}

beforeAll(() => {
  mkdirSync(folder, { recursive: true });
  execFileSync('chown', ['tester', folder]);
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

it('files that cannot be read and files that are too large make their own case invalid, and no other', () => {
  const { status, cases } = run(
    suite('leavings', {
      honest: { script: 'echo a=1' },
      locked: { script: 'mkdir d; echo x >d/f; chmod 000 d; echo a=1' },
      secret: { script: 'echo x >secret; chmod 000 secret; echo a=1' },
      holes: { script: 'truncate -s 15T holes; echo a=1' },
      named: { script: 'printf x >"$(printf \'n\\377\')"; echo a=1' },
      large: { script: 'truncate -s 600M out; echo a=1', file: 'out' },
    }),
  );
  expect(cases.honest).toMatch(/^pass/);
  expect(cases.locked).toMatch(
    /^invalid: the case left .*\/work\/d, which cannot be kept: its own user may not read it/,
  );
  expect(cases.secret).toMatch(/^invalid: the case left .*\/work\/secret,/);
  expect(cases.holes).toMatch(/^invalid: the case left .*\/work\/holes, which cannot be kept: .*too large/);
  expect(cases.named).toMatch(/^invalid: the case left .*\/work\/n\ufffd, .*not UTF-8/);
  expect(cases.large).toMatch(/^invalid: a is missing: the output out has 629.1 MB, more than/);
  expect(status).toBe(1);
});

it('a program that rewrites the suite it is judged by is not judged by what it wrote', () => {
  const script =
    "sed 's/expect: 1,/expect: 2,/' /mnt/suite/suite.yaml >/mnt/suite/n && mv -f /mnt/suite/n /mnt/suite/suite.yaml; echo a=2";
  const { status, cases } = run(suite('selfedit', { energy: { script } }));
  expect(cases.energy).toMatch(/^fail: a is 2, expected 1/);
  expect(status).toBe(1);
  const quiet = 'chmod u+w /mnt/suite/suite.yaml; echo >>/mnt/suite/suite.yaml; echo a=1';
  expect(run(suite('inputs', { changed: { script: quiet } })).cases.changed).toMatch(
    /^invalid: suite.yaml of suite inputs was changed by a case/,
  );
});
