/** Allocations that lose a node: some 40 s each until Slurm notices. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { start } from '../cluster/kill.ts';
import { as, home, image, jobsOf, shared, site as shipped, tester } from '../cluster/login.ts';

const folder = join(home, `lost-nodes-${process.pid}`);
const site = join(folder, 'site.yaml');
const suite = join(folder, 'suite');
const request = ['run', suite, '--image', image, '--site', site, '--fresh'];
const service = (action: string) => execFileSync('cluster/cluster', ['service', 'node2', action]);

/** The events of the only run, of these types. */
function events(...types: readonly string[]): readonly Record<string, string>[] {
  const [id = ''] = readdirSync(join(folder, 'runs')).filter((name) => !name.startsWith('.'));
  const lines = readFileSync(join(folder, 'runs', id, 'journal.jsonl'), 'utf8')
    .trim()
    .split('\n');
  return lines
    .map((line) => JSON.parse(line) as Record<string, string>)
    .filter(({ type }) => types.includes(type ?? ''));
}

/** Waits until a step of the tester's jobs runs. */
async function waitForStep(suffix: string): Promise<void> {
  for (let tenths = 0; tenths < 300; tenths += 1) {
    await wait(100);
    const { stdout } = tester('squeue', '--noheader', '--me', '--steps', '--format=%i');
    if (stdout.split('\n').some((id) => id.trim().endsWith(suffix))) return;
  }
  throw new Error(`no step ${suffix} after 30 s`);
}

beforeAll(() => {
  mkdirSync(suite, { recursive: true });
  writeFileSync(
    join(suite, 'suite.yaml'),
    `suite: lost
tests:
  two:
    geometry: { nodes: 2, ranks: 2 }
    time_limit: 150s
    command: [sh, -c, 'case $(uname -n) in node2) sleep 140;; esac; echo value=1']
    observations: { value: { parser: keyvalue, key: value, unit: "1" } }
    checks: { right: { kind: equals, of: value, expect: 1, why: "It was asked for." } }
`,
  );
  const text = readFileSync(shipped, 'utf8')
    .replace('~/assay/runs', join(folder, 'runs'))
    .replace('~/assay/assay.db', join(folder, 'assay.db'))
    .replace('../../../registry', join(shared, 'registry'));
  writeFileSync(site, text);
  execFileSync('chown', ['-R', 'tester:', folder]);
});

afterAll(() => {
  as('root', 'scontrol', 'update', 'nodename=node2', 'state=resume');
  rmSync(folder, { recursive: true, force: true });
});

it('a step that Slurm cannot start on a node that is gone passes on others', async () => {
  const run = start(request, []);
  try {
    await waitForStep('.0');
    service('kill');
    expect(await run.ended).toBe(0);
  } finally {
    service('start');
  }
  const [lost] = events('step');
  expect(lost).toMatchObject({ allocation: 'a1', lost: ['node2'] });
  expect(events('planned')).toHaveLength(2);
  expect(JSON.stringify(events('planned')[1])).toContain('"exclude":["node2"]');
  as('root', 'scontrol', 'update', 'nodename=node2', 'state=resume');
  rmSync(join(folder, 'runs'), { recursive: true });
});

it('what a failed node left undone passes on other nodes, and both attempts are kept', async () => {
  const run = start(request, []);
  try {
    await waitForStep('.1');
    service('kill');
    expect(await run.ended).toBe(0);
  } finally {
    service('start');
  }
  // The rank on the other node had ended well, and srun gives that as the status of all.
  expect(events('step')[0]).toMatchObject({ allocation: 'a1', exit: 0, lost: ['node2'] });
  const states = events('allocation-ended').map(({ allocation, state }) => `${allocation} ${state}`);
  expect(states).toEqual(['a1 node-fail', 'a2 completed']);
  const nodes = events('job').flatMap(({ nodes: list, state }) => (state === 'running' ? [list] : []));
  expect(nodes[0]).toBe('node[1-2]');
  expect(nodes[1]).not.toContain('2');
  expect(readdirSync(join(folder, 'runs')).flatMap(jobsOf)).toEqual([]);
});
