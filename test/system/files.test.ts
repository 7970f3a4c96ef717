import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { realFiles } from '../../src/system/files.ts';

const folder = mkdtempSync(join(tmpdir(), 'assay-files-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('makeDirectory', () => {
  it('makes parents, and what is there already is no error', async () => {
    const path = join(folder, 'a/b/c');
    await realFiles.makeDirectory(path, 0o700);
    await realFiles.makeDirectory(path, 0o700);
    expect(statSync(path).mode & 0o777).toBe(0o700);
  });

  it('says so where a file stands in the way', async () => {
    writeFileSync(join(folder, 'file'), '');
    await expect(realFiles.makeDirectory(join(folder, 'file'))).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(realFiles.makeDirectory(join(folder, 'file/below'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  it('ends where nothing can ever be made', async () => {
    await expect(realFiles.makeDirectory('/proc/nowhere/below')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('an error of reading', () => {
  it('names its path, where Node itself leaves it out', async () => {
    await expect(realFiles.readTextIfThere(folder)).rejects.toMatchObject({ code: 'EISDIR', path: folder });
  });
});
