/** Every command of the tutorial, run as a reader would paste it into one shell, and the output that it promises. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** A block of commands: how its last one should end, and the lines that should be printed. */
interface Step {
  readonly commands: string;
  readonly exit: number;
  readonly shown: readonly string[];
}

/** The ```sh blocks, each with the ```text block that follows it, if one does. `# exit status N` says how one ends. */
function stepsOf(markdown: string): readonly Step[] {
  return [...markdown.matchAll(/^```sh\n([\s\S]*?)^```\n(?:\n```text\n([\s\S]*?)^```$)?/gm)].map((match) => {
    const commands = match[1] ?? '';
    const exit = Number(/^# exit status (\d+)$/m.exec(commands)?.[1] ?? '0');
    return { commands, exit, shown: (match[2] ?? '').split('\n').filter((line) => line !== '') };
  });
}

/** A shown line as a pattern for one line: any blanks for blanks, anything for `…`. */
function patternOf(line: string): RegExp {
  const parts = line.split('…').map((part) =>
    part
      .trim()
      .replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
      .replaceAll(/\s+/g, '[ \\t]+'),
  );
  return new RegExp(parts.join('.*'));
}

const steps = stepsOf(readFileSync('docs/tutorial.md', 'utf8'));
const began = (index: number) => `--- block ${index} begins`;
const ended = (index: number) => `--- block ${index} ended with `;
let folder = '';
let output = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-tutorial-'));
  const lines = steps.map(({ commands, exit }, index) => {
    const file = join(folder, `${index}.sh`);
    writeFileSync(file, commands);
    // A block that should fail stands in a shell of its own: the one that goes on stops at the first failure.
    const run = exit === 0 ? `. '${file}'; status=0` : `set +e; (set -e; . '${file}'); status=$?; set -e`;
    return `echo '${began(index)}'\n${run}\necho "${ended(index)}$status"`;
  });
  const answer = spawnSync('bash', ['-e', '-c', `exec 2>&1\n${lines.join('\n')}`], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 64 * 1024 * 1024,
  });
  output = answer.stdout;
}, 280_000);

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** What one block printed; empty when the shell never came to it. */
function outputOf(index: number): string {
  return output.split(`${began(index)}\n`)[1]?.split('--- block')[0] ?? '';
}

describe('the tutorial', () => {
  it('has its blocks read', () => {
    expect(steps.length).toBeGreaterThan(10);
    expect(steps.filter((step) => step.shown.length > 0).length).toBeGreaterThan(8);
    expect(steps.filter((step) => step.exit !== 0).length).toBeGreaterThan(2);
  });

  it.each(steps.map((step, index) => ({ ...step, index, first: step.commands.split('\n')[step.exit === 0 ? 0 : 1] })))(
    'block $index does what it says: $first',
    ({ exit, shown, index }) => {
      const said = outputOf(index);
      const status = new RegExp(`^${ended(index)}(\\d+)$`, 'm').exec(output)?.[1];
      expect({ status, said: status === String(exit) ? '' : said.slice(-3000) }).toEqual({
        status: String(exit),
        said: '',
      });
      for (const line of shown) expect(said).toMatch(patternOf(line));
    },
  );
});
