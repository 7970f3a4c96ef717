/**
 * Why two runs differ. In come two RunRecords; out comes a Comparison: what may be the cause (image, launch, hosts,
 * placement, libraries), the likeliest first by the table of `weights.ts`, beside what came out differently. It never
 * judges, never says that a cause is the cause, and never counts what could not be read as equal. Pure.
 */
import type { RunRecord } from '../store/run-record.ts';
import { type Cause, joined } from './cause.ts';
import { type Effect, ranInBoth } from './effect.ts';
import { factCauses } from './fact-causes.ts';
import { environmentCauses, launchCauses } from './launch-causes.ts';
import { libraryCauses } from './library-causes.ts';
import { mountCauses } from './mount-causes.ts';
import { observationEffects } from './observation-effects.ts';
import { rankCauses } from './rank-causes.ts';
import { digestCauses, imageCauses, placementCauses } from './single-causes.ts';
import { verdictEffects } from './verdict-effects.ts';

/** A run, as a comparison names it. */
export interface ComparedRun {
  readonly id: string;
  readonly startedAt: string;
  readonly outcome: RunRecord['run']['outcome'];
  readonly site: string;
  readonly image: string;
  readonly digest: string;
}

/** Two runs, side by side. */
export interface Comparison {
  readonly left: ComparedRun;
  readonly right: ComparedRun;
  /** One line: whether anything differs in causes, and what comes first. */
  readonly verdict: string;
  /** The likeliest first. */
  readonly causes: readonly Cause[];
  /** Verdicts first, then physics, metrics by the size of their change, and last the cases that only one run has. */
  readonly effects: readonly Effect[];
  /** How many things were compared as causes; `unknown` were not read in at least one of the runs. */
  readonly counts: {
    readonly differ: number;
    readonly equal: number;
    readonly hidden: number;
    readonly unknown: number;
  };
  /** How many results are the same in both runs. */
  readonly equalEffects: number;
  /** What differs between any two runs, or by chance of sampling. */
  readonly hidden: readonly Cause[];
  readonly unknown: readonly Cause[];
}

/** Compares two runs; `left` is the one that the changes start from. */
export function compareRuns(left: RunRecord, right: RunRecord): Comparison {
  const known = joined([
    imageCauses(left, right),
    digestCauses(left, right),
    environmentCauses(left, right),
    mountCauses(left, right),
    placementCauses(left, right),
    factCauses(left, right),
    libraryCauses(left, right),
    rankCauses(left, right),
  ]);
  const all = joined([known, launchCauses(left, right, known.causes)]);
  const causes = [...all.causes].sort(byWeight);
  const results = [verdictEffects(left, right), observationEffects(left, right)];
  return {
    left: named(left),
    right: named(right),
    verdict: verdictOf(causes, ranInBoth(left, right).size),
    causes,
    effects: results.flatMap((part) => part.effects).sort(byImportance),
    counts: { differ: causes.length, equal: all.equal, hidden: all.hidden.length, unknown: all.unknown.length },
    equalEffects: results.reduce((sum, part) => sum + part.equal, 0),
    hidden: [...all.hidden].sort(byWeight),
    unknown: [...all.unknown].sort(byWeight),
  };
}

function named({ run, image }: RunRecord): ComparedRun {
  const { id, startedAt, outcome, site } = run;
  return { id, startedAt, outcome, site, image: image.name, digest: image.digest };
}

function verdictOf(causes: readonly Cause[], common: number): string {
  const [first] = causes;
  const alone = common === 0 ? '; no case ran in both, so that nothing of what came out can be compared' : '';
  if (!first) return `nothing differs in causes${alone}`;
  const count = causes.length === 1 ? 'one candidate cause' : `${causes.length} candidate causes`;
  return `${count}, first: ${first.kind} ${first.name}${alone}`;
}

/** Heavier first; of one weight what differs everywhere, then what changed before what came or went, then by name. */
function byWeight(a: Cause, b: Cause): number {
  const everywhere = (cause: Cause) => Number(cause.where.length === 0);
  const replaced = (cause: Cause) => Number(cause.left !== undefined && cause.right !== undefined);
  const byName = a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
  return b.weight - a.weight || everywhere(b) - everywhere(a) || replaced(b) - replaced(a) || byName;
}

const effectOrder: readonly Effect['kind'][] = [
  'outcome',
  'verdict',
  'finding',
  'number',
  'series',
  'text',
  'metric',
  'case',
];

function byImportance(a: Effect, b: Effect): number {
  const size = (effect: Effect) => (effect.kind === 'metric' ? Math.abs(effect.changePercent ?? Infinity) : 0);
  const order = effectOrder.indexOf(a.kind) - effectOrder.indexOf(b.kind);
  return order !== 0 ? order : size(a) === size(b) ? 0 : size(b) - size(a);
}
