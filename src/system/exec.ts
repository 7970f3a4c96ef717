/** Processes: the one import site of execa. Argument lists only; never a shell. */
import { execa } from 'execa';
import type { Argv } from '../base/argv.ts';
import type { Answer } from '../base/ask.ts';

/** How one command is run. */
export interface ExecOptions {
  /** The whole environment; nothing is inherited beside it. */
  readonly environment: Readonly<Record<string, string>>;
  readonly limitSeconds: number;
  readonly input?: string;
  readonly directory?: string;
}

/** Runs a command to its end and never throws for what the command does. */
export type Exec = (argv: Argv, options: ExecOptions) => Promise<Answer>;

/** Longest output kept of one stream, in characters; what is beyond is cut. */
const longest = 64 * 1024 * 1024;

/** Runs real processes. Past the limit: SIGTERM, and SIGKILL two seconds later. */
export const processExec: Exec = async (argv, options) => {
  const [program, ...words] = argv;
  const result = await execa(program, words, {
    env: { ...options.environment },
    extendEnv: false,
    reject: false,
    stripFinalNewline: false,
    timeout: options.limitSeconds * 1000,
    forceKillAfterDelay: 2000,
    maxBuffer: longest,
    cleanup: true,
    ...(options.directory && { cwd: options.directory }),
    ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
  });
  const code = (result as { code?: string }).code;
  const absent = code === 'ENOENT' ? 'missing' : code === 'EACCES' ? 'denied' : undefined;
  return {
    status: result.exitCode ?? null,
    stdout: String(result.stdout ?? ''),
    stderr: absent ? `${program}: ${result.shortMessage ?? code}` : String(result.stderr ?? ''),
    timedOut: result.timedOut,
    ...(absent && { absent }),
  };
};
