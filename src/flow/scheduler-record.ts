/** The scheduler's own record of a run's allocations, asked for anew and compared with what the run directory says. */
import type { IntegrityEvidence } from '../certify/evidence.ts';
import type { JobAccount } from '../launch/scheduler.ts';
import type { AllocationState } from '../run/state.ts';
import type { System } from '../system/system.ts';
import type { DerivedRun } from './derive-run.ts';
import { negotiated } from './reach-scheduler.ts';

/** Seconds between two questions to an accounting that does not show the end of a job yet, and how many are asked. */
const pause = 2;
const questions = 8;
/** Seconds by which the clocks of nodes and controller may differ. */
const clockSkew = 60;

/** One look for all jobs of the run. */
export async function schedulerRecord(system: System, run: DerivedRun): Promise<readonly IntegrityEvidence[]> {
  const { state } = run.directory;
  const { scheduler } = run.site;
  const jobs = state.allocations.flatMap((item) => (item.job ? [item.job] : []));
  if (scheduler.kind === 'local')
    return [look('silent', 'there is no scheduler on this site that keeps a record', jobs)];
  if (jobs.length === 0) return [look('missing', 'the run names no job', [])];
  const reached = await negotiated(system, scheduler);
  if ('unanswered' in reached)
    return [look('missing', `the scheduler's record cannot be read: ${reached.unanswered}`, jobs)];
  for (let question = 1; ; question += 1) {
    const asked = reached.ok.account(jobs);
    const reply = asked.read(await system.ask(asked.ask));
    if ('unanswered' in reply)
      return [look('missing', `the scheduler's record cannot be read: ${reply.unanswered}`, jobs)];
    const running = reply.ok.some((job) => ['pending', 'running', 'completing'].includes(job.state));
    if (running && question < questions) {
      await system.clock.sleep(pause);
      continue;
    }
    if (reply.ok.length === 0) return [look('silent', 'the scheduler has no record of these jobs', jobs)];
    const problems = state.allocations.flatMap((item) => compare(run, item, reply.ok));
    return problems.length > 0
      ? problems
      : [look('ok', `the scheduler confirms job ${jobs.join(', ')}: user, end and nodes`, jobs)];
  }
}

function look(outcome: IntegrityEvidence['outcome'], message: string, where: readonly string[]): IntegrityEvidence {
  return { kind: 'scheduler-record', outcome, message, where };
}

function compare(
  run: DerivedRun,
  allocation: AllocationState,
  jobs: readonly JobAccount[],
): readonly IntegrityEvidence[] {
  const { job, plan, steps } = allocation;
  if (!job) return [];
  const record = jobs.find((one) => one.jobId === job);
  if (!record) return [look('silent', 'the scheduler has no record of this job', [job])];
  const differs = (what: string): IntegrityEvidence[] => [look('disagrees', `job ${job}: ${what}`, [job])];
  const { user } = run.directory.opened;
  if (record.user !== '' && record.user !== user) return differs(`it is ${record.user}'s, the run is ${user}'s`);
  if (record.name !== '' && record.name !== plan.key) return differs(`its name is ${record.name}, not ${plan.key}`);
  if (record.nodes !== '' && allocation.nodes !== '' && record.nodes !== allocation.nodes)
    return differs(`it held ${record.nodes}, the run directory says ${allocation.nodes}`);
  const whole = steps.size === plan.steps.length;
  if (whole && allocation.ended?.state === 'completed' && record.state !== 'completed')
    return differs(`it ended as ${record.word}, the run directory says that it completed`);
  const times = [...steps.values()];
  const early = times.find(
    (step) => record.started !== undefined && step.began > 0 && step.began < record.started - clockSkew,
  );
  const late = times.find((step) => record.ended !== undefined && step.ended > record.ended + clockSkew);
  if (early ?? late) return differs(`the step of ${(early ?? late)?.case} lies outside of its time`);
  return [];
}
