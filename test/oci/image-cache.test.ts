import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { withLease } from '../../src/oci/cache/lease.ts';
import { cachedBlobPath, cachedTreePath, openTree } from '../../src/oci/image-cache.ts';
import { layoutRepository } from '../../src/oci/layout.ts';
import type { Repository } from '../../src/oci/registry.ts';
import { resolveImage } from '../../src/oci/resolve.ts';
import { imageOf, pushImage } from './fixture-image.ts';
import { scratch, testSystem } from './fixture-system.ts';

async function setUp(waiting: 'none' | 'real' = 'none') {
  const system = testSystem({}, waiting);
  const source = layoutRepository(system, join(scratch(), 'l'));
  const made = await imageOf([
    [
      { name: 'bin/a', content: 'program' },
      { name: 'etc/x', type: 'symlink', linkname: '../bin/a' },
    ],
    [
      { name: 'data/big', content: Buffer.alloc(2_000_000, 'd') },
      { name: 'ro/', type: 'directory', mode: 0o555 },
    ],
  ]);
  await pushImage(source, made, 'v1');
  let downloads = 0;
  const repository: Repository = {
    ...source,
    blob: (descriptor) => {
      downloads += 1;
      return source.blob(descriptor);
    },
  };
  const image = await resolveImage(source, 'v1');
  const cache = join(scratch(), 'cache');
  const path = cachedTreePath(cache, image.manifest.digest);
  return {
    system,
    repository,
    image,
    cache,
    path,
    open: () => openTree(system, cache, image, repository),
    downloads: () => downloads,
  };
}

describe('a tree in the cache', () => {
  test('is made once, and found verified after that', async () => {
    const { open, cache, path, downloads } = await setUp();
    const first = await open();
    expect(first).toMatchObject({ how: 'made', root: join(path, 'rootfs'), manifestFile: join(path, 'tree.json') });
    expect(readFileSync(join(first.root, 'bin/a'), 'utf8')).toBe('program');
    const second = await open();
    expect(second).toMatchObject({ how: 'found', tree: { digest: first.tree.digest } });
    expect(downloads()).toBe(2);
    expect(readdirSync(join(cache, 'leases'))).toEqual([]);
    expect(readdirSync(join(cache, 'trees'))).toHaveLength(1);
  });

  test('is made by one of several that come at the same time', async () => {
    const { open, downloads } = await setUp('real');
    const trees = await Promise.all([open(), open(), open()]);
    expect(trees.filter(({ how }) => how === 'made')).toHaveLength(1);
    expect(downloads()).toBe(2);
  });

  test('has its own place for each preparation', async () => {
    const { system, cache, image, repository, open } = await setUp();
    const plain = await open();
    const preparation = { directories: ['/proc'], files: ['/etc/hosts'] };
    const prepared = await openTree(system, cache, image, repository, { preparation });
    expect(prepared.root).not.toBe(plain.root);
    expect(existsSync(join(prepared.root, 'etc/hosts'))).toBe(true);
    const swapped = { files: ['/etc/hosts'], directories: ['/proc', '/proc'] };
    expect(cachedTreePath(cache, image.manifest.digest, swapped)).toBe(join(prepared.root, '..'));
  });

  test.each<readonly [string, (path: string) => void]>([
    ['a file', (path) => rmSync(join(path, 'rootfs/bin/a'))],
    [
      'everything below the root',
      (path) => {
        rmSync(join(path, 'rootfs'), { recursive: true });
        mkdirSync(join(path, 'rootfs'));
      },
    ],
    ['its manifest', (path) => rmSync(join(path, 'tree.json'))],
  ])('is made again when a purge took %s, also without its blobs', async (_, purge) => {
    const { open, path, cache, downloads } = await setUp();
    const { tree } = await open();
    purge(path);
    expect(await open()).toMatchObject({ how: 'made', tree: { digest: tree.digest } });
    expect(downloads()).toBe(2);
    purge(path);
    rmSync(join(cache, 'blobs'), { recursive: true });
    expect(await open()).toMatchObject({ how: 'made', tree: { digest: tree.digest } });
    expect(readdirSync(join(cache, 'trees'))).toHaveLength(1);
  });

  test.each<readonly [string, RegExp, (root: string) => void]>([
    ['content of the same length', /1 altered: bin\/a/, (root) => writeFileSync(join(root, 'bin/a'), 'Program')],
    ['a length', /1 altered: bin\/a/, (root) => writeFileSync(join(root, 'bin/a'), 'p')],
    [
      'a link',
      /altered: etc\/x/,
      (root) => {
        rmSync(join(root, 'etc/x'));
        symlinkSync('/etc/shadow', join(root, 'etc/x'));
      },
    ],
    [
      'a type',
      /altered: bin\/a/,
      (root) => {
        rmSync(join(root, 'bin/a'));
        symlinkSync('/bin/sh', join(root, 'bin/a'));
      },
    ],
    ['the right to run', /altered: bin\/a/, (root) => chmodSync(join(root, 'bin/a'), 0o744)],
    ['a file more', /1 added: etc\/ld.so.preload/, (root) => writeFileSync(join(root, 'etc/ld.so.preload'), 'x')],
    [
      'the manifest',
      /tree.json is not the one/,
      (root) => {
        const file = join(root, '../tree.json');
        writeFileSync(file, readFileSync(file, 'utf8').replace('bin/a', 'bin/b'));
      },
    ],
  ])('that was altered in %s is set aside with an error, and made anew the next time', async (_, why, alter) => {
    const { open, path, cache } = await setUp();
    const { root, tree } = await open();
    alter(root);
    const error = await open().catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'OCI_TREE_ALTERED', message: expect.stringMatching(why) });
    const aside = readdirSync(join(cache, 'trees')).map((name) => join(cache, 'trees', name));
    expect(aside).toEqual([expect.stringMatching(/\.altered-\d{8}T\d+Z$/)]);
    expect(error.hint).toContain(aside[0]);
    expect(existsSync(path)).toBe(false);
    expect(await open()).toMatchObject({ how: 'made', tree: { digest: tree.digest } });
  });

  test('does not trust a blob that went bad in the cache', async () => {
    const { open, path, cache, image, downloads, system } = await setUp();
    const { tree } = await open();
    rmSync(path, { recursive: true });
    const layer = image.content.layers[1];
    const file = layer ? cachedBlobPath(cache, layer.digest) : '';
    const bytes = readFileSync(file);
    bytes[Math.floor(bytes.length / 2)] = (bytes[Math.floor(bytes.length / 2)] ?? 0) ^ 255;
    writeFileSync(file, bytes);
    expect(await open()).toMatchObject({ how: 'made', tree: { digest: tree.digest } });
    expect(downloads()).toBe(3);
    expect(system.lines.join('\n')).toMatch(/warning: .*damaged/);
  });

  test.each(['downloading', 'unpacking layer 2'])(
    'is left when a signal comes while %s, with nothing half made',
    async (when) => {
      const { system, cache, image, repository, open } = await setUp();
      const stop = new AbortController();
      const log = { ...system.log, progress: (line: string) => line.startsWith(when) && stop.abort('SIGTERM') };
      const opened = openTree({ ...system, log }, cache, image, repository, { signal: stop.signal });
      await expect(opened).rejects.toMatchObject({ name: 'AbortError' });
      expect(readdirSync(join(cache, 'trees'))).toEqual([]);
      expect(readdirSync(join(cache, 'leases'))).toEqual([]);
      expect(readdirSync(join(cache, 'blobs/sha256')).filter((name) => name.endsWith('.part'))).toEqual([]);
      expect((await open()).how).toBe('made');
    },
  );

  test('leaves nothing behind when making it fails, and says what to do on a full disk', async () => {
    const { system, cache, image, repository } = await setUp();
    const full = {
      ...system,
      files: {
        ...system.files,
        createFile: async (...words: Parameters<typeof system.files.createFile>) => {
          if (words[0].includes('rootfs')) throw Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' });
          return system.files.createFile(...words);
        },
      },
    };
    await expect(openTree(full, cache, image, repository)).rejects.toMatchObject({
      code: 'OCI_CACHE_UNUSABLE',
      hint: expect.stringMatching(/make room there \(.* free\)/),
    });
    expect(readdirSync(join(cache, 'trees'))).toEqual([]);
    expect(readdirSync(join(cache, 'leases'))).toEqual([]);
  });
});

describe('leases', () => {
  const holder = (host: string, pid: number, heartbeat = new Date().toISOString()) =>
    JSON.stringify({ host, pid, nonce: 'theirs', heartbeat });

  async function taken(text: string, waiting: 'none' | 'real' = 'none') {
    const path = join(scratch(), 'x.lock');
    writeFileSync(path, text);
    const system = testSystem({}, waiting);
    const result = await withLease(system, path, 'unpack it', async () => 'done', {
      waitSeconds: 100,
      staleSeconds: 60,
    }).catch((error) => error);
    return { result, system, path };
  }

  test('of a dead process of this host, or with an old heartbeat, is taken over at once', async () => {
    for (const text of [holder(hostname(), 999_999_999), holder('elsewhere', 1, '2020-01-01T00:00:00Z')]) {
      const { result, system, path } = await taken(text);
      expect(result).toBe('done');
      expect(system.waits).toEqual([]);
      expect(existsSync(path)).toBe(false);
    }
  });

  test('that does not change is taken over after the limit, even when it cannot be read', async () => {
    for (const text of [holder('elsewhere', 1), 'not JSON', '']) {
      const { result, system } = await taken(text);
      expect(result).toBe('done');
      const waited = system.waits.reduce((sum, wait) => sum + wait, 0);
      expect(waited).toBeGreaterThan(55);
      expect(waited).toBeLessThan(65);
      expect(system.lines.length).toBeGreaterThan(3);
    }
  });

  test('that is renewed is waited for, told about, and in the end an error', async () => {
    const path = join(scratch(), 'x.lock');
    const system = testSystem();
    let beats = 0;
    const renewed = {
      ...system,
      clock: {
        ...system.clock,
        sleep: async (seconds: number, signal?: AbortSignal) => {
          beats += 1;
          writeFileSync(path, holder('elsewhere', 42, new Date(Date.now() + beats).toISOString()));
          return system.clock.sleep(seconds, signal);
        },
      },
    };
    writeFileSync(path, holder('elsewhere', 42));
    await expect(withLease(renewed, path, 'unpack it', async () => 1, { waitSeconds: 100 })).rejects.toMatchObject({
      code: 'OCI_CACHE_BUSY',
      message: expect.stringMatching(/waited 1 min .* elsewhere \(process 42\) to unpack it/),
      hint: expect.stringContaining(path),
    });
    expect(system.lines[0]).toMatch(/waiting for elsewhere \(process 42\) to unpack it/);
  });

  test('is renewed while the work lasts and given back when it fails', async () => {
    const path = join(scratch(), 'x.lock');
    const system = testSystem({}, 'real');
    const contents = new Set<string>();
    const work = async () => {
      for (let round = 0; round < 6; round += 1) {
        contents.add(readFileSync(path, 'utf8'));
        await system.clock.sleep(0.05);
      }
      throw new Error('the work failed');
    };
    await expect(withLease(system, path, 'x', work, { staleSeconds: 0.3 })).rejects.toThrow('the work failed');
    expect(contents.size).toBeGreaterThan(2);
    expect(existsSync(path)).toBe(false);
  });
});
