/**
 * Every effect of Assay as one injected value. What comes in: questions and paths. What goes out: answers and bytes.
 * It never decides anything. Tests pass a `System` of their own making; nothing else in Assay touches the world.
 */
import type { Answer, Ask } from '../base/ask.ts';
import type { Clock } from './clock.ts';
import type { Environment } from './environment.ts';
import type { Exec } from './exec.ts';
import type { Files } from './files.ts';
import type { Http } from './http.ts';
import type { Log } from './log.ts';

/** The world as Assay sees it. */
export interface System {
  readonly exec: Exec;
  readonly files: Files;
  readonly clock: Clock;
  readonly environment: Environment;
  readonly http: Http;
  readonly log: Log;
  /** That many random bytes, as hex. */
  readonly random: (bytes: number) => string;
  /** Performs one question and never throws for what the world may answer. */
  readonly ask: (ask: Ask) => Promise<Answer>;
}
