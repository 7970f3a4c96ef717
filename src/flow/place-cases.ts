/** From suites to placed cases: the one place where a run, its plan and its gate make launches, so that all agree. */
import type { Image } from '../image/image.ts';
import { resolveLaunch } from '../launch/resolve.ts';
import type { Placed } from '../run/placed.ts';
import type { PlannedAllocation } from '../run/plan.ts';
import { planAllocations } from '../run/plan.ts';
import { runPaths } from '../run/run.ts';
import { partitionOf, place } from '../site/place.ts';
import type { Suite } from '../suite/suite.ts';
import type { OpenSite } from './open-site.ts';

/** What launches are made from. `directory` is the run's, or the hole `@RUN@` of a plan. */
export interface LaunchGround {
  readonly site: OpenSite;
  readonly partition: string;
  readonly suites: readonly Suite[];
  readonly image: Image;
  readonly root: string;
  readonly runId: string;
  readonly directory: string;
  readonly mpi: string;
}

/** Cases with a place, and those without, with the reason. */
export interface PlacedCases {
  readonly placed: readonly Placed[];
  readonly skips: readonly { readonly case: string; readonly why: string }[];
}

/** Places every case of every suite. Launches are resolved when their allocation and step are known. */
export function placeCases(ground: LaunchGround): PlacedCases {
  const partition = partitionOf(ground.site.site, ground.partition);
  const paths = runPaths(ground.directory);
  const besides = ground.site.launcher.placesSteps;
  const placed: Placed[] = [];
  const skips: { case: string; why: string }[] = [];
  for (const suite of ground.suites) {
    for (const item of suite.cases) {
      const placement = place(item, partition);
      if ('skip' in placement) {
        skips.push({ case: item.name, why: placement.skip });
        continue;
      }
      placed.push({
        case: item.name,
        suite: suite.name,
        nodes: item.geometry.nodes,
        limitSeconds: item.test.timeLimitSeconds,
        beside: besides && item.test.performance.length === 0,
        resolve: (allocation, step, firstNode) =>
          resolveLaunch({
            case: item,
            suite,
            site: ground.site.site,
            partition,
            image: ground.image,
            root: ground.root,
            runId: ground.runId,
            suiteDirectory: paths.inputs(suite.name),
            workDirectory: `${paths.step(allocation, step)}/work`,
            mpi: ground.mpi,
            runtime: ground.site.runtime,
            launcher: ground.site.launcher,
            ...(firstNode !== undefined && { firstNode }),
          }),
      });
    }
  }
  return { placed, skips };
}

/** Allocations for these cases, numbered from `first`, none of them on the nodes excluded. */
export function planCases(
  ground: LaunchGround,
  placed: readonly Placed[],
  first: number,
  exclude: readonly string[] = [],
): readonly PlannedAllocation[] {
  return planAllocations(ground.runId, placed, partitionOf(ground.site.site, ground.partition), first, exclude);
}
