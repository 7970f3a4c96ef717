/** Positions in YAML files. */
import { expect, it } from 'vitest';
import { parseYaml } from '../../src/base/yaml.ts';

it('says the right line after texts of several lines, and after errors', () => {
  const text = 'a: one\n  two\n  three\nb: |\n  x\n  y\n\nc: wrong\r\nd: "q\n  r"\ne: 1\n';
  const source = parseYaml(text, 'f');
  if (!('ok' in source)) throw new Error('it is right');
  for (const [key, line] of [
    ['b', 4],
    ['c', 8],
    ['d', 9],
    ['e', 11],
  ] as const)
    expect(source.ok.locate([key], 'key')).toMatchObject({ line, column: 1, endColumn: 2 });
  expect(source.ok.locate(['c'])).toMatchObject({ line: 8, column: 4, endColumn: 9, text: 'c: wrong' });
  const broken = parseYaml('# x\nhead: a\n\n```text\nUsage: one\n  two\n  three: four\n  - five: [\nlast: }\n', 'f');
  if (!('problems' in broken)) throw new Error('it is wrong');
  expect(broken.problems.length).toBeLessThanOrEqual(5);
  for (const { at } of broken.problems)
    expect(at?.text).toBe(
      ['# x', 'head: a', '', '```text', 'Usage: one', '  two', '  three: four', '  - five: [', 'last: }', ''][
        (at?.line ?? 0) - 1
      ],
    );
  expect(broken.problems[0]?.at).toMatchObject({ line: 4, text: '```text' });
});
