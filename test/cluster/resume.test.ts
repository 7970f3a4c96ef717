/** A run that is killed at any event of its journal goes on to the same verdicts; none is lost, none is counted twice. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { start, waitFor } from './kill.ts';
import { assay, home, image, jobsOf, journalOf, runIds, runs, site, tester } from './login.ts';

const folder = join(home, 'short-suite');
const suite = `suite: short
tests:
  word:
    parameters: { points: [{ nodes: 1, n: 1 }, { nodes: 2, n: 2 }, { nodes: 4, n: 3 }] }
    geometry: { nodes: "{{nodes}}", ranks: "{{nodes}}" }
    time_limit: 30s
    command: [sh, -c, 'sleep 1; echo "value={{n}}"']
    observations: { value: { parser: keyvalue, key: value, unit: "1" } }
    checks: { right: { kind: equals, of: value, expect: "{{n}}", why: "It was asked for." } }
`;
const request = ['run', folder, '--image', image, '--site', site, '--fresh'];
let undisturbed = '';

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'suite.yaml'), suite);
  const before = runIds();
  expect(tester(assay, ...request).status).toBe(0);
  const [id = ''] = [...runIds()].filter((name) => !before.has(name));
  undisturbed = readFileSync(join(runs, id, 'results/verdicts.txt'), 'utf8');
}, 120_000);

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function killAt(text: string): Promise<string> {
  const before = runIds();
  const run = start(request);
  const id = await waitFor(before, text);
  try {
    process.kill(run.pid, 'SIGKILL');
  } catch {
    // The last event was its last deed, and it has ended by itself.
  }
  await run.ended;
  return id;
}

function resumed(id: string): void {
  const { status, stderr } = tester(assay, 'run', '--resume', id, '--site', site);
  expect(stderr).not.toContain('error ');
  expect(status).toBe(0);
  expect(readFileSync(join(runs, id, 'results/verdicts.txt'), 'utf8')).toBe(undisturbed);
  const steps = journalOf(id).match(/"type":"step"/g) ?? [];
  expect(steps.length).toBe(3);
  expect(jobsOf(id)).toEqual([]);
}

describe('kill -9', () => {
  const kinds = ['opened', 'tree', 'planned', 'submitting', 'submitted', 'job', 'step', 'companion', 'finished'];

  it.each([...kinds, 'allocation-ended'])('after the event %s', async (event) => {
    resumed(await killAt(`"type":"${event}"`));
  });

  it("between sbatch's answer and the journal", async () => {
    const stubs = join(home, 'sbatch-that-kills-its-caller');
    mkdirSync(stubs, { recursive: true });
    const text = '#!/bin/sh\nanswer=$(/usr/bin/sbatch "$@")\nkill -9 "$PPID"\nprintf "%s\\n" "$answer"\n';
    writeFileSync(join(stubs, 'sbatch'), text, { mode: 0o755 });
    const before = runIds();
    const run = start(request, [`PATH=${stubs}:/usr/local/bin:/usr/bin:/bin`]);
    const id = await waitFor(before, '"type":"submitting"');
    await run.ended;
    expect(journalOf(id)).not.toContain('"type":"submitted"');
    rmSync(stubs, { recursive: true });
    resumed(id);
    expect(journalOf(id)).toContain('"how":"adopted"');
  });
});

describe('signals and limits', () => {
  it('SIGTERM cancels, says so in the journal, and the run can be gone on with', async () => {
    const before = runIds();
    const run = start(request);
    const id = await waitFor(before, '"type":"submitted"');
    process.kill(run.pid, 'SIGTERM');
    expect(await run.ended).toBe(4);
    expect(journalOf(id)).toMatch(/"action":"cancel".*"signal":"SIGTERM"/);
    expect(jobsOf(id)).toEqual([]);
    const { status } = tester(assay, 'run', '--resume', id, '--site', site);
    expect(status).toBe(0);
    expect(readFileSync(join(runs, id, 'results/verdicts.txt'), 'utf8')).toBe(undisturbed);
  });

  it('a wait that is over holds, leaves the allocation, and the next pipeline adopts the run', async () => {
    const before = runIds();
    const held = tester(assay, ...request, '--wait-at-most', '1s');
    expect(held.status).toBe(4);
    const [id = ''] = [...runIds()].filter((name) => !before.has(name));
    expect(jobsOf(id).length).toBe(1);
    const next = tester(assay, ...request.filter((word) => word !== '--fresh'));
    expect(next.status).toBe(0);
    expect(next.stdout).toContain(id);
    expect(readFileSync(join(runs, id, 'results/verdicts.txt'), 'utf8')).toBe(undisturbed);
  });

  it('a changed byte in the unpacked image is no pass, and says where', () => {
    const record = JSON.parse(tester(assay, 'show', 'latest', '--site', site, '--json').stdout) as {
      run: { id: string };
    };
    const root = /"root":"([^"]+)"/.exec(journalOf(record.run.id))?.[1] ?? '';
    const file = join(root, 'usr/share/base-files/motd');
    const before = readFileSync(file);
    writeFileSync(file, Buffer.concat([Buffer.from([(before[0] ?? 0) ^ 1]), before.subarray(1)]));
    const altered = tester(assay, ...request);
    expect(altered.status).toBe(3);
    expect(altered.stderr).toContain('OCI_TREE_ALTERED');
    expect(altered.stderr).toContain('motd');
    expect(tester(assay, ...request).status).toBe(0);
    const images = join(home, 'assay/images/trees');
    execFileSync('find', [images, '-maxdepth', '1', '-name', '*.altered-*', '-exec', 'rm', '-rf', '{}', '+']);
  });
});
