/**
 * The command line: argv in, a flow, its value out as text or JSON and an exit status. It decides nothing itself.
 */
import { drawDiagnostic } from '../base/diagnostic.ts';
import { exitCodeOf, HarnessError } from '../base/error.ts';
import { plainText } from '../base/plain-text.ts';
import { redact } from '../system/log.ts';
import { realSystem } from '../system/real-system.ts';
import type { CommandInput, CommandOutput } from './command.ts';
import { commands } from './commands/index.ts';
import { fileUnusable } from './errors.ts';
import { buildProgram, parseCommandLine } from './program.ts';

/** Runs one command line to its exit status. */
export async function runProgram(words: readonly string[], version: string): Promise<number> {
  const json = words.includes('--json');
  const stop = new AbortController();
  const onSignal = (signal: NodeJS.Signals) => stop.abort(signal);
  // GitLab sends SIGTERM and SIGHUP in any order, close together: the first decides, more change nothing.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, onSignal);
  // Whoever reads the output may go away (`assay run … | head`); the run, and its jobs, must not end for that.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreClosedPipe);
  let exitCode = 0;
  const program = buildProgram(commands, version, async (command, input: CommandInput) => {
    const output = await command.run(input, { system: realSystem(), version, signal: stop.signal });
    await print(output, json);
    exitCode = output.exitCode;
  });
  try {
    await parseCommandLine(program, words);
    return exitCode;
  } catch (thrown) {
    const error = fileErrorOf(thrown) ?? thrown;
    report(error, json);
    return exitCodeOf(error);
  } finally {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.removeListener(signal, onSignal);
  }
}

/** What each of these says of a file (errno(3)): the user's or the site's to mend wherever it comes from, never a bug. */
const fileFaults: Readonly<Record<string, string>> = {
  EACCES: 'may not be read or written by you',
  EPERM: 'may not be changed by you',
  EISDIR: 'is a folder where a file is wanted',
  ENOTDIR: 'has a file where a folder is wanted',
  ENOSPC: 'is on a file system without space',
  EDQUOT: 'is over its quota',
  EROFS: 'is on a file system that cannot be written',
  EFTYPE: 'is no regular file',
  EIO: 'cannot be read: the file system failed',
  ESTALE: 'is on a file system that went away',
};

/** A file system's refusal that no stage gave words of its own to. */
function fileErrorOf(error: unknown): HarnessError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code = '', path } = error as NodeJS.ErrnoException;
  const says = fileFaults[code];
  if (says === undefined || path === undefined) return undefined;
  return fileUnusable(`${path} ${says} (${code})`, 'check the path, its rights and its file system, then call again', {
    cause: error,
  });
}

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

async function print(output: CommandOutput, json: boolean): Promise<void> {
  const text = json ? `${JSON.stringify(output.value, null, 2)}\n` : output.text;
  await new Promise<void>((done, failed) => {
    process.stdout.write(text, (error) =>
      error && !('code' in error && error.code === 'EPIPE') ? failed(error) : done(),
    );
  });
}

/** What went wrong, for people on standard error, and with `--json` the same fields on standard output. */
function report(error: unknown, json: boolean): void {
  if (error instanceof HarnessError) {
    const { code, message, hint, diagnostics } = error;
    if (json)
      process.stdout.write(`${redact(JSON.stringify({ error: { code, message, hint, diagnostics } }, null, 2))}\n`);
    const lines = [`error ${code}: ${message}`, ...diagnostics.map(drawDiagnostic), `hint: ${hint}`];
    process.stderr.write(`${redact(plainText(lines.join('\n')))}\n`);
    return;
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (json) process.stdout.write(`${redact(JSON.stringify({ error: { code: 'BUG', message: stack } }))}\n`);
  process.stderr.write(`${redact(`this is a bug in Assay, please report it:\n${stack}`)}\n`);
}
