import { describe, expect, it } from 'vitest';
import type { Launch } from '../../src/launch/launch.ts';
import type { Placed } from '../../src/run/placed.ts';
import { planAllocations } from '../../src/run/plan.ts';
import { newRunId } from '../../src/run/run.ts';
import type { Partition } from '../../src/site/site.ts';

const partition: Partition = {
  name: 'batch',
  nodes: 4,
  processors: 2,
  timeLimitSeconds: 300,
  exclusive: true,
  mounts: [],
};

function placed(name: string, nodes: number, limitSeconds: number, beside = false): Placed {
  const resolve = (allocation: string, step: string, firstNode?: number) =>
    ({ case: name, argv: [allocation, step], firstNode }) as unknown as Launch;
  return { case: name, suite: 's', nodes, limitSeconds, beside, resolve };
}

describe('packing', () => {
  it('puts cases into one allocation as large as the largest, in order', () => {
    const plans = planAllocations('R', [placed('a', 1, 10), placed('b', 4, 20), placed('c', 2, 5)], partition, 1);
    expect(plans.length).toBe(1);
    expect(plans[0]).toMatchObject({ id: 'a1', key: 'assay-R-a1', nodes: 4, limitSeconds: 60 + 10 + 20 + 5 + 3 * 2 });
    expect(plans[0]?.steps.map((step) => [step.name, step.launch.case])).toEqual([
      ['0001', 'a'],
      ['0002', 'b'],
      ['0003', 'c'],
    ]);
    expect(plans[0]?.steps[1]?.launch.argv).toEqual(['a1', '0002']);
  });

  it('begins another allocation where the time limit of the partition would be passed, and loses no case', () => {
    const cases = Array.from({ length: 10 }, (_, index) => placed(`c${index}`, 1, 60));
    const plans = planAllocations('R', cases, partition, 3);
    expect(plans.map((plan) => plan.id)).toEqual(['a3', 'a4', 'a5', 'a6'].slice(0, plans.length));
    expect(plans.every((plan) => plan.limitSeconds <= 300)).toBe(true);
    expect(plans.flatMap((plan) => plan.steps.map((step) => step.launch.case))).toEqual(cases.map((one) => one.case));
  });
});

describe('side by side', () => {
  const seen = (cases: readonly Placed[]) =>
    planAllocations('R', cases, partition, 1).map((plan) =>
      plan.steps.map(({ launch, group, lane }) => [launch.case, group, lane, launch.firstNode]),
    );

  it('fills the nodes with cases that allow others, on disjoint nodes, and pays the time of the longest lane', () => {
    const cases = ['a', 'b', 'c', 'd', 'e'].map((name) => placed(name, 1, 28, true));
    const [plan] = planAllocations('R', cases, partition, 1);
    expect(plan).toMatchObject({ nodes: 4, limitSeconds: 60 + 2 * 30 });
    expect(seen(cases)).toEqual([
      [
        ['a', 0, 0, 0],
        ['b', 0, 1, 1],
        ['c', 0, 2, 2],
        ['d', 0, 3, 3],
        ['e', 0, 0, 0],
      ],
    ]);
  });

  it('keeps wider cases apart by their size, and whoever is timed alone', () => {
    const cases = [placed('a', 1, 8, true), placed('b', 2, 8, true), placed('c', 2, 8, true), placed('t', 1, 8)];
    expect(seen([...cases, placed('z', 4, 8, true)])).toEqual([
      [
        ['a', 0, 0, undefined],
        ['b', 1, 0, 0],
        ['c', 1, 1, 2],
        ['t', 2, 0, undefined],
        ['z', 3, 0, undefined],
      ],
    ]);
  });

  it('loses none of many, within the time of the partition', () => {
    const cases = Array.from({ length: 100 }, (_, index) => placed(`c${index}`, 1, 28, true));
    const plans = planAllocations('R', cases, partition, 1);
    expect(plans.length).toBe(4);
    expect(plans.every((plan) => plan.limitSeconds <= 300)).toBe(true);
    expect(plans.flatMap((plan) => plan.steps.map((step) => step.launch.case)).sort()).toEqual(
      cases.map((one) => one.case).sort(),
    );
  });
});

describe('run ids', () => {
  it('sort by time and hold what no other run has', () => {
    expect(newRunId('2026-11-23T01:02:03.456Z', '0a1b2c3d99')).toBe('20261123T010203Z-0a1b2c3d');
  });
});
