/** The scheduler of a site, once it is known how the other side speaks. */
import type { Reply, Scheduler } from '../launch/scheduler.ts';
import { runSchedulerSilent } from '../run/errors.ts';
import type { System } from '../system/system.ts';

/** Asks what there is to ask beforehand. */
export async function negotiated(system: System, scheduler: Scheduler): Promise<Reply<Scheduler>> {
  if (!scheduler.negotiate) return { ok: scheduler };
  return scheduler.negotiate.read(await system.ask(scheduler.negotiate.ask));
}

/** The same; RUN_SCHEDULER_SILENT when there is no answer. */
export async function reachScheduler(system: System, scheduler: Scheduler): Promise<Scheduler> {
  const reply = await negotiated(system, scheduler);
  if ('ok' in reply) return reply.ok;
  throw runSchedulerSilent(
    `the scheduler cannot be spoken to: ${reply.unanswered}`,
    'look at url, token and version of `scheduler` in the site file; a token comes from: scontrol token',
  );
}
