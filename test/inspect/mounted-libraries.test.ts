/** Whose a library is that a rank had loaded: the image's, the host's by its own path, or the host's by a mount of the site. */
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { type MappedLibrary, readRanks } from '../../src/inspect/read-ranks.ts';
import { nonce, rendered, run, scratch, shells } from './scratch-collector.ts';

const companion = { SLURM_JOB_ID: '77', SLURM_STEP_ID: '1', SLURMD_NODENAME: 'n1' };

/** A tree, a host and one rank whose maps show these files of them by these paths; what was told of its libraries. */
async function told(
  shell: readonly [string, ...string[]],
  mounts: readonly { readonly source: string; readonly target: string }[],
  plant: (write: (place: 'tree' | 'host', path: string, text: string) => number, folders: Folders) => Loaded,
): Promise<readonly Pick<MappedLibrary, 'path' | 'origin' | 'digest'>[]> {
  const directory = scratch();
  const folders = { tree: join(directory, 'a tree'), host: join(directory, 'root') };
  const write = (place: 'tree' | 'host', path: string, text: string): number => {
    const file = join(folders[place], path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return statSync(file).ino;
  };
  const proc = join(folders.host, 'proc');
  for (const [owner, id] of [
    ['4242', '2'],
    ['self', '1'],
  ] as const) {
    mkdirSync(join(proc, owner, 'ns'), { recursive: true });
    symlinkSync(`mnt:[${id}]`, join(proc, owner, 'ns', 'mnt'));
    symlinkSync(`user:[${id}]`, join(proc, owner, 'ns', 'user'));
  }
  const pid = join(proc, '4242');
  symlinkSync('/usr/bin/app', join(pid, 'exe'));
  writeFileSync(join(pid, 'environ'), 'SLURM_JOB_ID=77\0SLURM_STEP_ID=0\0SLURM_PROCID=0\0SLURMD_NODENAME=n1\0');
  writeFileSync(join(pid, 'status'), 'Name:\tx\nUid:\t1000\t1000\t1000\t1000\nVmLib:\t 10 kB\n');
  writeFileSync(join(pid, 'cgroup'), '0::/slurm\n');
  mkdirSync(folders.tree);
  const maps = plant(write, folders).map(([path, inode]) => `7f00-7f01 r-xp 00000000 00:2d ${inode}     ${path}\n`);
  writeFileSync(join(pid, 'maps'), maps.join(''));
  writeFileSync(join(directory, 'sample.list'), '');
  const collector = await rendered(directory, { ranksLimitSeconds: 20, root: folders.host, mounts });
  // On a loaded machine the first pass may take seconds.
  const seenYet = setInterval(() => {
    const text = existsSync(join(directory, 'n1.ranks')) ? readFileSync(join(directory, 'n1.ranks'), 'utf8') : '';
    if (/^assay-end .* rank\./m.test(text)) writeFileSync(join(directory, 'stop'), '');
  }, 100);
  const words = [collector, directory, 'files', join(directory, 'sample.list'), folders.tree, 'ranks'];
  const { stderr } = await run(shell, words, { env: companion });
  clearInterval(seenYet);
  expect(stderr).toBe('');
  const seen = readRanks(readFileSync(join(directory, 'n1.ranks'), 'utf8'), nonce, 'n1');
  expect(seen.problems).toEqual([]);
  return (seen.ranks[0]?.libraries ?? []).map(({ device: _, inode: __, ...library }) => library);
}

interface Folders {
  readonly tree: string;
  readonly host: string;
}
type Loaded = readonly (readonly [path: string, inode: number])[];

describe.each(shells.map((shell) => ({ name: shell.join(' '), shell })))('under $name', ({ shell }) => {
  test('a mounted file is the host’s, by the path behind the links of image and host', async () => {
    const mounts = [{ source: "/opt/it's here/libz.so", target: '/lib/libz.so.1' }];
    const libraries = await told(shell, mounts, (write, { tree, host }) => {
      write('tree', 'usr/lib/libz.so.1.2', 'of the image');
      symlinkSync('libz.so.1.2', join(tree, 'usr/lib/libz.so.1'));
      symlinkSync('usr/lib', join(tree, 'lib'));
      const inode = write('host', "opt/it's here/libz-real.so", 'of the host');
      symlinkSync('libz-real.so', join(host, "opt/it's here/libz.so"));
      return [
        ['/usr/lib/libz.so.1.2', inode],
        ['/usr/lib/libm.so.6', write('tree', 'usr/lib/libm.so.6', 'mathematics')],
      ];
    });
    expect(libraries).toEqual([
      { path: '/usr/lib/libz.so.1.2', origin: 'host', digest: digestOf('of the host') },
      { path: '/usr/lib/libm.so.6', origin: 'image', digest: digestOf('mathematics') },
    ]);
  });

  test('files of mounted folders are the host’s, the inner mount before the outer', async () => {
    const mounts = [
      { source: '/opt/cray', target: '/opt/cray' },
      { source: '/site/lib', target: '/opt/cray/pe/lib' },
    ];
    const libraries = await told(shell, mounts, (write) => {
      write('tree', 'opt/cray/libfabric.so.1', 'of the image');
      write('host', 'opt/cray/pe/lib/libmpi.so.12', 'hidden');
      return [
        ['/opt/cray/libfabric.so.1', write('host', 'opt/cray/libfabric.so.1', 'fabric')],
        ['/opt/cray/pe/lib/libmpi.so.12', write('host', 'site/lib/libmpi.so.12', 'mpi')],
        ['/usr/lib/libhost.so', write('host', 'usr/lib/libhost.so', 'by its own path')],
      ];
    });
    expect(libraries).toEqual([
      { path: '/opt/cray/libfabric.so.1', origin: 'host', digest: digestOf('fabric') },
      { path: '/opt/cray/pe/lib/libmpi.so.12', origin: 'host', digest: digestOf('mpi') },
      { path: '/usr/lib/libhost.so', origin: 'host', digest: digestOf('by its own path') },
    ]);
  });

  test('a library whose source is gone or is another file by now is nobody’s', async () => {
    const mounts = [
      { source: '/opt/gone.so', target: '/usr/lib/libgone.so' },
      { source: '/opt/other.so', target: '/usr/lib/libother.so' },
    ];
    const libraries = await told(shell, mounts, (write) => {
      write('tree', 'usr/lib/libgone.so', '');
      write('tree', 'usr/lib/libother.so', '');
      const other = write('host', 'opt/other.so', 'now');
      return [
        ['/usr/lib/libgone.so', other + 1_000_000],
        ['/usr/lib/libother.so', other + 1_000_001],
        ['/usr/lib/libmine.so', write('tree', 'usr/lib/libmine.so', 'mine')],
      ];
    });
    expect(libraries).toEqual([
      { path: '/usr/lib/libgone.so' },
      { path: '/usr/lib/libother.so' },
      { path: '/usr/lib/libmine.so', origin: 'image', digest: digestOf('mine') },
    ]);
  });
});
