/** Guides as tests: every command of one, run as a reader would paste it into one shell, and the output it promises. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A block of commands: how its last one should end, and the lines that should be printed. */
export interface Step {
  readonly commands: string;
  readonly exit: number;
  readonly shown: readonly string[];
}

/** What a block came to; `status` is undefined when the shell never came to its end. */
export interface StepResult {
  readonly status: string | undefined;
  readonly said: string;
}

/** The ```sh blocks of a guide, each with the ```text block that follows it. `# exit status N` says how one ends. */
export function stepsOf(file: string): readonly Step[] {
  const markdown = readFileSync(file, 'utf8');
  return [...markdown.matchAll(/^```sh\n([\s\S]*?)^```\n(?:\n```text\n([\s\S]*?)^```$)?/gm)].map((match) => {
    const commands = match[1] ?? '';
    const exit = Number(/^# exit status (\d+)$/m.exec(commands)?.[1] ?? '0');
    return { commands, exit, shown: (match[2] ?? '').split('\n').filter((line) => line !== '') };
  });
}

/** A shown line as a pattern for one line: any blanks for blanks, anything for `…`. */
export function patternOf(line: string): RegExp {
  const parts = line.split('…').map((part) =>
    part
      .trim()
      .replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
      .replaceAll(/\s+/g, '[ \\t]+'),
  );
  return new RegExp(parts.join('.*'));
}

/** Runs the blocks of a guide in one shell, which ends at the first one that fails. */
export function runSteps(steps: readonly Step[]): readonly StepResult[] {
  const folder = mkdtempSync(join(tmpdir(), 'assay-guide-'));
  const began = (index: number) => `--- block ${index} begins`;
  const ended = (index: number) => `--- block ${index} ended with `;
  try {
    const lines = steps.map(({ commands, exit }, index) => {
      const file = join(folder, `${index}.sh`);
      writeFileSync(file, commands);
      // A block that should fail stands in a shell of its own: the one that goes on stops at the first failure.
      const run = exit === 0 ? `. '${file}'; status=0` : `set +e; (set -e; . '${file}'); status=$?; set -e`;
      return `echo '${began(index)}'\n${run}\necho "${ended(index)}$status"`;
    });
    const { stdout } = spawnSync('bash', ['-e', '-c', `exec 2>&1\n${lines.join('\n')}`], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      maxBuffer: 64 * 1024 * 1024,
    });
    return steps.map((_, index) => ({
      status: new RegExp(`^${ended(index)}(\\d+)$`, 'm').exec(stdout)?.[1],
      said: stdout.split(`${began(index)}\n`)[1]?.split('--- block')[0] ?? '',
    }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
