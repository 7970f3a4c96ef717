import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { drawDiagnostic } from '../../src/base/diagnostic.ts';
import { HarnessError } from '../../src/base/error.ts';
import { suiteLanguage } from '../../src/flow/language.ts';
import { loadSuite } from '../../src/suite/load.ts';
import { realSystem } from '../../src/system/real-system.ts';

const system = realSystem(true);
let directory = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'assay-suite-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const good = `suite: tiny
tests:
  one:
    parameters: { product: { nodes: [1, 2], n: [10, 20] } }
    geometry: { nodes: "{{nodes}}", ranks: "{{nodes}}" }
    time_limit: 10s
    command: [app, "{{n}}", "{{suite}}/in"]
    observations:
      value: { parser: keyvalue, key: value, unit: m }
    checks:
      right: { kind: tolerance, of: value, expect: 1, absolute: 0.1, why: "It is one." }
`;

function write(text: string): void {
  writeFileSync(join(directory, 'suite.yaml'), text);
}

async function problem(
  text: string,
): Promise<{ readonly code: string; readonly shown: string; readonly lines: number[] }> {
  write(text);
  try {
    await loadSuite(system, directory, suiteLanguage);
  } catch (error) {
    if (!(error instanceof HarnessError)) throw error;
    const lines = error.diagnostics.map((one) => one.at?.line ?? 0);
    return { code: error.code, shown: error.diagnostics.map(drawDiagnostic).join('\n'), lines };
  }
  throw new Error('the suite was accepted');
}

describe('loading a suite', () => {
  it('expands parameters to cases whose names hold no site, image or digest', async () => {
    write(good);
    const suite = await loadSuite(system, directory, suiteLanguage);
    expect(suite.cases.map((item) => item.name)).toEqual([
      'tiny/one nodes=1 n=10',
      'tiny/one nodes=1 n=20',
      'tiny/one nodes=2 n=10',
      'tiny/one nodes=2 n=20',
    ]);
    expect(suite.cases[2]?.geometry).toEqual({ nodes: 2, ranks: 2, threads: 1 });
    expect(suite.cases[0]?.test.timeLimitSeconds).toBe(10);
  });

  it('shows line, caret and the word meant for a misspelt key', async () => {
    const { code, shown } = await problem(good.replace('time_limit', 'time_limt'));
    expect(code).toBe('SUITE_INVALID');
    expect(shown).toContain('unknown key "time_limt"');
    expect(shown).toContain('suite.yaml:6:5');
    expect(shown).toMatch(/ {4}time_limt: 10s\n +\^{9}\n/);
    expect(shown).toContain('did you mean "time_limit"?');
  });

  it.each([
    ['an unknown parser', good.replace('keyvalue', 'keyvalu'), 9, 'did you mean "keyvalue"'],
    ['an unknown check', good.replace('tolerance', 'tolerence'), 11, 'did you mean "tolerance"'],
    ['a check of nothing', good.replace('of: value', 'of: valu'), 11, 'no observation of this test'],
    ['an unknown placeholder', good.replace('{{n}}', '{{m}}'), 7, '{{m}} is not known here'],
    ['ranks that do not spread', good.replace('ranks: "{{nodes}}"', 'ranks: 3'), 5, 'spread evenly'],
    ['a limit that is none', good.replace('10s', 'soon'), 6, '"soon" is not a duration'],
    [
      'a metric that is none',
      good.replace('    checks:', '    performance: [rate]\n    checks:'),
      10,
      '"rate" is no observation',
    ],
  ])('points at %s', async (_what, text, line, words) => {
    const { shown, lines } = await problem(text);
    expect(shown).toContain(words);
    expect(lines).toContain(line);
  });

  it('reports every problem at once', async () => {
    const { lines } = await problem(good.replace('keyvalue', 'nothing').replace('{{n}}', '{{m}}'));
    expect(lines.length).toBe(2);
  });

  it('has a digest over names, contents and executable bits of the whole folder', async () => {
    write(good);
    writeFileSync(join(directory, 'in'), 'one');
    const first = (await loadSuite(system, directory, suiteLanguage)).digest;
    expect((await loadSuite(system, directory, suiteLanguage)).digest).toBe(first);
    chmodSync(join(directory, 'in'), 0o755);
    const second = (await loadSuite(system, directory, suiteLanguage)).digest;
    writeFileSync(join(directory, 'in'), 'two');
    const third = (await loadSuite(system, directory, suiteLanguage)).digest;
    expect(new Set([first, second, third]).size).toBe(3);
  });

  it('refuses a link in the folder: it could point anywhere', async () => {
    symlinkSync('/etc/passwd', join(directory, 'in'));
    expect((await problem(good)).code).toBe('SUITE_INPUT_INVALID');
  });
});
