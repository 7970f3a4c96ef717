import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type FileLook, lookAtFiles, type WantedLook } from '../../src/system/file-look.ts';

async function look(wanted: readonly WantedLook[]): Promise<ReadonlyMap<string, FileLook>> {
  async function* each() {
    yield* wanted;
  }
  const found = new Map<string, FileLook>();
  for await (const one of lookAtFiles(each())) found.set(one.path, one);
  return found;
}

test('each kind of file is told, links are not followed, and a pipe holds nobody', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'assay-look-'));
  const at = (name: string) => join(folder, name);
  writeFileSync(at('plain'), 'text');
  chmodSync(at('plain'), 0o640);
  mkdirSync(at('folder'));
  symlinkSync('/etc/hostname', at('link'));
  execFileSync('mkfifo', [at('pipe')]);
  const found = await look(
    ['plain', 'folder', 'link', 'pipe', 'gone', 'plain/below'].map((name) => ({ path: at(name) })),
  );
  const sha256 = createHash('sha256').update('text').digest('hex');
  expect(found.get(at('plain'))).toMatchObject({ kind: 'file', mode: 0o640, size: 4, sha256 });
  expect(found.get(at('folder'))).toMatchObject({ kind: 'directory' });
  expect(found.get(at('link'))).toMatchObject({ kind: 'link', target: '/etc/hostname' });
  expect(found.get(at('pipe'))).toMatchObject({ kind: 'other' });
  expect(found.get(at('gone'))).toMatchObject({ kind: 'unread', code: 'ENOENT' });
  expect(found.get(at('plain/below'))).toMatchObject({ kind: 'unread', code: 'ENOTDIR' });
});

test('thousands of files each get the digest of their own content, large ones too', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'assay-look-'));
  const contents = Array.from({ length: 1000 }, (_, index) =>
    Buffer.alloc(index === 7 ? 3_000_001 : index, index % 251),
  );
  const wanted = contents.map((content, index) => {
    const path = join(folder, String(index));
    writeFileSync(path, content);
    return { path };
  });
  const found = await look(wanted);
  const digests = contents.map((content) => createHash('sha256').update(content).digest('hex'));
  expect(wanted.map(({ path }) => found.get(path)?.sha256)).toEqual(digests);
});

test('a file of holes, or one larger than was said, is not read', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'assay-look-')), 'holes');
  writeFileSync(path, 'text');
  expect((await look([{ path, most: 3 }])).get(path)).toMatchObject({ kind: 'unread', code: 'EFBIG' });
  expect((await look([{ path, most: 4 }])).get(path)).toMatchObject({ kind: 'file', size: 4 });
  truncateSync(path, 15 * 2 ** 40);
  expect((await look([{ path }])).get(path)).toMatchObject({ kind: 'unread', code: 'EFBIG' });
});

test('who stops listening is not kept waiting', async () => {
  async function* endless() {
    for (;;) yield { path: '/dev/null' };
  }
  for await (const one of lookAtFiles(endless())) {
    expect(one.kind).toBe('other');
    break;
  }
});
