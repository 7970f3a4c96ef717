import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { folderOrder, pureFolders, sourceFiles } from './folders.ts';

const files = sourceFiles();
const folderOf = (path: string) => path.split('/')[0] ?? '';

describe('the house', () => {
  it('has the folders of its order and no other', () => {
    const found = readdirSync('src', { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const filled = found
      .map((entry) => entry.name)
      .filter((name) => files.some((file) => file.path.startsWith(`${name}/`)));
    expect([...filled].sort()).toEqual([...folderOrder].sort());
  });

  it('imports to the left only, types too', () => {
    const wrong = files.flatMap(({ path, imports }) =>
      imports
        .filter(
          (target) => folderOrder.indexOf(folderOf(target) as never) > folderOrder.indexOf(folderOf(path) as never),
        )
        .map((target) => `${path} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('keeps the pure folders away from the world', () => {
    const wrong = files
      .filter(({ path }) => (pureFolders as readonly string[]).includes(folderOf(path)))
      .flatMap(({ path, imports }) =>
        imports.filter((target) => folderOf(target) === 'system').map((target) => `${path} imports ${target}`),
      );
    expect(wrong).toEqual([]);
  });

  it('touches files, network and host in `system` alone', () => {
    const world = /^(fs|child_process|net|tls|http|https|http2|dns|dgram|os|worker_threads|cluster)(\/|$)/;
    const wrong = files
      // The program's first file reads its own version before there is a System.
      .filter(({ path }) => folderOf(path) !== 'system' && path !== 'cli/main.ts')
      .flatMap(({ path, modules }) => modules.filter((name) => world.test(name)).map((name) => `${path} uses ${name}`));
    expect(wrong).toEqual([]);
  });

  it('has no cycle inside a folder', () => {
    const graph = new Map(
      files.map(({ path, imports }) => [path, imports.filter((one) => folderOf(one) === folderOf(path))]),
    );
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (path: string, trail: readonly string[]): void => {
      if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(' > '));
      if (trail.includes(path) || done.has(path)) return;
      for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
      done.add(path);
    };
    for (const path of graph.keys()) visit(path, []);
    expect(cycles).toEqual([]);
  });

  it('starts processes in one place, never through a shell', () => {
    const shellText = [/\bshell:\s*(?!false)/, /\bexec(File)?Sync\(/, /'-l?c',\s*(`|[\w.]+\s*\+|[\w.]+\.join\()/];
    const wrong = files.flatMap(({ path, text }) => [
      ...(text.includes('child_process') ? [`${path} uses child_process`] : []),
      ...(shellText.some((pattern) => pattern.test(text)) ? [`${path} gives a text to a shell`] : []),
    ]);
    expect(wrong).toEqual([]);
  });

  it('has small files that are named after what is in them', () => {
    expect(files.filter(({ text }) => text.split('\n').length > 400).map(({ path }) => path)).toEqual([]);
    expect(
      files.filter(({ path }) => /(^|\/)(types|utils|helpers|manager)\.ts$/.test(path)).map(({ path }) => path),
    ).toEqual([]);
  });
});

describe('src/README.md', () => {
  const text = readFileSync('src/README.md', 'utf8');

  it('lists the folders in their order', () => {
    const rows = [...text.matchAll(/^\| `([a-z]+)`\s*\|/gm)].map((match) => match[1]);
    expect(rows).toEqual([...folderOrder]);
  });

  it('says of a folder what its own file would, where it has none', () => {
    const opens = (folder: string) =>
      files.some(({ path, text: own }) => path === `${folder}/${folder}.ts` && own.startsWith('/**')) ||
      new RegExp(`^\`${folder}\` `, 'm').test(text);
    expect(folderOrder.filter((folder) => !opens(folder))).toEqual([]);
  });
});

describe('test', () => {
  it('mirrors src', () => {
    const others = ['captures', 'cluster', 'fixtures', 'house', 'soak', 'suites'];
    const found = readdirSync('test', { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const known: readonly string[] = [...folderOrder, ...others];
    expect(found.map((entry) => entry.name).filter((name) => !known.includes(name))).toEqual([]);
  });
});
