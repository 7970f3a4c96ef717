import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { x86Level } from '../../src/inspect/probes/hardware/processor.ts';

const captures = fileURLToPath(new URL('../../../shared/captures/cpuinfo', import.meta.url));
const there = existsSync(captures);

describe.skipIf(!there)('levels of x86-64 in captured /proc/cpuinfo', () => {
  const flagsOf = (name: string): string =>
    /^flags[ \t]*:(.*)/m.exec(readFileSync(join(captures, name), 'utf8'))?.[1] ?? '';

  test('each has a level where it has the flags of x86-64, and none else', () => {
    const names = readdirSync(captures).filter((name) => name.endsWith('.txt'));
    expect(names.length).toBeGreaterThan(40);
    for (const name of names) {
      const x86 = /(?:^|\s)lm(?:\s|$)/.test(flagsOf(name));
      expect(x86Level(flagsOf(name)) ?? '', name).toMatch(x86 ? /^x86-64-v[1-4]$/ : /^$/);
    }
  });

  test.each([
    ['archspec-linux-rhel7-haswell.txt', 'x86-64-v3'],
    ['archspec-linux-rhel7-skylake_avx512.txt', 'x86-64-v4'],
    ['archspec-linux-rhel6-piledriver.txt', 'x86-64-v2'],
    ['archspec-linux-rocky8.5-zen4.txt', 'x86-64-v4'],
    ['archspec-linux-ubuntu20.04-zen3.txt', 'x86-64-v3'],
    ['archspec-linux-rhel8-neoverse_v1.txt', undefined],
  ])('%s: %s', (name, level) => {
    expect(x86Level(flagsOf(name))).toBe(level);
  });
});
