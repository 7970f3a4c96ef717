import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { errorCatalogue } from '../../src/base/error.ts';
import { commandReference } from '../../src/cli/reference.ts';
import { publishedSchemas } from '../../src/flow/language.ts';
import { sourceFiles } from './folders.ts';

// The catalogue holds the errors of the modules that were loaded.
beforeAll(async () => {
  for (const file of sourceFiles())
    if (file.text.includes('defineError(') && file.path !== 'base/error.ts') await import(join('../../src', file.path));
});

describe('docs/errors.md', () => {
  it('has every error of the catalogue, with its meaning, and no other', () => {
    const text = readFileSync('docs/errors.md', 'utf8');
    const rows = [...text.matchAll(/^\| `([A-Z_]+)` \| (\d) \| (.+?) \| (.+?) \|$/gm)];
    const documented = rows.map(([, code, exit, meaning]) => `${code} ${exit} ${meaning}`);
    const defined = errorCatalogue().map(
      ({ code, kind, meaning }) => `${code} ${{ declaration: 2, site: 3, hold: 4 }[kind]} ${meaning}`,
    );
    expect(documented).toEqual(defined);
    expect(rows.filter(([, , , , todo]) => (todo ?? '').trim().length < 10)).toEqual([]);
  });
});

describe('an error', () => {
  it('always comes with a hint', () => {
    const files = sourceFiles();
    const makers = files.flatMap(({ text }) =>
      [...text.matchAll(/const (\w+) = defineError\(/g)].map((match) => match[1]),
    );
    expect(makers.length).toBe(errorCatalogue().length);
    const bare = new RegExp(`\\b(${makers.join('|')})\\((?:(?!;\\n)[^])*?,\\s*(''|""|\`\`)\\s*[,)]`, 'g');
    expect(files.flatMap(({ path, text }) => [...text.matchAll(bare)].map((match) => `${path}: ${match[1]}`))).toEqual(
      [],
    );
  });
});

describe('docs/cli.md', () => {
  it('is what the commands say of themselves', () => {
    expect(readFileSync('docs/cli.md', 'utf8')).toBe(commandReference());
  });
});

describe('docs/schemas', () => {
  it('holds the schemas as they are published', () => {
    expect(readdirSync('docs/schemas').sort()).toEqual(
      Object.keys(publishedSchemas)
        .map((name) => `${name}.schema.json`)
        .sort(),
    );
    for (const [name, schema] of Object.entries(publishedSchemas))
      expect(JSON.parse(readFileSync(`docs/schemas/${name}.schema.json`, 'utf8'))).toEqual(
        JSON.parse(JSON.stringify(schema)),
      );
  });
});
