/** LAMMPS: a column of the thermo table of one run, at one step or all of them; or the rate of its loop. */
import { oneOf, Type } from '../../../base/schema.ts';
import { nearest } from '../../../base/suggestion.ts';
import { linesOf, quoted } from '../../lines.ts';
import { readNumber } from '../../number.ts';
import { type Declared, defineParser, found, foundSeries, missing, type Reading } from '../../parser.ts';
import { type LammpsLog, type LammpsRun, readLammpsLog, type ThermoRow } from './log.ts';

const rates = ['timesteps/s', 'atom-steps/s'] as const;

/**
 * Reads a LAMMPS log. Missing when LAMMPS stopped with an error, the run did not end, its table lacks rows, or several
 * LAMMPS wrote into one output (the sign of ranks that did not find each other) and no `run` says which is meant.
 */
export const lammps = defineParser({
  kind: 'lammps',
  options: {
    column: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
    at: Type.Optional(
      Type.String({ pattern: '^(?:first|last|step [0-9]{1,15})$', description: 'first, last (default) or step N' }),
    ),
    loop_rate: Type.Optional(oneOf(rates)),
    run: Type.Optional(
      Type.Union([Type.Literal('last'), Type.Integer({ minimum: 1 })], {
        description: 'Which run of the log, from 1; the last by default',
      }),
    ),
  },
  lint: (options, declared) => {
    const problems: string[] = [];
    if ((options.column === undefined) === (options.loop_rate === undefined))
      problems.push('declare either "column" or "loop_rate"');
    if (declared.type === 'text') problems.push('LAMMPS gives numbers: "type: text" cannot be had');
    if (options.at !== undefined && (declared.shape === 'series' || options.column === undefined))
      problems.push('"at" needs a single value of a column');
    if (options.loop_rate !== undefined && declared.shape === 'series') problems.push('"loop_rate" is one value');
    if (options.loop_rate !== undefined && declared.unit !== options.loop_rate)
      problems.push(`"loop_rate: ${options.loop_rate}" needs "unit: ${options.loop_rate}"`);
    return problems;
  },
  read: (text, options, declared) => {
    const log = readLammpsLog(linesOf(text));
    const run = chooseRun(log, options.run);
    if (typeof run === 'string') return missing(declared, run);
    if (options.loop_rate !== undefined) return readRate(run, options.loop_rate, declared);
    return readColumn(run, options.column ?? '', options.at ?? 'last', declared);
  },
});

/** The run that is meant, or why there is none to be trusted. */
function chooseRun(log: LammpsLog, wanted: 'last' | number | undefined): LammpsRun | string {
  if (log.error) return `LAMMPS stopped: line ${log.error.line}: ${quoted(log.error.text)}`;
  if (log.starts > 1 && wanted === undefined)
    return `${log.starts} LAMMPS wrote into this output: their ranks did not find each other, or "run" must say which is meant`;
  const run = wanted === undefined || wanted === 'last' ? log.runs.at(-1) : log.runs[wanted - 1];
  if (!run) return log.runs.length === 0 ? 'there is no run of LAMMPS' : `there are only ${log.runs.length} runs`;
  if (!run.loop) return 'the run did not end: its line "Loop time of" is not there';
  return run;
}

function readColumn(run: LammpsRun, column: string, at: string, declared: Declared): Reading {
  const index = run.columns.indexOf(column);
  if (index < 0) {
    const near = nearest(column, run.columns);
    const hint = near ? `, but ${quoted(near)} is` : '';
    return missing(declared, `${quoted(column)} is not a column of the thermo table${hint}`);
  }
  const gap = gapOf(run);
  if (gap) return missing(declared, gap);
  const rows = declared.shape === 'series' ? run.rows : rowAt(run, at);
  const first = rows[0];
  if (!first) return missing(declared, `the thermo table has no row for ${at}`);
  const values: number[] = [];
  for (const row of rows) {
    const value = readNumber(row.cells[index] ?? '');
    if ('why' in value) return missing(declared, `${quoted(column)} in the row of line ${row.line}: ${value.why}`);
    values.push(value.ok);
  }
  return declared.shape === 'series'
    ? foundSeries(declared, values, first.line)
    : found(declared, values[0] ?? Number.NaN, first.line);
}

function rowAt(run: LammpsRun, at: string): readonly ThermoRow[] {
  if (at === 'first') return run.rows.slice(0, 1);
  if (at === 'last') return run.rows.slice(-1);
  const step = run.columns.indexOf('Step');
  return run.rows.filter((row) => Number(row.cells[step]) === Number(at.slice('step '.length)));
}

/**
 * Why the table of an ended run cannot be whole. LAMMPS prints the last step of every run; `rerun` counts snapshots
 * instead of steps. A line of numbers that fits no row is harmless (SHAKE prints such) as long as no row is missed.
 */
function gapOf(run: LammpsRun): string | undefined {
  const column = run.columns.indexOf('Step');
  const steps = run.rows.map((row) => Number(row.cells[column] ?? Number.NaN));
  const first = steps[0];
  const last = steps.at(-1);
  if (first === undefined || last === undefined) return 'the thermo table has no rows';
  if (column < 0) return undefined;
  const spacing = steps.slice(1, -1).map((step, index) => step - (steps[index] ?? Number.NaN));
  const odd = run.odd[0];
  if (odd !== undefined && spacing.some((gap) => gap !== spacing[0]))
    return `the thermo table has a broken row on line ${odd}`;
  const ran = run.loop?.steps ?? 0;
  if (last - first !== ran && run.rows.length < ran)
    return `the thermo table goes from step ${first} to ${last}, but LAMMPS ran ${ran} steps`;
  return undefined;
}

/** Steps (or steps times atoms) a second, from the loop time; the line "Performance:" must agree where it is there. */
function readRate(run: LammpsRun, rate: (typeof rates)[number], declared: Declared): Reading {
  const loop = run.loop;
  if (!loop) return missing(declared, 'the run did not end');
  const seconds = readNumber(loop.seconds);
  if ('why' in seconds) return missing(declared, `line ${loop.line}: ${seconds.why}`);
  if (loop.steps === 0) return missing(declared, `line ${loop.line}: the run had no steps`);
  if (!(seconds.ok > 0)) return missing(declared, `line ${loop.line}: the loop took no time`);
  const steps = loop.steps / seconds.ok;
  const printed = /([0-9.]+) timesteps\/s/.exec(run.performance?.text ?? '')?.[1];
  // Printed with three decimals, from a time that is printed with six digits.
  if (printed !== undefined && !(Math.abs(Number(printed) - steps) <= 0.001 + 1e-4 * steps))
    return missing(
      declared,
      `the loop time gives ${steps.toPrecision(6)} timesteps/s, line ${run.performance?.line} says ${printed}`,
    );
  if (rate === 'timesteps/s') return found(declared, steps, loop.line);
  if (loop.atoms === undefined) return missing(declared, `line ${loop.line} does not say how many atoms there are`);
  return found(declared, steps * loop.atoms, loop.line);
}
