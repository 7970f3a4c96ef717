import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { rules } from '../../src/certify/rules/index.ts';
import { publishedSchemas } from '../../src/flow/language.ts';

/** Every name that a schema gives to a key, and every word that it lets a key be, at any depth. */
function wordsOf(schema: unknown): readonly string[] {
  if (Array.isArray(schema)) return schema.flatMap(wordsOf);
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([key, value]) => {
    if (key === 'properties') return [...Object.keys(value), ...Object.values(value).flatMap(wordsOf)];
    if (key === 'const') return typeof value === 'string' ? [value] : [];
    if (key === 'enum') return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
    return wordsOf(value);
  });
}

/** What a guide shows as code, cut into words. */
function shownIn(file: string): ReadonlySet<string> {
  const code = [...readFileSync(file, 'utf8').matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? '');
  return new Set(code.flatMap((text) => [text, ...text.split(/[\s:,{}]+/)]));
}

describe('the guides', () => {
  it.each([
    ['suite', 'docs/suites.md'],
    ['site', 'docs/sites.md'],
    ['policy', 'docs/policies.md'],
  ])('name every key and word of the %s language', (language, file) => {
    const words = wordsOf(publishedSchemas[language]);
    expect(words.length).toBeGreaterThan(10);
    const shown = shownIn(file);
    expect([...new Set(words)].filter((word) => !shown.has(word))).toEqual([]);
  });

  it('name every rule of the gate', () => {
    const shown = shownIn('docs/policies.md');
    expect(rules.map((rule) => rule.name).filter((name) => !shown.has(name))).toEqual([]);
  });
});
