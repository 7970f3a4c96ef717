import { describe, expect, test } from 'vitest';
import { type ImageRoot, programFromOutside, programInImage } from '../../src/image/asked-program.ts';
import { makeElf } from '../base/elf-file.ts';
import { type Content, imageTree, program } from './image-tree.ts';

const loader = { '/lib64/ld-linux-x86-64.so.2': { elf: { type: 2 } } } as const;
const search = { path: '/usr/local/bin:/usr/bin:/bin', architecture: 'amd64' };

/** A root made of files; scripts are made executable when their path is among `executable`. */
function rootOf(files: Readonly<Record<string, Content>>, executable: readonly string[] = []): ImageRoot {
  const tree = imageTree(files);
  const byPath = new Map(
    tree.entries.map((entry) => [entry.path, executable.includes(entry.path) ? { ...entry, mode: 0o755 } : entry]),
  );
  return { entry: async (path) => byPath.get(path), read: tree.read };
}

const look = (word: string, files: Readonly<Record<string, Content>>, executable: readonly string[] = []) =>
  programInImage(rootOf(files, executable), word, search);

describe('a program of the image', () => {
  test('is the first on PATH, after every link', async () => {
    const files = { ...loader, '/usr/bin/app': { link: '/opt/app' }, '/opt/app': program([]), '/bin/app': program([]) };
    expect(await look('app', files)).toMatchObject({ files: ['/opt/app'] });
    expect(await look('app', files)).not.toHaveProperty('trouble');
  });

  test('is not there: no such name, a dangling link, no right to execute', async () => {
    expect((await look('app', loader)).trouble).toBe('the image has no app in its PATH, /usr/local/bin:/usr/bin:/bin');
    expect((await look('/opt/app', loader)).trouble).toBe('the image has no /opt/app');
    expect((await look('/opt/app', { '/opt/app': { link: 'gone' } })).trouble).toBe(
      '/opt/app of the image is a link to gone, which is not there',
    );
    expect((await look('app', { '/usr/bin/app': '#!/bin/sh\n' })).trouble).toContain(
      '/usr/bin/app of the image is not',
    );
    expect((await look('app', { '/bin/app': '#!/bin/sh\n' })).trouble).toContain('is not executable');
  });

  test('needs the loader that it names, and its processor', async () => {
    expect((await look('/opt/app', { '/opt/app': program([]) })).trouble).toBe(
      '/opt/app is started by /lib64/ld-linux-x86-64.so.2, which the image does not have',
    );
    expect((await look('/opt/app', { ...loader, '/opt/app': program([], { machine: 183 }) })).trouble).toContain(
      'arm64',
    );
    expect(await look('/opt/app', { '/opt/app': { elf: { type: 2 } } })).not.toHaveProperty('trouble');
  });

  test('may be a script, whose interpreter must be there', async () => {
    const run = (text: string) => look('/run.sh', { ...loader, '/bin/sh': program([]), '/run.sh': text }, ['/run.sh']);
    expect(await run('#! /bin/sh -e\n')).toMatchObject({ files: ['/run.sh', '/bin/sh'] });
    expect((await run('#!/bin/sh\r\n')).trouble).toContain('the image has no /bin/sh');
    expect((await run('#!/bin/bash\n')).trouble).toBe('/run.sh begins with #!/bin/bash: the image has no /bin/bash');
    expect(await run('echo\n')).toHaveProperty('doubt');
    const env = { ...loader, '/usr/bin/env': program([]), '/run.sh': '#!/usr/bin/env python3\n' };
    expect((await look('/run.sh', env, ['/run.sh'])).trouble).toContain('no python3 in its PATH');
    const python = { ...env, '/usr/bin/python3': program([]) };
    expect((await look('/run.sh', python, ['/run.sh'])).files).toEqual(['/run.sh', '/usr/bin/env', '/usr/bin/python3']);
    expect(await look('/run.sh', { '/run.sh': '#!/run.sh\n' }, ['/run.sh'])).toHaveProperty('doubt');
  });

  test('cannot be told where the working directory decides, or a file is broken', async () => {
    expect(await look('./app', loader)).toHaveProperty('doubt');
    expect(await look('/opt/app', { '/opt/app': Buffer.from('\x7fELF\x02\x01') }, ['/opt/app'])).toHaveProperty(
      'doubt',
    );
    const root = rootOf(loader);
    expect(await programInImage(root, 'app', { ...search, path: '/bin:' })).toHaveProperty('doubt');
    expect(
      await programInImage(rootOf({ '/bin/app': program([]) }), 'app', { ...search, path: '/usr/bin' }),
    ).toHaveProperty('doubt');
  });
});

test('a program from outside: static needs nothing, another its loader', async () => {
  const from = (bytes: Uint8Array, files: Readonly<Record<string, Content>>) =>
    programFromOutside(rootOf(files), 'x', async (at, length) => bytes.subarray(at, at + length), search);
  expect(await from(makeElf({ type: 2 }), {})).not.toHaveProperty('trouble');
  expect(await from(makeElf({ interpreter: '/lib64/ld-linux-x86-64.so.2' }), {})).toHaveProperty('trouble');
  expect(await from(makeElf({ interpreter: '/lib64/ld-linux-x86-64.so.2' }), loader)).not.toHaveProperty('trouble');
  expect(await from(Buffer.from('#!/bin/sh\n'), { '/bin/sh': { elf: { type: 2 } } })).toMatchObject({
    files: ['/bin/sh'],
  });
});
