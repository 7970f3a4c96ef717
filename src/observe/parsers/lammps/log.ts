/**
 * The log of LAMMPS (https://docs.lammps.org/Run_output.html) as runs, each with its thermo table. All styles of
 * https://docs.lammps.org/thermo_style.html: one line a step, `multi` (blocks of `name = value`), and `yaml`.
 */

/** One printed step: its cells as text, in the order of the run's columns. */
export interface ThermoRow {
  readonly cells: readonly string[];
  readonly line: number;
}

/** The line `Loop time of …`, which LAMMPS prints when a run has ended. */
interface LoopTime {
  readonly seconds: string;
  readonly steps: number;
  readonly atoms: number | undefined;
  readonly line: number;
}

/** One run of a log. */
export interface LammpsRun {
  readonly columns: readonly string[];
  readonly rows: readonly ThermoRow[];
  /** Absent when the run did not end. */
  readonly loop?: LoopTime;
  /** The line `Performance: …` with its number. */
  readonly performance?: { readonly text: string; readonly line: number };
  /** Lines inside the table that hold nothing but numbers, but not as many as there are columns. */
  readonly odd: readonly number[];
}

/** A log, read. */
export interface LammpsLog {
  readonly runs: readonly LammpsRun[];
  /** How often LAMMPS announced itself: more than once means several processes that did not find each other. */
  readonly starts: number;
  readonly error?: { readonly text: string; readonly line: number };
}

interface OpenRun {
  columns: string[];
  rows: ThermoRow[];
  odd: number[];
  style: 'line' | 'multi' | 'yaml';
}

const loopPattern = /^Loop time of (\S+) on \d+ procs?(?: \([^)]*\))? for (\d+) steps(?: with (\d+) atoms)?/;
const multiHead = /^-{4,} Step +(\S+) -+ CPU = +(\S+) \(sec(?:onds)?\) -+$/;
const memoryPattern = /^(?:Per MPI rank memory allocation|Memory usage per processor)/;
const numeric = /^[+-]?(?:\d|\.\d|nan|inf)/i;

/** Reads a log; never fails: what is not a log gives no runs. */
export function readLammpsLog(lines: readonly string[]): LammpsLog {
  const runs: LammpsRun[] = [];
  let starts = 0;
  let error: { text: string; line: number } | undefined;
  let open: OpenRun | undefined;
  let announced = false;
  const close = (loop?: LoopTime): void => {
    if (open || loop)
      runs.push({ columns: open?.columns ?? [], rows: open?.rows ?? [], odd: open?.odd ?? [], ...(loop && { loop }) });
    open = undefined;
  };
  for (const [index, raw] of lines.entries()) {
    const text = raw.trim();
    const line = index + 1;
    const loop = text.startsWith('Loop time of ') ? loopPattern.exec(text) : null;
    if (text === '') continue;
    if (text.startsWith('LAMMPS (')) {
      starts += 1;
      close();
    } else if (/^ERROR(?: on proc \d+)?:/.test(text)) error ??= { text, line };
    else if (loop)
      close({
        seconds: loop[1] ?? '',
        steps: Number(loop[2]),
        atoms: loop[3] === undefined ? undefined : Number(loop[3]),
        line,
      });
    else if (text.startsWith('Performance:')) notePerformance(runs, open === undefined, text, line);
    else if (memoryPattern.test(text)) {
      close();
      announced = true;
      continue;
    } else {
      const head = headOf(text, announced, open);
      if (head) {
        // In the style multi every step has a head of its own; it begins a run only where none is open.
        if (!open || head.style !== 'multi' || open.style !== 'multi') {
          close();
          open = { columns: [...head.columns], rows: [], odd: [], style: head.style };
        }
        if (head.cells) open.rows.push({ cells: head.cells, line });
      } else if (open) readInside(open, text, line);
    }
    announced = false;
  }
  close();
  return { runs, starts, ...(error && { error }) };
}

function notePerformance(runs: LammpsRun[], closed: boolean, text: string, line: number): void {
  const last = runs.at(-1);
  if (closed && last?.loop && !last.performance) runs[runs.length - 1] = { ...last, performance: { text, line } };
}

/** The head of a table, or for the style multi of one step. */
function headOf(
  text: string,
  announced: boolean,
  open: OpenRun | undefined,
): { columns: readonly string[]; style: OpenRun['style']; cells?: readonly string[] } | undefined {
  const multi = multiHead.exec(text);
  if (multi) return { columns: ['Step', 'CPU'], style: 'multi', cells: [multi[1] ?? '', multi[2] ?? ''] };
  const yaml = /^keywords:\s*\[(.*)\]$/.exec(text);
  if (yaml) return { columns: listOf(yaml[1] ?? ''), style: 'yaml' };
  const words = text.split(/\s+/);
  const isHead = (announced && text !== '---') || (words[0] === 'Step' && words.length > 1 && open === undefined);
  if (!isHead || words.some((word) => numeric.test(word))) return undefined;
  return { columns: words, style: 'line' };
}

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((word) => word.trim().replace(/^(['"])(.*)\1$/, '$2'))
    .filter((word) => word !== '');
}

function readInside(open: OpenRun, text: string, line: number): void {
  if (open.style === 'multi') {
    for (const match of text.matchAll(/(\S+) += +(\S+)/g)) addCell(open, match[1] ?? '', match[2] ?? '');
    return;
  }
  const yaml = open.style === 'yaml' ? /^- \[(.*)\]$/.exec(text) : undefined;
  if (yaml === null) return;
  const cells = yaml ? listOf(yaml[1] ?? '') : text.split(/\s+/);
  if (cells.length === open.columns.length && numeric.test(cells[0] ?? '')) open.rows.push({ cells, line });
  else if (cells.every((cell) => numeric.test(cell))) open.odd.push(line);
}

/** In the style multi the columns become known while the first step is read. */
function addCell(open: OpenRun, name: string, value: string): void {
  const row = open.rows.at(-1);
  if (!row) return;
  let column = open.columns.indexOf(name);
  if (column < 0) column = open.columns.push(name) - 1;
  const cells = [...row.cells];
  while (cells.length < column) cells.push('');
  cells[column] = value;
  open.rows[open.rows.length - 1] = { cells, line: row.line };
}
