/**
 * One look at the queue for all processes of a user: whoever comes first in an interval asks, and leaves the answer where
 * the others read it. 45 pipelines that each asked for themselves have taken a controller down (ReFrame#2536).
 */
import { dirname, join } from 'node:path';
import type { Answer } from '../base/ask.ts';
import { digestOf } from '../base/digest.ts';
import type { JobStatus, Reply, Scheduler } from '../launch/scheduler.ts';
import { hasCode } from '../system/files.ts';
import type { System } from '../system/system.ts';

/** An answer that is shared: the interval it is of, counted since 1970, and what came back. */
interface SharedAnswer {
  readonly interval: number;
  readonly answer: Answer;
}

/** What looks at the queue. */
export interface QueueGround {
  readonly system: System;
  readonly scheduler: Scheduler;
  readonly intervalSeconds: number;
  /** The run's directory; what is shared lies beside it. */
  readonly directory: string;
}

/**
 * The jobs as the scheduler shows them; undefined when another process is asking just now. A job that a shared answer does
 * not hold is asked for by itself: it may be younger than the answer.
 */
export async function lookAtQueue(
  ground: QueueGround,
  jobs: readonly string[],
): Promise<Reply<readonly JobStatus[]> | undefined> {
  const { system, scheduler } = ground;
  const alone = async (ids: readonly string[]) => {
    const asked = scheduler.poll(ids);
    return asked.read(await system.ask(asked.ask));
  };
  if (!scheduler.pollAll) return alone(jobs);
  const answer = await sharedAnswer(ground, scheduler.pollAll.ask);
  if (answer === undefined) return undefined;
  const reply = scheduler.pollAll.read(answer);
  if ('unanswered' in reply) return reply;
  const there = reply.ok.filter(({ jobId }) => jobs.includes(jobId));
  const missing = jobs.filter((job) => !there.some(({ jobId }) => jobId === job));
  if (missing.length === 0) return { ok: there };
  const more = await alone(missing);
  return 'ok' in more ? { ok: [...there, ...more.ok] } : more;
}

/** The answer of this interval or the one before; undefined when there is none yet and another process asks. */
async function sharedAnswer(
  ground: QueueGround,
  ask: NonNullable<Scheduler['pollAll']>['ask'],
): Promise<Answer | undefined> {
  const { system, intervalSeconds, directory } = ground;
  const folder = join(dirname(directory), '.queue');
  const key = digestOf(JSON.stringify([system.environment.uid, intervalSeconds, ask])).slice(
    'sha256:'.length,
    'sha256:'.length + 16,
  );
  const path = join(folder, `${key}.json`);
  const interval = Math.floor(Date.parse(system.clock.now()) / 1000 / intervalSeconds);
  const turn = (number: number): string => join(folder, `${key}.${number}`);
  try {
    const before = readShared(await system.files.readTextIfThere(path));
    if (before && before.interval >= interval && before.interval <= interval + 1) return before.answer;
    await system.files.makeDirectory(folder, 0o700);
    if (!(await system.files.createExclusive(turn(interval), '', 0o600)))
      return before?.interval === interval - 1 ? before.answer : undefined;
    const answer = await system.ask(ask);
    await system.files.writeAtomic(path, JSON.stringify({ interval, answer }), 0o600);
    for (const name of await system.files.list(folder)) {
      const [whose, number] = name.split('.');
      if (whose === key && Number(number) < interval - 1) await system.files.remove(join(folder, name));
    }
    return answer;
  } catch (error) {
    // Where nothing can be written, each asks for itself.
    if (hasCode(error, 'EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'EFTYPE', 'EEXIST', 'ENOTDIR'))
      return system.ask(ask);
    throw error;
  }
}

function readShared(text: string | undefined): SharedAnswer | undefined {
  try {
    const { interval, answer } = JSON.parse(text ?? '') as Partial<SharedAnswer>;
    if (typeof interval === 'number' && typeof answer?.stdout === 'string' && typeof answer.stderr === 'string')
      return { interval, answer };
  } catch {
    // Nobody has asked yet, or what is there is none of ours.
  }
  return undefined;
}
