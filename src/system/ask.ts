/** Performs an Ask. The only place where an adapter's question meets the world. */
import type { Answer, Ask } from '../base/ask.ts';
import { type Environment, scrubbed } from './environment.ts';
import type { Exec } from './exec.ts';
import { type Files, hasCode } from './files.ts';

/** Builds `system.ask` from its parts. */
export function asker(exec: Exec, files: Files, environment: Environment): (ask: Ask) => Promise<Answer> {
  return async (ask) => {
    if (ask.kind === 'exec') {
      return exec(ask.argv, {
        environment: ask.environment ?? scrubbed(environment.variables),
        limitSeconds: ask.limitSeconds,
        ...(ask.input !== undefined && { input: ask.input }),
        ...(ask.directory !== undefined && { directory: ask.directory }),
      });
    }
    try {
      return { status: 0, stdout: await files.readText(ask.path), stderr: '', timedOut: false };
    } catch (error) {
      const absent = hasCode(error, 'EACCES', 'EPERM') ? 'denied' : 'missing';
      return { status: null, stdout: '', stderr: String(error), timedOut: false, absent };
    }
  };
}
