import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
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

it('a pipe or a device in a file’s place is refused at once, and a descriptor that is meant is read', async () => {
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  symlinkSync('/dev/zero', join(folder, 'zeros'));
  for (const name of ['pipe', 'zeros']) {
    const path = join(folder, name);
    for (const read of [realFiles.readText, realFiles.readBytes, realFiles.readTextIfThere, realFiles.digest])
      await expect(read(path), name).rejects.toMatchObject({ code: 'EFTYPE', path });
    const drained = (async () => {
      for await (const _piece of realFiles.read(path));
    })();
    await expect(drained).rejects.toMatchObject({ code: 'EFTYPE' });
  }
  await expect(realFiles.readText(folder)).rejects.toMatchObject({ code: 'EISDIR', path: folder });
  writeFileSync(join(folder, 'plain'), 'text');
  const open = openSync(join(folder, 'plain'), 'r');
  expect(await realFiles.readText(`/proc/self/fd/${open}`)).toBe('text');
  closeSync(open);
});
