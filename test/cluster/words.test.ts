/** Words that a shell, a template or a log would read in their own way: they reach the program as they were written. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { assay, home, image, shared, site as shipped, tester } from './login.ts';

// The names of folders are hostile too: every script of the run lies below them.
const folder = join(home, `words $(touch pwned) 'a" {{b}} ${process.pid}`);
const site = join(folder, 'site.yaml');
const suite = join(folder, 'suite');

const words = [
  ...[
    "it's",
    'say "so"',
    '$(touch pwned)',
    '`touch pwned`',
    '$' + '{HOME}',
    '$HOME',
    '; touch pwned',
    '&& touch pwned',
    '| cat',
  ],
  ...[
    '{{nonce}}x',
    '{{{triple}}}',
    '{{#if a}}b{{/if}}',
    '&amp; <b>',
    '\\',
    '\\\\n',
    'a\\',
    '*',
    '~',
    '-n',
    '--help',
    '%s%n',
  ],
  ...[
    'ünï ¢ødé 漢字 🙂',
    'tab\there',
    'two\nlines',
    'end\n',
    ' lead',
    'trail ',
    '!history',
    '#no comment',
    "'\\''",
    "'quoted'",
    "''twice''",
    "''",
    "'",
    '\u202eright',
  ],
];

beforeAll(() => {
  mkdirSync(suite, { recursive: true });
  const tests = {
    echo: {
      geometry: { nodes: 1, ranks: 1 },
      time_limit: '60s',
      parameters: { points: words.map((word) => ({ word })) },
      // Bytes in hex, each with its word behind a comma, so that nothing is lost in a line.
      command: [
        'sh',
        '-c',
        'printf %s "$1" | od -An -v -tx1 | tr -d " \\n" | sed "s/^/argument=/"; echo; printf %s "$WORD" | od -An -v -tx1 | tr -d " \\n" | sed "s/^/variable=/"; echo',
        'sh',
        '{{word}}',
      ],
      environment: { WORD: '{{word}}' },
      observations: {
        argument: { parser: 'keyvalue', key: 'argument', unit: '', type: 'text' },
        variable: { parser: 'keyvalue', key: 'variable', unit: '', type: 'text' },
      },
      checks: {
        kept: {
          kind: 'one-of',
          of: 'argument',
          values: words.map((word) => Buffer.from(word).toString('hex')),
          why: 'As written.',
        },
      },
    },
  };
  writeFileSync(join(suite, 'suite.yaml'), JSON.stringify({ suite: 'words', tests }));
  const text = readFileSync(shipped, 'utf8')
    .replace('~/assay/runs', JSON.stringify(join(folder, 'runs')))
    .replace('~/assay/images', JSON.stringify(join(home, 'assay/images')))
    .replace('~/assay/assay.db', JSON.stringify(join(folder, 'assay.db')))
    .replace('../../../registry', join(shared, 'registry'));
  writeFileSync(site, text);
  execFileSync('chown', ['-R', 'tester:', folder]);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('reach the program byte for byte, as arguments and as variables', () => {
  const { status, stderr, stdout } = tester(assay, 'run', suite, '--image', image, '--site', site, '--fresh');
  expect(status, stderr + stdout).toBe(0);
  const [id = ''] = readdirSync(join(folder, 'runs')).filter((name) => !name.startsWith('.'));
  const steps = join(folder, 'runs', id, 'allocations/a1/steps');
  const seen = readdirSync(steps).map((step) => readFileSync(join(steps, step, 'stdout'), 'utf8'));
  const hex = words.map((word) => Buffer.from(word).toString('hex'));
  const told = (key: string) => seen.flatMap((text) => new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1] ?? []).sort();
  expect(told('argument')).toEqual([...hex].sort());
  expect(told('variable')).toEqual([...hex].sort());
});

it('nothing was run by them, and the tables they stand in keep their lines', () => {
  const found = execFileSync('find', [home, '-maxdepth', '6', '-name', 'pwned'], { encoding: 'utf8' });
  expect(found).toBe('');
  expect(existsSync('pwned')).toBe(false);
  const { stdout } = tester(assay, 'show', 'latest', '--site', site);
  expect(stdout).not.toContain('\u202e');
  expect(stdout.match(/^words\/echo .* pass *$/gm)).toHaveLength(words.length);
});
