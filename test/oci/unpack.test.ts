import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { verifyTree } from '../../src/oci/tree/verify-tree.ts';
import { type UnpackOptions, unpackLayers } from '../../src/oci/unpack.ts';
import { layerOf, type TarEntry, tarOf } from './fixture-image.ts';
import { scratch, testSystem } from './fixture-system.ts';

const system = testSystem();

async function unpack(layers: readonly (readonly TarEntry[])[], options?: UnpackOptions) {
  const above = scratch();
  const root = join(above, 'root');
  const sources = [];
  for (const entries of layers) sources.push(layerOf(await tarOf(entries)));
  const tree = await unpackLayers(system, sources, root, options);
  expect(await verifyTree(system, root, tree)).toMatchObject({ missing: [], altered: [], extra: [] });
  expect(readdirSync(above)).toEqual(['root']);
  return { root, tree, above, at: (path: string) => join(root, path) };
}

const refusal = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

describe('where an archive ends', () => {
  // One file of 9 bytes: header 0 to 512, content to 521, its block to 1024, then two blocks of zeros.
  const entries = [{ name: 'etc/speed', content: 'rate=100\n' }];
  const cut = async (length: number) => {
    const root = join(scratch(), 'root');
    const tree = await unpackLayers(system, [layerOf((await tarOf(entries)).subarray(0, length))], root);
    return { root, paths: tree.entries.map(({ path }) => path) };
  };

  test.each([521, 600, 1024, 1536, 2048])(
    'behind its last file it may end anywhere: after %i bytes',
    async (length) => {
      const { root, paths } = await cut(length);
      expect(paths).toEqual(['etc', 'etc/speed']);
      expect(readFileSync(join(root, 'etc/speed'), 'utf8')).toBe('rate=100\n');
    },
  );

  test.each([1, 511, 513, 520])('within a header or a file it is damaged: after %i bytes', async (length) => {
    await expect(cut(length)).rejects.toThrow(refusal('OCI_LAYER_INVALID', /cannot be read/));
  });

  test('behind two blocks of zeros nothing counts, neither files nor garbage, but the digest goes over all of it', async () => {
    const first = await tarOf([{ name: 'etc/who', content: 'A' }]);
    const second = await tarOf([
      { name: 'etc/who', content: 'B' },
      { name: 'etc/second', content: 'x' },
    ]);
    const unpacked = async (tar: Buffer) => {
      const root = join(scratch(), 'root');
      const tree = await unpackLayers(system, [layerOf(tar)], root);
      expect(readFileSync(join(root, 'etc/who'), 'utf8')).toBe('A');
      return tree.entries.map(({ path }) => path);
    };
    expect(await unpacked(Buffer.concat([first, second]))).toEqual(['etc', 'etc/who']);
    expect(await unpacked(Buffer.concat([first, Buffer.alloc(20_000, 'garbage')]))).toEqual(['etc', 'etc/who']);
    expect(await unpacked(Buffer.concat([first, Buffer.alloc(3_000_000), second]))).toEqual(['etc', 'etc/who']);
    const whole = layerOf(Buffer.concat([first, second]));
    const other = { ...whole, diffId: layerOf(first).diffId };
    const refused = unpackLayers(system, [other], join(scratch(), 'root'));
    await expect(refused).rejects.toThrow(refusal('OCI_DIGEST_MISMATCH', /unpacks to/));
    const empty = await unpackLayers(
      system,
      [layerOf(Buffer.concat([Buffer.alloc(1024), second]))],
      join(scratch(), 'root'),
    );
    expect(empty.entries).toEqual([]);
  });

  test('zeros within files, however many, are content', async () => {
    const holes = Buffer.concat([Buffer.alloc(5000), Buffer.from('x'), Buffer.alloc(200_000)]);
    const tar = await tarOf([
      { name: 'holes', content: holes },
      { name: 'after', content: 'y' },
    ]);
    const root = join(scratch(), 'root');
    await unpackLayers(system, [layerOf(tar)], root);
    expect(readFileSync(join(root, 'holes')).equals(holes)).toBe(true);
    expect(readFileSync(join(root, 'after'), 'utf8')).toBe('y');
  });

  test('what readers understand differently is refused: a lone block of zeros, a link with a content', async () => {
    const first = (await tarOf([{ name: 'a', content: 'A' }])).subarray(0, 1024);
    const lone = layerOf(Buffer.concat([first, Buffer.alloc(512), await tarOf([{ name: 'b', content: 'B' }])]));
    const tar = await tarOf([{ name: 'l', type: 'symlink', linkname: 'a' }]);
    tar.write('00000001000', 124, 'latin1');
    tar.write('        ', 148, 'latin1');
    const sum = tar.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    const linked = layerOf(Buffer.concat([tar.subarray(0, 512), Buffer.alloc(512, 'x'), tar.subarray(512)]));
    for (const layer of [lone, linked]) {
      const unpacked = unpackLayers(system, [layer], join(scratch(), 'root'));
      await expect(unpacked).rejects.toThrow(refusal('OCI_LAYER_INVALID', /cannot be read/));
    }
  });

  test('names that are not UTF-8 are told, and two that cannot be told apart are refused', async () => {
    const named = async (names: readonly string[]) => {
      const tar = await tarOf(names.map((_, index) => ({ name: `file-${index}`, content: 'x' })));
      for (const [index, name] of names.entries()) {
        const at = tar.indexOf(`file-${index}`);
        tar.write(name.padEnd(6, '\0'), at, 'latin1');
        const header = tar.subarray(at, at + 512);
        header.write('        ', 148, 'latin1');
        const sum = header.reduce((total, byte) => total + byte, 0);
        header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
      }
      return unpackLayers(system, [layerOf(tar)], join(scratch(), 'root'));
    };
    expect((await named(['a\xff'])).notes).toEqual([{ path: 'a\ufffd', what: 'name-not-utf8' }]);
    await expect(named(['a\xff', 'a\xfe'])).rejects.toThrow(refusal('OCI_LAYER_INVALID', /not UTF-8/));
  });

  test('within the header of a long name it is damaged, although files came before', async () => {
    const tar = await tarOf([...entries, { name: `${'long/'.repeat(60)}name`, content: 'x' }]);
    for (const length of [1025, 1100, 1024 + 512 + 100, 1024 + 1024 + 100]) {
      const layer = layerOf(tar.subarray(0, length));
      const unpacked = unpackLayers(system, [layer], join(scratch(), 'root'));
      await expect(unpacked, `${length} bytes`).rejects.toThrow(refusal('OCI_LAYER_INVALID', /cannot be read/));
    }
  });
});

describe('ordinary layers', () => {
  test('files, directories, links, times and modes come as they are; owners can always read and delete', async () => {
    const { at, tree } = await unpack([
      [
        { name: './', type: 'directory', mode: 0o755 },
        { name: 'etc/', type: 'directory', mode: 0o555, mtime: new Date(5e11) },
        { name: 'etc/passwd', mode: 0o444, content: 'root:x\n' },
        { name: 'bin/sh', mode: 0o4755, content: 'x' },
        { name: 'etc/link', type: 'symlink', linkname: '/bin/sh' },
        { name: 'bin/hard', type: 'link', linkname: 'bin/sh' },
        { name: 'dev/null', type: 'character-device' },
        { name: 'run/pipe', type: 'fifo' },
        { name: 'big', content: Buffer.alloc(700_000, 'b') },
      ],
    ]);
    expect(lstatSync(at('etc')).mode & 0o777).toBe(0o755);
    expect(lstatSync(at('etc')).mtime).toEqual(new Date(5e11));
    expect(lstatSync(at('etc/passwd')).mode & 0o777).toBe(0o644);
    expect(lstatSync(at('etc/passwd')).mtime).toEqual(new Date(1e12));
    expect(lstatSync(at('bin/sh')).mode & 0o7777).toBe(0o755);
    expect(readlinkSync(at('etc/link'))).toBe('/bin/sh');
    expect(lstatSync(at('bin/hard')).ino).toBe(lstatSync(at('bin/sh')).ino);
    expect(existsSync(at('dev/null'))).toBe(false);
    expect(tree.notes).toEqual([
      { path: 'bin/sh', what: 'setuid-dropped' },
      { path: 'dev/null', what: 'device-skipped' },
      { path: 'run/pipe', what: 'fifo-skipped' },
    ]);
    expect(tree.entries.map(({ path }) => path)).toEqual([
      'big',
      'bin',
      'bin/hard',
      'bin/sh',
      'dev',
      'etc',
      'etc/link',
      'etc/passwd',
      'run',
    ]);
    expect(tree.entries.find(({ path }) => path === 'etc/passwd')).toEqual({
      path: 'etc/passwd',
      type: 'file',
      mode: 0o644,
      size: 7,
      sha256: digestOf('root:x\n').slice(7),
    });
  });

  test('the digest of a tree depends on what is in it, not on the order or the layers it came in', async () => {
    const a = await unpack([
      [
        { name: 'a', content: '1' },
        { name: 'b', content: '2' },
      ],
    ]);
    const b = await unpack([[{ name: 'b', content: '2' }], [{ name: 'a', content: '1' }]]);
    const c = await unpack([
      [
        { name: 'a', content: '1' },
        { name: 'b', content: '3' },
      ],
    ]);
    expect(a.tree.digest).toBe(b.tree.digest);
    expect(a.tree.digest).not.toBe(c.tree.digest);
  });

  test('very long names, by ustar prefix, pax and GNU', async () => {
    const long = `${'d'.repeat(200)}/${'e'.repeat(200)}/file`;
    const { at } = await unpack([
      [
        { name: long, content: 'pax' },
        { name: 'ünï', content: 'u' },
      ],
    ]);
    expect(readFileSync(at(long), 'utf8')).toBe('pax');
    expect(readFileSync(at('ünï'), 'utf8')).toBe('u');
    const made = scratch();
    mkdirSync(join(made, long, '..'), { recursive: true });
    writeFileSync(join(made, long), 'gnu');
    const tar = execFileSync('tar', ['--format=gnu', '-C', made, '-cf', '-', '.']);
    const root = join(scratch(), 'r');
    await unpackLayers(system, [layerOf(tar)], root);
    expect(readFileSync(join(root, long), 'utf8')).toBe('gnu');
  });

  test('gzip, several gzip members, zstd, several zstd frames and plain tar, told by their bytes', async () => {
    const tar = await tarOf([{ name: 'f', content: Buffer.alloc(3_000_000, 'zstd and gzip ') }]);
    const zstd =
      (...words: string[]) =>
      (bytes: Buffer) =>
        execFileSync('zstd', ['-q', '-c', ...words], { input: bytes, maxBuffer: 1e8 });
    const half = 1_000_001;
    for (const bytes of [
      tar,
      gzipSync(tar),
      Buffer.concat([gzipSync(tar.subarray(0, half)), gzipSync(tar.subarray(half))]),
      zstd()(tar),
      zstd('-19', '--no-check')(tar),
      Buffer.concat([
        zstd()(tar.subarray(0, half)),
        Buffer.from('502a4d1803000000616263', 'hex'),
        zstd('--long=24')(tar.subarray(half)),
      ]),
    ]) {
      const root = join(scratch(), 'r');
      const tree = await unpackLayers(system, [layerOf(tar, bytes)], root);
      expect(tree.entries).toHaveLength(1);
    }
  });
});

describe('layers over layers', () => {
  const lower: readonly TarEntry[] = [
    { name: 'd/', type: 'directory' },
    { name: 'd/a', content: 'a' },
    { name: 'd/sub/b', content: 'b' },
    { name: 'lib', type: 'symlink', linkname: 'usr/lib' },
    { name: 'usr/lib/x', content: 'x' },
  ];
  const paths = (tree: { entries: readonly { path: string }[] }) => tree.entries.map(({ path }) => path);

  test('a whiteout hides what is below, not what its own layer has', async () => {
    const { tree } = await unpack([
      lower,
      [{ name: 'd/.wh.a' }, { name: 'd/sub/c', content: 'c' }, { name: 'd/.wh.sub' }],
    ]);
    expect(paths(tree)).toEqual(['d', 'd/sub', 'd/sub/c', 'lib', 'usr', 'usr/lib', 'usr/lib/x']);
  });

  test('an opaque whiteout empties a directory of what is below, wherever it stands in the layer', async () => {
    for (const upper of [
      [{ name: 'd/.wh..wh..opq' }, { name: 'd/new', content: 'n' }],
      [{ name: 'd/new', content: 'n' }, { name: 'd/.wh..wh..opq' }],
    ]) {
      const { tree } = await unpack([lower, upper]);
      expect(paths(tree)).toEqual(['d', 'd/new', 'lib', 'usr', 'usr/lib', 'usr/lib/x']);
    }
  });

  test('a whiteout of a path reaches through links inside the root', async () => {
    const { tree } = await unpack([lower, [{ name: 'lib/.wh.x' }]]);
    expect(paths(tree)).not.toContain('usr/lib/x');
  });

  test('a hard link to a file of a lower layer, and to a link', async () => {
    const { at, tree } = await unpack([
      lower,
      [
        { name: 'again', type: 'link', linkname: '/d/a' },
        { name: 'lib2', type: 'link', linkname: 'lib' },
      ],
      [{ name: 'd/.wh.a' }],
    ]);
    expect(readFileSync(at('again'), 'utf8')).toBe('a');
    expect(readlinkSync(at('lib2'))).toBe('usr/lib');
    expect(paths(tree)).not.toContain('d/a');
  });

  test('files land through directory links, as merged /usr needs', async () => {
    const { at } = await unpack([lower, [{ name: 'lib/y', content: 'y' }]]);
    expect(readFileSync(at('usr/lib/y'), 'utf8')).toBe('y');
  });

  test('types change: file to directory, directory to file, link to directory, and one name twice', async () => {
    const { at, tree } = await unpack([
      lower,
      [
        { name: 'd/a/', type: 'directory' },
        { name: 'd/a/in', content: 'in' },
        { name: 'd/sub', content: 'file now' },
        { name: 'lib/', type: 'directory' },
        { name: 'lib/z', content: 'z' },
        { name: 'twice', content: 'first' },
        { name: 'twice', content: 'second' },
      ],
    ]);
    expect(readFileSync(at('twice'), 'utf8')).toBe('second');
    expect(readFileSync(at('d/sub'), 'utf8')).toBe('file now');
    expect(lstatSync(at('lib')).isDirectory()).toBe(true);
    expect(paths(tree)).toEqual([
      'd',
      'd/a',
      'd/a/in',
      'd/sub',
      'lib',
      'lib/z',
      'twice',
      'usr',
      'usr/lib',
      'usr/lib/x',
    ]);
  });

  test('read-only directories of a lower layer can be filled, and the tree deleted', async () => {
    const { at } = await unpack([[{ name: 'ro/', type: 'directory', mode: 0o500 }], [{ name: 'ro/f', content: 'f' }]]);
    expect(readFileSync(at('ro/f'), 'utf8')).toBe('f');
  });
});

describe('hostile layers', () => {
  const outside = '/tmp/assay-oci-must-not-exist';

  test.each<readonly [string, readonly TarEntry[], string]>([
    [
      'an absolute link as a parent',
      [
        { name: 'a', type: 'symlink', linkname: '/etc' },
        { name: 'a/passwd', content: 'x' },
      ],
      'etc/passwd',
    ],
    [
      'a link upwards as a parent',
      [
        { name: 'a', type: 'symlink', linkname: '../../../etc' },
        { name: 'a/passwd', content: 'x' },
      ],
      'etc/passwd',
    ],
    [
      'links over links',
      [
        { name: 'a', type: 'symlink', linkname: 'b' },
        { name: 'b', type: 'symlink', linkname: '/..' },
        { name: 'a/f', content: 'x' },
      ],
      'f',
    ],
    ['an absolute name', [{ name: `${outside}`, content: 'x' }], outside.slice(1)],
    [
      'a link that is replaced by a file',
      [
        { name: 'f', type: 'symlink', linkname: outside },
        { name: 'f', content: 'x' },
      ],
      'f',
    ],
    [
      'a hard link to a link that leads out',
      [
        { name: 'l', type: 'symlink', linkname: outside },
        { name: 'h', type: 'link', linkname: 'l' },
        { name: 'h', content: 'x' },
      ],
      'h',
    ],
  ])('%s lands inside the root', async (_, entries, where) => {
    const { at } = await unpack([entries]);
    expect(lstatSync(at(where)).isFile()).toBe(true);
    expect(readFileSync(at(where), 'utf8')).toBe('x');
    expect(existsSync(outside)).toBe(false);
  });

  test.each<readonly [string, readonly TarEntry[], RegExp]>([
    ['a name that leads upwards', [{ name: 'a/../../x', content: 'x' }], /leads upwards/],
    ['a pax name with a NUL', [{ name: 'x', pax: { path: 'a\0b' }, content: 'x' }], /NUL/],
    ['a hard link out of the root', [{ name: 'h', type: 'link', linkname: '../../etc/passwd' }], /leads upwards/],
    ['a hard link to a host file', [{ name: 'h', type: 'link', linkname: '/etc/hostname' }], /not there/],
    [
      'a hard link to a directory',
      [
        { name: 'd/', type: 'directory' },
        { name: 'h', type: 'link', linkname: 'd' },
      ],
      /to a directory/,
    ],
    [
      'links in a circle',
      [
        { name: 'a', type: 'symlink', linkname: 'b' },
        { name: 'b', type: 'symlink', linkname: 'a' },
        { name: 'a/f', content: '' },
      ],
      /without end/,
    ],
    [
      'a file as a parent',
      [
        { name: 'f', content: '' },
        { name: 'f/g', content: '' },
      ],
      /is a file/,
    ],
    ['a whiteout of ..', [{ name: 'd/.wh...', content: '' }], /whiteout/],
    ['a root that is a link', [{ name: './', type: 'symlink', linkname: '/' }], /replace the root/],
    ['a part longer than a file name can be', [{ name: 'n'.repeat(300), content: '' }], /too long/],
    ['a sparse file', [{ name: 's', pax: { 'GNU.sparse.major': '1' }, content: 'x' }], /sparse/],
  ])('%s is refused', async (_, entries, message) => {
    await expect(unpack([entries])).rejects.toEqual(refusal('OCI_LAYER_INVALID', message));
  });

  test('bombs end at the limit: bytes in gzip and zstd, entries', async () => {
    const zeros = await tarOf([{ name: 'z', content: Buffer.alloc(30_000_000) }]);
    const zstd = execFileSync('zstd', ['-q', '-c'], { input: zeros, maxBuffer: 1e8 });
    for (const layer of [layerOf(zeros), layerOf(zeros, zstd)])
      await expect(unpackLayers(system, [layer], join(scratch(), 'r'), { maxBytes: 1e6 })).rejects.toEqual(
        refusal('OCI_LAYER_TOO_LARGE', /1.0 MB/),
      );
    const many = Array.from({ length: 20 }, (_, index) => ({ name: `f${index}`, content: '' }));
    await expect(unpack([many], { maxEntries: 10 })).rejects.toEqual(refusal('OCI_LAYER_TOO_LARGE', /10 entries/));
  });

  test('a zstd frame that claims a window of gigabytes is refused before anything is reserved', async () => {
    const tar = await tarOf([{ name: 'f', content: 'x' }]);
    const frame = Buffer.from('28b52ffd00a8010000', 'hex');
    await expect(unpackLayers(system, [layerOf(tar, frame)], join(scratch(), 'r'))).rejects.toEqual(
      refusal('OCI_LAYER_INVALID', /window/),
    );
  });

  test('damaged layers are refused whatever breaks first', async () => {
    const tar = await tarOf([{ name: 'f', content: Buffer.alloc(100_000, 'abc') }]);
    const gzip = gzipSync(tar);
    const zstd = execFileSync('zstd', ['-q', '-c'], { input: tar });
    for (const bytes of [
      tar.subarray(0, 5000),
      gzip.subarray(0, 100),
      zstd.subarray(0, zstd.length - 8),
      Buffer.concat([gzip.subarray(0, 50), gzip]),
    ]) {
      const error = await unpackLayers(system, [layerOf(tar, bytes)], join(scratch(), 'r')).catch((thrown) => thrown);
      expect(['OCI_LAYER_INVALID', 'OCI_DIGEST_MISMATCH']).toContain(error.code);
    }
    const other = layerOf(tar);
    await expect(unpackLayers(system, [{ ...other, diffId: digestOf('other') }], join(scratch(), 'r'))).rejects.toEqual(
      refusal('OCI_DIGEST_MISMATCH', /configuration names/),
    );
    const encrypted = {
      ...other,
      descriptor: { ...other.descriptor, mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip+encrypted' },
    };
    await expect(unpackLayers(system, [encrypted], join(scratch(), 'r'))).rejects.toEqual(
      refusal('OCI_LAYER_INVALID', /encrypted/),
    );
  });

  test('an error of the source comes out as it is', async () => {
    const layer = layerOf(await tarOf([{ name: 'f', content: Buffer.alloc(1_000_000, 'q') }]));
    const failing = async function* () {
      yield layer.bytes.subarray(0, 30);
      throw Object.assign(new Error('gone'), { code: 'ESTALE' });
    };
    const open = async () => Readable.from(failing(), { objectMode: false });
    await expect(unpackLayers(system, [{ ...layer, open }], join(scratch(), 'r'))).rejects.toThrow('gone');
  });

  test('random damage never leads out of the root and never hangs', async () => {
    const tar = await tarOf([
      { name: 'a', type: 'symlink', linkname: '../..' },
      { name: 'd/', type: 'directory' },
      { name: 'd/f', content: 'content' },
      { name: 'h', type: 'link', linkname: 'd/f' },
    ]);
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return seed % below;
    };
    for (let round = 0; round < 300; round += 1) {
      const bytes = Buffer.from(tar);
      for (let flips = 0; flips < 4; flips += 1) bytes[random(512 * 6)] = random(256);
      // A right checksum lets the damage reach our own code.
      for (let at = 0; at + 512 <= 512 * 6; at += 512) {
        bytes.fill(' ', at + 148, at + 156);
        const sum = bytes.subarray(at, at + 512).reduce((total, byte) => total + byte, 0);
        bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148);
      }
      const above = scratch();
      await unpackLayers(system, [layerOf(bytes, bytes)], join(above, 'r')).catch((error) => {
        if (error.code === undefined) throw error;
      });
      expect(readdirSync(above)).toEqual(['r']);
    }
  });
});

describe('preparation', () => {
  test('missing mount points are added, through links, and marked', async () => {
    const { at, tree } = await unpack(
      [
        [
          { name: 'var/run', type: 'symlink', linkname: '/run' },
          { name: 'etc/hosts', content: 'h' },
        ],
      ],
      {
        preparation: { directories: ['/var/run/slurm', '/proc'], files: ['/etc/hosts', '/etc/resolv.conf'] },
      },
    );
    expect(lstatSync(at('run/slurm')).isDirectory()).toBe(true);
    expect(readFileSync(at('etc/hosts'), 'utf8')).toBe('h');
    const added = tree.entries.filter((entry) => entry.added).map(({ path }) => path);
    expect(added).toEqual(['etc/resolv.conf', 'proc', 'run', 'run/slurm']);
  });

  test('a mount point below a file cannot be made', async () => {
    await expect(
      unpack([[{ name: 'etc/hosts', content: 'h' }]], { preparation: { directories: ['/etc/hosts/x'], files: [] } }),
    ).rejects.toEqual(refusal('OCI_PREPARATION_CONFLICT', /etc\/hosts\/x/));
  });
});
