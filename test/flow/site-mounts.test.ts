import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { injectedInto } from '../../src/flow/injected-evidence.ts';
import { mountedLibraries, plannedMounts, preparationWith, seeMounts } from '../../src/flow/site-mounts.ts';
import { realSystem } from '../../src/system/real-system.ts';
import { makeElf } from '../base/elf-file.ts';

const system = realSystem(true);
const host = mkdtempSync(join(tmpdir(), 'assay-mounts-'));
afterAll(() => rmSync(host, { recursive: true, force: true }));

const elf = makeElf({ soname: 'libz.so.1' });
mkdirSync(join(host, 'lib/deeper'), { recursive: true });
writeFileSync(join(host, 'lib/libz.so.1.3'), elf);
symlinkSync('libz.so.1.3', join(host, 'lib/libz.so.1'));
writeFileSync(join(host, 'lib/deeper/libm.so'), makeElf());
mkdirSync(join(host, 'empty'));
writeFileSync(join(host, 'notes.txt'), 'notes');
const root = join(host, 'image');
mkdirSync(join(root, 'usr/lib'), { recursive: true });
symlinkSync('usr/lib', join(root, 'lib'));
symlinkSync('../lib/libz.so.1.2', join(root, 'usr/lib/libz.so.1'));
symlinkSync('../../../usr/lib/libz.so.1.2', join(root, 'usr/lib/libclimbs.so'));
writeFileSync(join(root, 'usr/lib/libz.so.1.2'), '');
symlinkSync('/etc/alternatives/blas', join(root, 'usr/lib/libblas.so'));
symlinkSync('loop', join(root, 'usr/lib/loop'));

const at = (source: string, target = '/t') => ({ source: join(host, source), target });

describe('what the sources of mounts are here', () => {
  it('is told with the digest of a file, and the libraries that come with each', async () => {
    const [file, folder, text, empty] = await seeMounts(system, [
      at('lib/libz.so.1'),
      at('lib'),
      at('notes.txt'),
      at('empty'),
    ]);
    expect(file).toMatchObject({ is: 'file', digest: digestOf(elf), libraries: [{ soname: 'libz.so.1' }] });
    expect(folder).toMatchObject({ is: 'folder', libraries: [{ path: join(host, 'lib/libz.so.1.3') }] });
    expect(folder).not.toHaveProperty('digest');
    expect(text).toEqual({ ...at('notes.txt'), is: 'file', digest: digestOf('notes'), libraries: [] });
    expect(empty).toEqual({ ...at('empty'), is: 'folder', libraries: [] });
    // One library by two mounts, and by --inject too, comes once.
    const other = file?.libraries ?? [];
    expect(
      mountedLibraries(
        [file, folder].flatMap((one) => one?.libraries ?? []),
        other,
      ),
    ).toHaveLength(1);
  });

  it('is unknown, with why, where this host does not have it or lets nobody look', async () => {
    const [gone, device] = await seeMounts(system, [at('gone'), { source: '/dev/null', target: '/t' }]);
    expect(gone).toEqual({
      ...at('gone'),
      untold: `${join(host, 'gone')} is not on ${system.environment.host}; the nodes may have it`,
      libraries: [],
    });
    expect(device?.untold).toBe('/dev/null is neither a file nor a folder');
    chmodSync(join(host, 'notes.txt'), 0);
    const [denied] = await seeMounts(system, [at('notes.txt')]);
    chmodSync(join(host, 'notes.txt'), 0o644);
    if (system.environment.uid !== 0) expect(denied?.untold).toMatch(/cannot be read/);
  });
});

describe('what is at their targets', () => {
  const look = async (...targets: readonly string[]) => {
    const seen = await seeMounts(
      system,
      targets.map((target) => at('notes.txt', target)),
    );
    return (await plannedMounts(system, root, seen)).map(({ there }) => there);
  };

  it('is found behind the links of the image, which never lead out of it', async () => {
    expect(await look('/lib/libz.so.1', '/usr/lib/none', '/usr/lib/libz.so.1.2/x', '/usr/lib/loop')).toEqual([
      'file',
      'absent',
      'absent',
      'absent',
    ]);
    expect(await look('/lib')).toEqual(['folder']);
    expect(await look('/lib/libblas.so')).toEqual([{ link: '/usr/lib/libblas.so', to: '/etc/alternatives/blas' }]);
    expect(await look('/lib/libclimbs.so')).toEqual([
      { link: '/usr/lib/libclimbs.so', to: '../../../usr/lib/libz.so.1.2' },
    ]);
  });

  it('is looked for in the mount that it lies in', async () => {
    const inner = { source: '/dev', target: '/opt/x/deeper' };
    const seen = await seeMounts(system, [at('lib', '/opt/x'), inner, { ...inner, target: '/opt/x/none' }]);
    expect((await plannedMounts(system, root, seen)).map(({ there }) => there)).toEqual(['absent', 'folder', 'absent']);
    // Those are made in the image that do not lie in a mount.
    expect(preparationWith({ directories: ['dev'], files: ['etc/hosts'] }, seen)).toEqual({
      directories: ['dev', 'opt/x'],
      files: ['etc/hosts'],
    });
  });

  it('is made in the image where it is known what it is to be', async () => {
    const seen = await seeMounts(system, [at('lib', '/a/lib'), at('notes.txt', '/b/notes'), at('gone', '/c')]);
    expect(preparationWith({ directories: [], files: [] }, seen)).toEqual({
      directories: ['a/lib'],
      files: ['b/notes'],
    });
  });
});

describe('the evidence', () => {
  const [mine, theirs, file] = [digestOf('mine'), digestOf('theirs'), digestOf('file')];

  it('names what ranks loaded of the host, and mounted libraries that none was seen to load, each once', () => {
    const libraries = [
      { path: '/usr/lib/libz.so.1.2', device: '', inode: '1', origin: 'host', digest: mine },
      { path: '/usr/lib/libm.so', device: '', inode: '2', origin: 'image', digest: theirs },
      { path: '/usr/lib/libx.so', device: '', inode: '3' },
    ] as const;
    const mounts = [
      { source: '/h/libz.so', target: '/lib/libz.so.1', digest: mine, libraries: 1 },
      { source: '/h/liby.so', target: '/lib/liby.so', digest: file, libraries: 1 },
      { source: '/h/notes', target: '/notes', digest: theirs },
      { source: '/h/lib', target: '/opt/lib', libraries: 4 },
    ];
    expect(injectedInto(mounts, [{ ranks: [{ libraries }, { libraries }] }])).toEqual([
      { path: '/lib/liby.so', digest: file },
      { path: '/usr/lib/libz.so.1.2', digest: mine },
    ]);
    expect(injectedInto([], [])).toEqual([]);
  });
});
