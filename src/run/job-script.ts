/** The job script of an allocation: the view its template is rendered from. Pure. */
import type { Argv } from '../base/argv.ts';
import type { Launcher } from '../launch/adapter.ts';
import type { PlannedAllocation, PlannedStep } from './plan.ts';

/** What `templates/shell/job.sh.hbs` is rendered from. */
export interface JobScriptView {
  readonly runId: string;
  readonly key: string;
  readonly path: string;
  readonly directory: string;
  readonly nodes: number;
  readonly companion: Argv;
  /** Longest wait for the facts of all nodes, in tenths of a second. */
  readonly factsTenths: number;
  /** Hex digits of the steps' own file. */
  readonly stepsDigest: string;
}

/** What `templates/shell/steps.sh.hbs` is rendered from: groups, one after the other. */
export interface StepsView {
  readonly groups: readonly StepGroupView[];
}

/** Steps one after the other, or lanes of them side by side. */
interface StepGroupView {
  readonly beside: boolean;
  readonly lanes: readonly { readonly steps: readonly StepView[] }[];
}

interface StepView {
  readonly name: string;
  readonly limitSeconds: number;
  readonly argv: readonly string[];
}

/**
 * The words that run the collector on a node: files of the tree first, then facts, then ranks until
 * the steps are over; without a tree facts alone, and of both tiers: who asks for facts can wait for them.
 */
export function collectorWords(directory: string, root: string | undefined): readonly [string, ...string[]] {
  const work =
    root === undefined ? ['facts', 'slow'] : ['files', `${directory}/facts/sample.list`, root, 'facts', 'ranks'];
  return ['sh', `${directory}/collector.sh`, `${directory}/facts`, ...work];
}

/** The view of one allocation. */
export function jobScriptView(
  runId: string,
  allocation: PlannedAllocation,
  directory: string,
  path: string,
  launcher: Launcher,
  collector: readonly [string, ...string[]],
  stepsDigest: string,
): JobScriptView {
  return {
    runId,
    key: allocation.key,
    path,
    directory,
    nodes: allocation.nodes,
    companion: launcher.everywhere(allocation.nodes, collector),
    factsTenths: 300,
    stepsDigest,
  };
}

/** The view of an allocation's steps. */
export function stepsView(steps: readonly PlannedStep[]): StepsView {
  const groups: { steps: StepView[] }[][] = [];
  for (const { name, launch, group, lane } of steps) {
    const lanes = groups[group] ?? [];
    groups[group] = lanes;
    const place = lanes[lane] ?? { steps: [] };
    lanes[lane] = place;
    place.steps.push({ name, limitSeconds: Math.ceil(launch.limitSeconds), argv: launch.argv });
  }
  return { groups: groups.map((lanes) => ({ beside: lanes.length > 1, lanes })) };
}
