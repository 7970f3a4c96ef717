import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { adapterFolders, sourceFiles } from './folders.ts';

const files = sourceFiles();

describe.each(adapterFolders)('%s', (folder) => {
  const kindOf = (path: string) => path.slice(folder.length + 1).split(/[/.]/)[0];

  it('lists every kind in its folder', () => {
    const index = readFileSync(`src/${folder}/index.ts`, 'utf8');
    const listed = [...index.matchAll(/from '\.\/([a-z0-9-]+)(?:\/[a-z0-9-]+)?\.ts'/g)].map((match) => match[1]).sort();
    const there = readdirSync(`src/${folder}`)
      .map((name) => name.replace(/\.ts$/, ''))
      .filter((name) => name !== 'index')
      .sort();
    expect(listed).toEqual(there);
  });

  it('has kinds that do not import each other', () => {
    const wrong = files
      .filter(({ path }) => path.startsWith(`${folder}/`) && kindOf(path) !== 'index')
      .flatMap(({ path, imports }) =>
        imports
          .filter((target) => target.startsWith(`${folder}/`) && kindOf(target) !== kindOf(path))
          .map((target) => `${path} imports ${target}`),
      );
    expect(wrong).toEqual([]);
  });
});

describe('registrations', () => {
  it('are the only files named index', () => {
    const indexes = files.map(({ path }) => path).filter((path) => path.endsWith('/index.ts'));
    expect(indexes.sort()).toEqual(adapterFolders.map((folder) => `${folder}/index.ts`).sort());
  });
});
