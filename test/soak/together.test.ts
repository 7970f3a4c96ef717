/** Many Assay processes at once against one controller: together they ask it hardly more than one does. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { as, assay, home, image, shared, site as shipped, tester } from '../cluster/login.ts';

const count = 12;
const interval = 3;
const folder = join(home, `together-${process.pid}`);
const site = join(folder, 'site.yaml');
const suite = join(folder, 'suite');

/** Questions about jobs that the user's commands have put to slurmctld, by sdiag(1). */
function questions(): number {
  const text = as('root', 'sdiag').stdout;
  const of = (name: string) => Number(new RegExp(`${name} +\\( *\\d+\\) count:(\\d+)`).exec(text)?.[1] ?? 0);
  return of('REQUEST_JOB_INFO') + of('REQUEST_JOB_INFO_SINGLE') + of('REQUEST_JOB_USER_INFO');
}

beforeAll(() => {
  mkdirSync(suite, { recursive: true });
  writeFileSync(
    join(suite, 'suite.yaml'),
    `suite: together
tests:
  one:
    geometry: { nodes: 1, ranks: 1 }
    time_limit: 60s
    command: [sh, -c, 'sleep 2; echo value=1']
    observations: { value: { parser: keyvalue, key: value, unit: "1" } }
    checks: { right: { kind: equals, of: value, expect: 1, why: "It was asked for." } }
`,
  );
  const text = readFileSync(shipped, 'utf8')
    .replace('interval: 1 ', `interval: ${interval} `)
    .replace('~/assay/runs', join(folder, 'runs'))
    .replace('~/assay/assay.db', join(folder, 'assay.db'))
    .replace('../../../registry', join(shared, 'registry'));
  writeFileSync(site, text);
  execFileSync('chown', ['-R', 'tester:', folder]);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it(`${count} runs at once all pass, with one question an interval for all of them and one or two each`, async () => {
  // One before the others, so that the image is there for all.
  const words = ['run', suite, '--image', image, '--site', site, '--fresh'];
  expect(tester(assay, ...words).status).toBe(0);
  const before = questions();
  const began = Date.now();
  const ends = await Promise.all(
    Array.from({ length: count }, () => {
      const child = spawn('cluster/cluster', ['exec', '--user', 'tester', '--', assay, ...words], { stdio: 'ignore' });
      return new Promise<number | null>((resolve) => child.on('exit', resolve));
    }),
  );
  const seconds = (Date.now() - began) / 1000;
  expect(ends).toEqual(Array.from({ length: count }, () => 0));
  const asked = questions() - before;
  expect(asked).toBeGreaterThan(0);
  // Each looks once more when its job is over: whether anything of it is left.
  expect(asked).toBeLessThanOrEqual(Math.ceil(seconds / interval) + 2 * count);
  expect(readdirSync(join(folder, 'runs')).filter((name) => !name.startsWith('.'))).toHaveLength(count + 1);
});
