import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { withArtifacts } from '../../src/flow/artifacts.ts';
import type { RunResult } from '../../src/flow/drive-run.ts';
import { inSection } from '../../src/flow/log-section.ts';
import { toldRun } from '../../src/flow/told-run.ts';
import { runUnknown } from '../../src/run/errors.ts';
import { realSystem } from '../../src/system/real-system.ts';
import type { System } from '../../src/system/system.ts';
import { gitlabStandIn } from '../publish/gitlab-stand-in.ts';
import { fullRecord } from '../store/record.ts';

const real = realSystem(true);
let folder = '';
let system: System;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-artifacts-'));
  const variables = { CI_PROJECT_DIR: folder, CI_JOB_URL: 'https://git.example.org/g/p/-/jobs/5', GITLAB_CI: 'true' };
  system = { ...real, environment: { ...real.environment, variables, directory: folder } };
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const read = (name: string) => readFileSync(join(folder, 'out', name), 'utf8');

/** A result with one case that failed, whose outputs are these. */
function resultWith(outputs: Readonly<Record<string, string>>): RunResult {
  const directory = join(folder, 'run');
  const step = 'allocations/a1/steps/0001';
  mkdirSync(join(directory, step), { recursive: true });
  for (const [name, text] of Object.entries(outputs)) writeFileSync(join(directory, step, name), text);
  const record = fullRecord();
  const bad = record.cases.find((one) => one.verdict === 'fail');
  const file = (name: string) => ({
    case: bad?.name ?? '',
    path: `${step}/${name}`,
    digest: digestOf(name),
    size: 1,
  });
  return {
    record: { ...record, run: { ...record.run, directory }, files: ['stdout', 'stderr', 'gone'].map(file) },
    driven: 'ended',
    directory,
    stored: '',
  };
}

describe('--results', () => {
  it('keeps the results at a fixed path, with the end of the outputs of what failed, and JUnit points there', async () => {
    const stdout = `${'x'.repeat(1024 * 1024)}the end\n`;
    await withArtifacts(system, 'out', async () => resultWith({ stdout, stderr: 'why\n' }));
    expect(read('logs/a1/0001/stdout.txt')).toMatch(/^\(the first 8 bytes are left out; all of it: .*\)\nx+the end\n$/);
    expect(read('logs/a1/0001/stderr.txt')).toBe('why\n');
    expect(read('junit.xml')).toContain('[[ATTACHMENT|out/logs/a1/0001/stdout.txt]]');
    expect(read('assay.env')).toContain('ASSAY_OUTCOME=rejected');
    expect(read('annotations.json')).toContain('/-/jobs/5/artifacts/file/out/summary.md');
    for (const name of ['summary.md', 'verdicts.txt', 'record.json']) expect(read(name)).not.toBe('');
  });

  it('says what went wrong when there was no run, and keeps nothing of an earlier one', async () => {
    await withArtifacts(system, 'out', async () => resultWith({ stdout: 'old\n' }));
    const work = withArtifacts(system, 'out', async () => {
      throw runUnknown('there is no such thing', 'look elsewhere');
    });
    await expect(work).rejects.toMatchObject({ code: 'RUN_UNKNOWN' });
    expect(read('junit.xml')).toMatch(/errors="1"[\s\S]*RUN_UNKNOWN: there is no such thing/);
    expect(read('summary.md')).toContain('hint: look elsewhere');
    expect(read('assay.env')).toBe('ASSAY_OUTCOME=error\n');
    expect(() => read('verdicts.txt')).toThrow();
    expect(() => read('logs/a1/0001/stdout.txt')).toThrow();
  });

  it('names a folder that cannot be written before anything is run', async () => {
    writeFileSync(join(folder, 'out'), 'a file');
    const work = withArtifacts(system, 'out', async () => resultWith({}));
    await expect(work).rejects.toMatchObject({ code: 'RUN_DIRECTORY_UNWRITABLE' });
  });

  it('does not follow a link that an output became', async () => {
    const result = resultWith({ stderr: 'why\n' });
    symlinkSync('/etc/passwd', join(result.directory, 'allocations/a1/steps/0001/stdout'));
    await withArtifacts(system, 'out', async () => result);
    expect(() => read('logs/a1/0001/stdout.txt')).toThrow();
  });
});

describe('a run that could not begin', () => {
  it('tells the merge request, whose older note would speak for the newer commit', async () => {
    const gitlab = await gitlabStandIn();
    const variables = {
      GITLAB_CI: 'true',
      CI_API_V4_URL: gitlab.api,
      CI_PROJECT_ID: '3',
      CI_MERGE_REQUEST_IID: '7',
      ASSAY_GITLAB_TOKEN: gitlab.token,
    };
    const inMergeRequest = { ...system, environment: { ...system.environment, variables } };
    await toldRun(inMergeRequest, undefined, async () => resultWith({}));
    const work = toldRun(inMergeRequest, undefined, async () => {
      throw runUnknown('there is no such thing', 'look elsewhere');
    });
    await expect(work).rejects.toMatchObject({ code: 'RUN_UNKNOWN' });
    expect(gitlab.notes.map((note) => note.body)).toEqual([expect.stringContaining('    RUN_UNKNOWN: there is no')]);
    await gitlab.close();
  });
});

describe('a section of the log', () => {
  const lines: string[] = [];
  const log = { progress: (line: string) => lines.push(line), warn: () => {} };

  it('is collapsed in a job, also when the work fails, and nothing elsewhere', async () => {
    const failing = inSection({ ...system, log }, 'run', 'Running', async () => {
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    const patterns = ['section_start:\\d+:assay_run\\[collapsed=true\\]\\r.*Running$', 'section_end:\\d+:assay_run\\r'];
    expect(lines).toEqual(patterns.map((pattern) => expect.stringMatching(new RegExp(pattern))));
    lines.length = 0;
    expect(await inSection({ ...real, log }, 'run', 'Running', async () => 7)).toBe(7);
    expect(lines).toEqual([]);
  });
});
