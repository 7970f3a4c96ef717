import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { inspectedImage, recallImage } from '../../src/flow/inspected-image.ts';
import type { ResolvedImage } from '../../src/oci/resolve.ts';
import { treeOf } from '../../src/oci/tree/tree.ts';
import { realSystem } from '../../src/system/real-system.ts';

const system = realSystem(true);
const raw = (text: string) => ({ bytes: Buffer.from(text), digest: digestOf(text), mediaType: 'application/json' });
const config = Buffer.from(
  JSON.stringify({ architecture: 'amd64', os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: [] } }),
);
const resolved = {
  name: 'registry.test/app:1',
  resolved: raw('index'),
  manifest: raw('manifest'),
  content: { schemaVersion: 2, config: { mediaType: 'x', digest: digestOf(config), size: config.length }, layers: [] },
  config,
  head: { diffIds: [] },
} as unknown as ResolvedImage;

function treeWith(status: string) {
  const root = join(mkdtempSync(join(tmpdir(), 'assay-image-')), 'rootfs');
  const path = 'var/lib/dpkg/status';
  mkdirSync(join(root, 'var/lib/dpkg'), { recursive: true });
  writeFileSync(join(root, path), status);
  const directory = (name: string) => ({ path: name, type: 'directory' as const, mode: 0o755 });
  const file = { path, type: 'file' as const, mode: 0o644, size: status.length, sha256: digestOf(status).slice(7) };
  return { root, tree: treeOf([...['var', 'var/lib', 'var/lib/dpkg'].map(directory), file], []) };
}
const packages = (version: string) => `Package: libc6\nStatus: install ok installed\nVersion: ${version}\n`;

test('what was found is kept, and taken under another name of the same image', async () => {
  const { root, tree } = treeWith(packages('1'));
  expect(await recallImage(system, root, resolved)).toBe(undefined);
  const image = await inspectedImage(system, root, resolved, tree);
  expect(image.packages).toEqual([{ manager: 'dpkg', name: 'libc6', version: '1' }]);
  expect(await recallImage(system, root, resolved)).toEqual(image);
  const other = { ...resolved, name: 'elsewhere/app:2', resolved: raw('another index') };
  expect(await recallImage(system, root, other, tree.digest)).toEqual({
    ...image,
    name: 'elsewhere/app:2',
    resolved: digestOf('another index'),
  });
});

test('another tree, configuration or code, or a damaged file, is looked at anew', async () => {
  const { root, tree } = treeWith(packages('1'));
  const image = await inspectedImage(system, root, resolved, tree);
  const file = join(root, '../image.json');
  const text = readFileSync(file, 'utf8');
  expect(await recallImage(system, root, resolved, digestOf('another tree'))).toBe(undefined);
  const content = { ...resolved.content, config: { ...resolved.content.config, digest: digestOf('other') } };
  expect(await recallImage(system, root, { ...resolved, content })).toBe(undefined);
  const { code } = JSON.parse(text) as { code: string };
  const other = text.replace('"libc6"', '"libc7"');
  for (const damaged of [text.replace(code, digestOf('older code')), other, text.slice(0, 99), '{}', 'null', '[]']) {
    writeFileSync(file, damaged);
    expect(await recallImage(system, root, resolved)).toBe(undefined);
  }
  expect(await inspectedImage(system, root, resolved, tree)).toEqual(image);
  expect(readFileSync(file, 'utf8')).toBe(text);
  rmSync(file);
  mkdirSync(file);
  expect(await recallImage(system, root, resolved)).toBe(undefined);
  rmSync(file, { recursive: true });
  execFileSync('mkfifo', [file]);
  expect(await recallImage(system, root, resolved)).toBe(undefined);
});

test('a tree that cannot be written to is looked at all the same', async () => {
  const { root, tree } = treeWith(packages('2'));
  const refuse = () => Promise.reject(Object.assign(new Error('read-only'), { code: 'EROFS' }));
  const image = await inspectedImage(
    { ...system, files: { ...system.files, writeAtomic: refuse } },
    root,
    resolved,
    tree,
  );
  expect(image.packages[0]?.version).toBe('2');
  expect(existsSync(join(root, '../image.json'))).toBe(false);
});
