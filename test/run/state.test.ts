/** Which cases need an allocation, after what became of those that held them. */
import { expect, it } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import type { Event, EventBody } from '../../src/run/event.ts';
import { foldEvents, needsPlace, nodesToAvoid, stepOf } from '../../src/run/state.ts';

const allocation = (id: string, ...cases: readonly string[]) => ({
  ...{ id, key: id, nodes: 2, limitSeconds: 60, exclude: [] },
  partition: { name: 'batch', nodes: 4, processors: 2, timeLimitSeconds: 600, exclusive: false },
  steps: cases.map((name, index) => ({ name: `000${index}`, group: index, lane: 0, launch: { case: name } })),
});
const planned = (id: string, ...cases: readonly string[]) =>
  ({ type: 'planned', allocations: [allocation(id, ...cases)], skips: [] }) as unknown as EventBody;
const ended = (id: string, state: 'completed' | 'node-fail' | 'preempted' | 'cancelled' | 'failed'): EventBody => {
  return { type: 'allocation-ended', allocation: id, state, why: '' };
};
const step = (id: string, name: string, index: number, exit: number): EventBody => {
  return { type: 'step', allocation: id, step: `000${index}`, case: name, exit, began: 1, ended: 2, files: [] };
};
const stateOf = (...bodies: readonly EventBody[]) =>
  foldEvents(bodies.map((body, seq): Event => ({ ...body, seq, time: '', prev: digestOf('') })));

it('a case whose allocation lost a node is placed again, one that had passed is not', () => {
  const lost = [planned('a1', 'done', 'fell', 'open'), step('a1', 'done', 0, 0), step('a1', 'fell', 1, 1)];
  const state = stateOf(...lost, ended('a1', 'node-fail'));
  expect(['done', 'fell', 'open'].map((name) => needsPlace(state, name))).toEqual([false, true, true]);
  const again = [...lost, ended('a1', 'node-fail'), planned('a2', 'fell', 'open')];
  expect(needsPlace(stateOf(...again), 'fell')).toBe(false);
  const failed = stateOf(...again, step('a2', 'fell', 0, 1), step('a2', 'open', 1, 0), ended('a2', 'completed'));
  expect(['fell', 'open'].map((name) => needsPlace(failed, name))).toEqual([false, false]);
  expect(stepOf(failed, 'fell')?.allocation.plan.id).toBe('a2');
});

it('a step that Slurm could not start is tried again, without the node that it names; one that failed by itself is not', () => {
  const unstarted = { ...step('a1', 'open', 0, 233), lost: ['n2'] } as EventBody;
  const state = stateOf(planned('a1', 'open', 'fell'), unstarted, step('a1', 'fell', 1, 233), ended('a1', 'completed'));
  expect(['open', 'fell'].map((name) => needsPlace(state, name))).toEqual([true, false]);
  expect(nodesToAvoid(state)).toEqual(['n2']);
  const passed = { ...step('a1', 'open', 0, 0), lost: ['n2'] } as EventBody;
  expect(needsPlace(stateOf(planned('a1', 'open'), passed, ended('a1', 'completed')), 'open')).toBe(true);
});

it('what others cancelled or the scheduler would never start is not tried again; what is lost three times neither', () => {
  for (const state of ['cancelled', 'failed', 'completed'] as const)
    expect(needsPlace(stateOf(planned('a1', 'open'), ended('a1', state)), 'open')).toBe(false);
  const events: EventBody[] = [];
  const needs = ['a1', 'a2', 'a3'].map((id) => {
    events.push(planned(id, 'open'), ended(id, 'preempted'));
    return needsPlace(stateOf(...events), 'open');
  });
  expect(needs).toEqual([true, true, false]);
});
