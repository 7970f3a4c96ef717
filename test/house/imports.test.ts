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
      .flatMap(({ path, imports, text }) => [
        ...imports.filter((target) => target.startsWith('system/')).map((target) => `${path} imports ${target}`),
        ...[...text.matchAll(/from 'node:(fs|child_process|net|http|os)[^']*'/g)].map(
          (match) => `${path} uses ${match[1]}`,
        ),
      ]);
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

  it('imports each large dependency in one place', () => {
    const places: Readonly<Record<string, string>> = {
      execa: 'system/exec.ts',
      handlebars: 'system/template.ts',
      systeminformation: 'system/inventory.ts',
      undici: 'system/http.ts',
      typebox: 'base/schema.ts',
      yaml: 'base/yaml.ts',
      'better-sqlite3': 'store/database.ts',
      commander: 'cli/program.ts',
    };
    for (const [name, place] of Object.entries(places))
      expect({ name, at: files.filter((file) => file.packages.includes(name)).map((file) => file.path) }).toEqual({
        name,
        at: [place],
      });
  });

  it('starts processes in one place, never through a shell', () => {
    const wrong = files.flatMap(({ path, text }) => [
      ...(text.includes('child_process') ? [`${path} uses child_process`] : []),
      ...(/shell:\s*true|execSync\(|'-c',\s*`/.test(text) ? [`${path} gives a text to a shell`] : []),
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

describe('registrations', () => {
  const folders = [
    'launch/runtimes',
    'launch/launchers',
    'launch/schedulers',
    'observe/parsers',
    'judge/checks',
    'inspect/probes',
    'certify/rules',
    'cli/commands',
  ];

  it.each(folders)('%s lists every kind in its folder', (folder) => {
    const index = readFileSync(`src/${folder}/index.ts`, 'utf8');
    const listed = [...index.matchAll(/from '\.\/([a-z0-9-]+)(?:\/[a-z0-9-]+)?\.ts'/g)].map((match) => match[1]).sort();
    const there = readdirSync(`src/${folder}`)
      .map((name) => name.replace(/\.ts$/, ''))
      .filter((name) => name !== 'index')
      .sort();
    expect(listed).toEqual(there);
  });
});

describe('src/README.md', () => {
  it('lists the folders in their order', () => {
    const text = readFileSync('src/README.md', 'utf8');
    const rows = [...text.matchAll(/^\| `([a-z]+)`\s*\|/gm)].map((match) => match[1]);
    expect(rows).toEqual([...folderOrder]);
  });
});
