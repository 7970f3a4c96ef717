/** What preflight found, for terminals: the worst first, each with what it rests on below it. */
import { plainLine } from '../base/plain-text.ts';
import type { Forecast, PreflightFinding } from '../preflight/finding.ts';

const words: Readonly<Record<Forecast, string>> = {
  'will-fail': 'will fail',
  'cannot-tell': 'cannot tell',
  ok: 'ok',
};

/** The findings as lines: outcome, check, message; evidence and the hint under those that have some. */
export function preflightText(findings: readonly PreflightFinding[]): string {
  const order: readonly Forecast[] = ['will-fail', 'cannot-tell', 'ok'];
  const sorted = order.flatMap((outcome) => findings.filter((finding) => finding.outcome === outcome));
  const indent = ' '.repeat(13);
  const lines = sorted.flatMap(({ outcome, check, message, evidence, hint }) => [
    `${words[outcome].padEnd(11)}  ${check.padEnd(12)}  ${plainLine(message)}`,
    ...evidence.map((line) => `${indent}  ${plainLine(line)}`),
    ...(hint === '' ? [] : [`${indent}hint: ${plainLine(hint)}`]),
  ]);
  return `${lines.join('\n')}\n`;
}
