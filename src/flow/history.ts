/** `assay history`: one metric over the runs of a store. */
import { nearest } from '../base/suggestion.ts';
import { storeMetricUnknown } from '../store/errors.ts';
import { type MetricValue, readMetric } from '../store/read-runs.ts';
import { openStore } from '../store/store.ts';
import type { System } from '../system/system.ts';
import { openSite } from './open-site.ts';

/** What is asked for. */
export interface HistoryRequest {
  readonly site?: string;
  /** `METRIC` or `CASE:METRIC`. */
  readonly metric: string;
  /** A case by its name, or by the beginning of it, such as `lammps/melt`. */
  readonly case?: string;
  /** An image by its name, its digest, or the beginning of the digest. */
  readonly image?: string;
  /** How many values of each case, the newest. */
  readonly limit: number;
}

/** A metric of one case over runs, oldest first. */
export interface History {
  readonly metric: string;
  readonly case: string;
  readonly unit: string;
  readonly better?: string;
  readonly values: readonly MetricValue[];
  readonly spread: Spread;
}

/** How values lie, in their unit. `mad` is the median of their distances from the median. */
export interface Spread {
  readonly count: number;
  readonly median: number;
  readonly mad: number;
  readonly least: number;
  readonly most: number;
}

/** The histories of a metric, by case. Throws STORE_METRIC_UNKNOWN with near names. */
export async function history(system: System, request: HistoryRequest): Promise<readonly History[]> {
  const opened = await openSite(system, request.site);
  const store = await openStore(system, opened.site.directories.store, 'read');
  const colon = request.metric.lastIndexOf(':');
  const metric = request.metric.slice(colon + 1);
  const wanted = colon < 0 ? request.case : request.metric.slice(0, colon);
  const { values, known } = await readMetric(store, metric);
  if (values.length === 0)
    throw storeMetricUnknown(`no run in ${store.path} has a metric "${metric}"`, near(metric, known));
  const cases = [...new Set(values.map((one) => one.case))].sort();
  const chosen = wanted === undefined ? cases : chosenCases(wanted, cases, metric);
  const found = values.filter((one) => chosen.includes(one.case) && isImage(one, request.image));
  if (found.length === 0)
    throw storeMetricUnknown(
      `no value of "${metric}" is of the image ${request.image ?? ''}`,
      `it was measured with: ${[...new Set(values.map((one) => `${one.image} (${one.digest.slice(0, 19)})`))].slice(-5).join(', ')}`,
    );
  return chosen.flatMap((name) => historyOf(metric, name, found, request.limit));
}

function near(metric: string, known: readonly string[]): string {
  if (known.length === 0) return 'run a suite first, or name another store';
  const alike = nearest(metric, known);
  if (alike !== undefined) return `did you mean "${alike}"?`;
  const holding = known.filter((name) => name.includes(metric) || metric.includes(name));
  const shown = holding.length > 0 ? holding : known;
  return `there are: ${shown.slice(0, 20).join(', ')}${shown.length > 20 ? ', …' : ''}`;
}

function chosenCases(wanted: string, cases: readonly string[], metric: string): readonly string[] {
  if (cases.includes(wanted)) return [wanted];
  const found = cases.filter((name) => name.startsWith(wanted));
  if (found.length > 0) return found;
  const alike = nearest(wanted, cases);
  throw storeMetricUnknown(
    `no case "${wanted}" has a metric "${metric}"`,
    alike ? `did you mean "${alike}"?` : `it is measured by: ${cases.slice(0, 10).join(', ')}`,
  );
}

function isImage({ image, digest }: MetricValue, wanted: string | undefined): boolean {
  if (wanted === undefined || image === wanted) return true;
  return /^(sha256:)?[0-9a-f]{6,64}$/.test(wanted) && digest.slice(7).startsWith(wanted.replace(/^sha256:/, ''));
}

function historyOf(metric: string, name: string, all: readonly MetricValue[], limit: number): readonly History[] {
  const values = all.filter((one) => one.case === name).slice(-limit);
  const last = values.at(-1);
  if (!last) return [];
  const { unit, better } = last;
  // Values in another unit cannot stand in one row with these; they are older, and left out.
  const alike = values.filter((one) => one.unit === unit);
  const spread = spreadOf(alike.map((one) => one.value));
  return [{ metric, case: name, unit, ...(better && { better }), values: alike, spread }];
}

/** The spread of at least one number. */
export function spreadOf(numbers: readonly number[]): Spread {
  const sorted = [...numbers].sort((a, b) => a - b);
  const median = medianOf(sorted);
  const distances = sorted.map((one) => Math.abs(one - median)).sort((a, b) => a - b);
  return {
    count: sorted.length,
    median,
    mad: medianOf(distances),
    least: sorted[0] ?? Number.NaN,
    most: sorted.at(-1) ?? Number.NaN,
  };
}

function medianOf(sorted: readonly number[]): number {
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
