/** Performs an Ask. The only place where an adapter's question meets the world. */
import { text } from 'node:stream/consumers';
import type { Answer, Ask, HttpAsk } from '../base/ask.ts';
import { messageOf } from '../base/error.ts';
import { type Environment, scrubbed } from './environment.ts';
import type { Exec } from './exec.ts';
import { type Files, hasCode } from './files.ts';
import type { Http } from './http.ts';

/** Builds `system.ask` from its parts. */
export function asker(exec: Exec, files: Files, environment: Environment, http: Http): (ask: Ask) => Promise<Answer> {
  return async (ask) => {
    if (ask.kind === 'http') return askHttp(http, environment, ask);
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

async function askHttp(http: Http, environment: Environment, ask: HttpAsk): Promise<Answer> {
  const failed = (stderr: string, timedOut = false): Answer => ({ status: null, stdout: '', stderr, timedOut });
  const headers: Record<string, string> = { ...ask.headers, [ask.userHeader]: environment.user };
  for (const [header, variable] of Object.entries(ask.secretHeaders)) {
    const secret = environment.variables[variable];
    if (!secret) return failed(`the variable ${variable} is not set`);
    headers[header] = secret;
  }
  try {
    const { method, url, limitSeconds, socket, body } = ask;
    const answer = await http({
      ...{ method, url, limitSeconds, headers },
      ...(socket !== undefined && { socket }),
      ...(body !== undefined && { body }),
    });
    return { status: answer.status, stdout: await text(answer.body), stderr: '', timedOut: false };
  } catch (error) {
    return failed(messageOf(error), hasCode(error, 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'));
  }
}
