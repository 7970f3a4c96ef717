/** A run's state: what its events add up to. A fresh run is the resumption of an empty journal. */
import { endedStates, type JobState, lostStates } from '../launch/scheduler.ts';
import type { CiVariables, Event, KeptFile, Opened } from './event.ts';
import type { PlannedAllocation } from './plan.ts';

/** What is known of one step that ended. */
export type StepEvent = Extract<Event, { type: 'step' }>;

/** What is known of one allocation. */
export interface AllocationState {
  readonly plan: PlannedAllocation;
  readonly script?: string;
  readonly submitting: boolean;
  readonly submittedAt?: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly job?: string;
  readonly state: JobState;
  readonly word: string;
  readonly nodes: string;
  readonly reason: string;
  readonly steps: ReadonlyMap<string, StepEvent>;
  readonly companion: readonly KeptFile[];
  readonly ended?: { readonly state: JobState; readonly why: string };
  /** The harness itself ended it, on a signal or when its wait was over. */
  readonly stopped: boolean;
}

/** The whole of a run. */
export interface RunState {
  readonly opened?: Opened & { readonly time: string };
  readonly allocations: readonly AllocationState[];
  readonly skips: readonly { readonly case: string; readonly why: string }[];
  readonly trees: readonly Extract<Event, { type: 'tree' }>[];
  readonly held?: string;
  /** The CI job that drove it last. */
  readonly ci?: CiVariables;
  readonly finishedAt?: string;
  readonly lastTime?: string;
}

const nothing: RunState = { allocations: [], skips: [], trees: [] };

/** Folds events into a state. */
export function foldEvents(events: readonly Event[]): RunState {
  return events.reduce(foldEvent, nothing);
}

/** A state with one more event. The state before it must not be used any more: the steps of an allocation are kept in place. */
export function foldEvent(state: RunState, event: Event): RunState {
  const next = { ...state, lastTime: event.time };
  switch (event.type) {
    case 'opened':
      return { ...next, opened: event, ...(event.ci && { ci: event.ci }) };
    case 'driver':
      return { ...next, ci: event.ci };
    case 'planned':
      return { ...next, skips: event.skips, allocations: [...state.allocations, ...event.allocations.map(fresh)] };
    case 'tree':
      return { ...next, trees: [...state.trees, event] };
    case 'submitting':
      return change(next, event.allocation, { submitting: true, script: event.script });
    case 'submitted':
      return change(next, event.allocation, { job: event.job, submittedAt: event.time, state: 'pending' });
    case 'job': {
      const { state: now, word, nodes, reason } = event;
      const started = now === 'pending' ? {} : { startedAt: event.time };
      const known = state.allocations.find((item) => item.plan.id === event.allocation);
      return change(next, event.allocation, { state: now, word, nodes, reason, ...(known?.startedAt ? {} : started) });
    }
    case 'step': {
      // In place: a copy for each of some thousand steps would take longer than the steps.
      const steps = state.allocations.find((item) => item.plan.id === event.allocation)?.steps;
      (steps as Map<string, StepEvent> | undefined)?.set(event.step, event);
      return next;
    }
    case 'companion':
      return change(next, event.allocation, { companion: event.files });
    case 'allocation-ended':
      return change(next, event.allocation, { ended: { state: event.state, why: event.why }, endedAt: event.time });
    case 'interrupted':
    case 'held': {
      const stopped = event.action === 'cancel' ? new Set(event.jobs) : new Set<string>();
      const allocations = next.allocations.map((item) =>
        item.job && stopped.has(item.job) ? { ...item, stopped: true } : item,
      );
      return { ...next, allocations, ...(event.type === 'held' && { held: event.why }) };
    }
    case 'finished':
      return { ...next, finishedAt: event.time };
    default:
      return next;
  }
}

function fresh(plan: PlannedAllocation): AllocationState {
  const empty = { submitting: false, state: 'unknown' as const, word: '', nodes: '', reason: '', stopped: false };
  return { plan, ...empty, steps: new Map(), companion: [] };
}

function change(state: RunState, id: string, to: Partial<AllocationState>): RunState {
  return { ...state, allocations: state.allocations.map((item) => (item.plan.id === id ? { ...item, ...to } : item)) };
}

/** Allocations that are not over. */
export function openAllocations(state: RunState): readonly AllocationState[] {
  return state.allocations.filter((allocation) => !allocation.ended);
}

/** The step that counts for a case: the one that ended, of the latest allocation that has it. */
export function stepOf(state: RunState, name: string): { allocation: AllocationState; step?: StepEvent } | undefined {
  const candidates = state.allocations.filter((item) => item.plan.steps.some((step) => step.launch.case === name));
  for (const allocation of [...candidates].reverse()) {
    const planned = allocation.plan.steps.find((step) => step.launch.case === name);
    const step = planned && allocation.steps.get(planned.name);
    if (step) return { allocation, step };
  }
  const last = candidates.at(-1);
  return last && { allocation: last };
}

/** The allocation ended through no fault of what ran in it: a node failed, or others took its nodes. */
export function wasLost(allocation: AllocationState): boolean {
  return allocation.ended !== undefined && lostStates.has(allocation.ended.state);
}

/** Allocations in all that a case may lose. */
const mostLost = 3;

/**
 * Whether a case needs (another) allocation: none has it; the harness stopped the last one before its step; or that one was
 * lost, with or without its step (which fails when a node does), or could not start it, and not too often.
 */
export function needsPlace(state: RunState, name: string): boolean {
  const holders = state.allocations.filter((item) => item.plan.steps.some((step) => step.launch.case === name));
  const last = holders.at(-1);
  if (!last) return true;
  if (!last.ended) return false;
  const { allocation, step } = stepOf(state, name) ?? {};
  if (step && step.exit === 0 && !step.lost) return false;
  if (step && allocation && !failedIts(allocation, name)) return false;
  return last.stopped || (failedIts(last, name) && holders.filter((one) => failedIts(one, name)).length < mostLost);
}

/** The allocation failed the case, not the case itself: it was lost, or Slurm could not start the step in it. */
function failedIts(allocation: AllocationState, name: string): boolean {
  const planned = allocation.plan.steps.find((step) => step.launch.case === name);
  const lost = planned && allocation.steps.get(planned.name)?.lost;
  return wasLost(allocation) || lost !== undefined;
}

/** Nodes that failed under a step of the run, or on which it could not be started. */
export function nodesToAvoid(state: RunState): readonly string[] {
  const steps = state.allocations.flatMap(({ steps: ended }) => [...ended.values()]);
  return [...new Set(steps.flatMap(({ lost }) => lost ?? []))].sort();
}

/** Whether a scheduler's word means that nothing more will come. */
export function isOver(state: JobState): boolean {
  return endedStates.has(state);
}
