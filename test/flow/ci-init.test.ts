import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ciInit } from '../../src/flow/ci-init.ts';
import { usualPipeline } from '../../src/report/pipeline.ts';
import { realSystem } from '../../src/system/real-system.ts';

const real = realSystem(true);
const view = { ...usualPipeline, image: 'r/i:1', to: 'r/b:1' };
let folder = '';
const init = (output: string, force = false) =>
  ciInit({ ...real, environment: { ...real.environment, directory: folder } }, view, { output, force });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-ci-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('ci init', () => {
  it('writes a file, or gives its text', async () => {
    const { file, text } = await init('.gitlab-ci.yml');
    expect(readFileSync(file ?? '', 'utf8')).toBe(text);
    expect(await init('-')).toEqual({ text });
  });

  it('replaces a file only when told to', async () => {
    writeFileSync(join(folder, 'ours.yml'), 'own work');
    await expect(init('ours.yml')).rejects.toMatchObject({ code: 'FLOW_PIPELINE_UNWRITABLE' });
    expect(readFileSync(join(folder, 'ours.yml'), 'utf8')).toBe('own work');
    const { text } = await init('ours.yml', true);
    expect(readFileSync(join(folder, 'ours.yml'), 'utf8')).toBe(text);
  });

  it('says where it cannot write', async () => {
    await expect(init('not/there.yml')).rejects.toMatchObject({ code: 'FLOW_PIPELINE_UNWRITABLE' });
  });
});
