/** What goes wrong around and in the steps of a run: each has its verdict, and nothing is left in the queue. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { start } from './kill.ts';
import { as, assay, type Ended, home, image, jobsOf, shared, site as shipped, tester } from './login.ts';

const folder = join(home, `faults-${process.pid}`);
const site = join(folder, 'site.yaml');

/** A suite of cases by name, each a shell script with a time limit; gives its folder. */
function suiteOf(name: string, cases: Readonly<Record<string, string>>, limit = '60s'): string {
  const suite = join(folder, name);
  mkdirSync(suite, { recursive: true });
  const tests = Object.entries(cases).map(([test, script]) => [
    test,
    {
      geometry: { nodes: 1, ranks: 1 },
      time_limit: limit,
      command: ['sh', '-c', script],
      observations: { value: { parser: 'keyvalue', key: 'value', unit: '1' } },
      checks: { right: { kind: 'equals', of: 'value', expect: 1, why: 'It was asked for.' } },
    },
  ]);
  writeFileSync(join(suite, 'suite.yaml'), JSON.stringify({ suite: name, tests: Object.fromEntries(tests) }));
  return suite;
}

const words = (suite: string) => ['run', suite, '--image', image, '--site', site, '--fresh'];
const run = (suite: string): Ended => tester(assay, ...words(suite));
/** Case and verdict of every row of the table. */
const verdicts = ({ stdout }: Ended) =>
  Object.fromEntries(
    [...stdout.matchAll(/^[a-z]+\/(\S+) +(pass|fail|invalid|error|skip)\b/gm)].map(([, name, verdict]) => [
      name,
      verdict,
    ]),
  );
/** Jobs of the newest run that are still in the queue. */
const left = () =>
  readdirSync(join(folder, 'runs'))
    .filter((name) => !name.startsWith('.'))
    .flatMap(jobsOf);
const show = () => tester(assay, 'show', 'latest', '--site', site).stdout;

beforeAll(() => {
  mkdirSync(folder, { recursive: true });
  const text = readFileSync(shipped, 'utf8')
    .replace('~/assay/runs', join(folder, 'runs'))
    .replace('~/assay/assay.db', join(folder, 'assay.db'))
    .replace('../../../registry', join(shared, 'registry'));
  writeFileSync(site, text);
  execFileSync('chown', ['-R', 'tester:', folder]);
});
beforeEach(() => {
  rmSync(join(folder, 'runs'), { recursive: true, force: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('without its accounting daemon Slurm runs all the same, and so does Assay', () => {
  execFileSync('cluster/cluster', ['service', 'slurmdbd', 'stop']);
  try {
    const ended = run(suiteOf('quiet', { plain: 'echo value=1' }));
    expect(ended.status, ended.stderr).toBe(0);
    expect(verdicts(ended)).toEqual({ plain: 'pass' });
  } finally {
    execFileSync('cluster/cluster', ['service', 'slurmdbd', 'start']);
  }
});

it('a job that somebody else cancels is an error of the site, and is not tried again', async () => {
  const running = start(words(suiteOf('cancelled', { long: 'sleep 50; echo value=1' })));
  for (let tenths = 0; tenths < 300; tenths += 1) {
    await wait(100);
    const ids = tester('squeue', '--noheader', '--me', '--steps', '--format=%i').stdout.split('\n');
    const step = ids.map((id) => id.trim()).find((id) => id.endsWith('.1'));
    if (step) {
      expect(as('root', 'scancel', step.replace('.1', '')).status).toBe(0);
      break;
    }
  }
  expect(await running.ended).toBe(4);
  expect(show()).toMatch(/cancelled\/long .* error/);
  expect(left()).toEqual([]);
});

it('a step over its limit fails, also one that ignores SIGTERM; the others are not touched', () => {
  const ended = run(
    suiteOf(
      'limits',
      { over: 'sleep 30', stubborn: 'trap "" TERM; while :; do sleep 1; done', quick: 'echo value=1' },
      '4s',
    ),
  );
  expect(verdicts(ended)).toEqual({ over: 'fail', stubborn: 'fail', quick: 'pass' });
  expect(ended.stdout).toContain("did not end within the case's time limit");
  expect(left()).toEqual([]);
});

it('outputs of every kind are read or refused with words: without a newline, with NUL, no UTF-8, 50 MB', () => {
  const ended = run(
    suiteOf('outputs', {
      cut: 'printf value=1',
      zero: "printf 'a\\000b\\nvalue=1\\n'",
      latin: "printf 'caf\\351\\nvalue=1\\n'",
      huge: 'head -c 50000000 /dev/zero | tr "\\000" "x" | fold -w 1000; echo; echo value=1',
      twice: 'echo value=1; echo value=2',
      none: 'true',
    }),
  );
  expect(verdicts(ended)).toMatchObject({ cut: 'pass', latin: 'pass', twice: 'invalid', none: 'invalid' });
  expect(['pass', 'invalid']).toContain(verdicts(ended).zero);
  expect(['pass', 'invalid']).toContain(verdicts(ended).huge);
  expect(ended.stderr).not.toMatch(/bug|ERR_/i);
}, 300_000);

it('another time zone changes nothing', () => {
  const suite = suiteOf('clock', { plain: 'echo value=1' });
  for (const zone of ['Pacific/Kiritimati', 'America/Anchorage']) {
    const ended = tester('env', `TZ=${zone}`, assay, ...words(suite));
    expect(ended.status, ended.stderr).toBe(0);
  }
});

it('a job that asks for more than its partition ever gives is cancelled at once, with Slurm’s reason', () => {
  const greedy = join(folder, 'greedy.yaml');
  writeFileSync(greedy, readFileSync(site, 'utf8').replace('time_limit: 30min', 'time_limit: 72h'), { mode: 0o644 });
  const suite = suiteOf('long', { plain: 'echo value=1' }, '48h');
  const { status, stdout, stderr } = tester(assay, 'run', suite, '--image', image, '--site', greedy, '--fresh');
  expect(stderr).toContain('would wait for ever (PartitionTimeLimit)');
  expect(stdout).toMatch(/long\/plain +error/);
  expect(status).toBe(4);
  expect(left()).toEqual([]);
});
