/** How the result of a run is told: text, value, exit status. */
import { plainLine } from '../base/plain-text.ts';
import type { RunResult } from '../flow/drive-run.ts';
import { verdictTable } from '../report/verdict-table.ts';
import type { CommandOutput } from './command.ts';

/** Most cases whose reason is printed: the rest are in the summary. */
const shown = 10;

/** Why each case that did not pass did not, a line each, and a blank line after them. */
function reasonsOf(record: RunResult['record']): readonly string[] {
  const bad = record.cases.filter(({ verdict }) => verdict !== 'pass' && verdict !== 'skip');
  if (bad.length === 0) return [];
  const more = bad.length > shown ? [`… and ${bad.length - shown} more`] : [];
  return [...bad.slice(0, shown).map(({ name, reason }) => plainLine(`${name}: ${reason}`)), ...more, ''];
}

/** 0 accepted, 1 a fault is proven, 4 anything else. */
export function runOutput(result: RunResult): CommandOutput {
  const { record, driven, directory, held, stored } = result;
  const { outcome } = record.run;
  const state = driven === 'held' ? `held: ${held ?? ''}` : driven === 'interrupted' ? 'interrupted' : outcome;
  const hint = driven === 'ended' ? [] : [`go on with: assay run --resume ${record.run.id}`];
  const lines = [
    verdictTable(record).trimEnd(),
    '',
    ...reasonsOf(record),
    `image    ${record.image.digest}`,
    `run      ${record.run.id}  (${state})`,
    `results  ${directory}/results`,
    `journal  ${record.run.journalDigest}`,
    ...hint,
  ];
  return {
    text: `${lines.join('\n')}\n`,
    value: {
      run: record.run,
      image: record.image,
      driven,
      directory,
      stored,
      cases: record.cases,
      findings: record.findings,
    },
    exitCode: driven !== 'ended' ? 4 : outcome === 'accepted' ? 0 : outcome === 'rejected' ? 1 : 4,
  };
}
