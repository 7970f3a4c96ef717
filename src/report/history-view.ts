/** Histories of metrics for terminals. */
import type { MetricValue } from '../store/read-runs.ts';
import { showNumber, showPercent, sparkline } from './number-text.ts';
import { textTable } from './text-table.ts';

/** What is drawn of one case's history, values oldest first. */
export interface DrawnHistory {
  readonly metric: string;
  readonly case: string;
  readonly unit: string;
  readonly better?: string;
  readonly values: readonly MetricValue[];
  readonly spread: {
    readonly count: number;
    readonly median: number;
    readonly mad: number;
    readonly least: number;
    readonly most: number;
  };
}

/** Each history: what it is, its plot and spread, and a row for each run, the newest last. */
export function historyText(histories: readonly DrawnHistory[]): string {
  return histories.map(drawn).join('\n');
}

function drawn({ metric, case: name, unit, better, values, spread }: DrawnHistory): string {
  const { count, median, mad, least, most } = spread;
  const plain = unit === '1' ? '' : ` ${unit}`;
  const head = [
    `${metric} of ${name}${better ? ` (${better} is better)` : ''}`,
    `${sparkline(values.map((one) => one.value))}  ${showNumber(least)} to ${showNumber(most)}${plain}`,
    `median ${showNumber(median)}${plain}, MAD ${showNumber(mad)}${plain}, ${count} ${count === 1 ? 'value' : 'values'}`,
  ];
  const rows = values.map((one) => [
    one.run,
    `${one.startedAt.slice(0, 19)}Z`,
    one.outcome,
    one.verdict,
    one.digest.slice(7, 19),
    one.kernels.join(', ') || 'not known',
    `${showNumber(one.value)}${plain}`,
    median === 0 ? '' : showPercent((100 * (one.value - median)) / Math.abs(median)),
  ]);
  const table = textTable(['RUN', 'STARTED', 'OUTCOME', 'VERDICT', 'DIGEST', 'KERNEL', 'VALUE', 'FROM MEDIAN'], rows);
  return `${head.join('\n')}\n${table}`;
}
