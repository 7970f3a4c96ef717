/** Thousands of cases in one allocation: Slurm takes no script above 4 MB (slurm.conf(5), max_script_size). */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { assay, home, image, shared, site as shipped, tester } from './login.ts';

const folder = join(home, `many-${process.pid}`);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('are submitted, begin to run, and leave nothing in the queue when the wait is over', () => {
  mkdirSync(folder);
  const site = join(folder, 'site.yaml');
  writeFileSync(
    site,
    readFileSync(shipped, 'utf8')
      .replace('~/assay/runs', join(folder, 'runs'))
      .replace('~/assay/assay.db', join(folder, 'assay.db'))
      .replace('../../../registry', join(shared, 'registry'))
      .replace('time_limit: 30min', 'time_limit: 24h')
      .replace('on_hold: leave', 'on_hold: cancel'),
  );
  const numbers = (count: number) => Array.from({ length: count }, (_, index) => index).join(', ');
  writeFileSync(
    join(folder, 'suite.yaml'),
    `suite: many
tests:
  case:
    parameters: { product: { a: [${numbers(100)}], b: [${numbers(50)}] } }
    geometry: { nodes: 1, ranks: 1 }
    time_limit: 10s
    command: [echo, "value={{b}}"]
    observations: { value: { parser: keyvalue, key: value, unit: "1" } }
    checks: { right: { kind: equals, of: value, expect: "{{b}}", why: It was asked for. } }
`,
  );
  execFileSync('chown', ['-R', 'tester', folder]);
  const words = [assay, 'run', folder, '--image', image, '--site', site, '--fresh', '--json', '--wait-at-most', '12s'];
  const { status, stdout, stderr } = tester(...words);
  expect(status, stderr.slice(-500)).toBe(4);
  const { directory, cases } = JSON.parse(stdout) as { directory: string; cases: unknown[] };
  expect(cases).toHaveLength(5000);
  const events = readFileSync(join(directory, 'journal.jsonl'), 'utf8').trim().split('\n');
  const ended = events.flatMap((line) => {
    const event = JSON.parse(line) as { type: string; case: string; exit: number };
    return event.type === 'step' ? [`${event.case}: ${event.exit}`] : [];
  });
  expect(ended).toContain('many/case a=0 b=0: 0');
  expect(statSync(join(directory, 'allocations/a1/job.sh')).size).toBeLessThan(10_000);
  expect(statSync(join(directory, 'allocations/a1/steps.sh')).size).toBeGreaterThan(4_000_000);
  expect(tester('squeue', '--noheader', '--me', '--states=PD,R', '--format=%j').stdout).not.toContain('many');
});
