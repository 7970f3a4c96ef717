/** A finding in a user's file, with its place, drawn with the line and a caret as compilers do. */

/** A range in a text file; lines and columns count from 1, the end column is exclusive. */
export interface SourceRange {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endColumn: number;
  /** The text of that line, without its newline. */
  readonly text: string;
}

/** What is wrong (or doubtful), where, and what to do. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly hint?: string;
  readonly at?: SourceRange;
}

const widest = 160;

/** Draws a range: `file:line:column` with the line, then carets under the range. Long lines are cut around it. */
export function drawRange(range: SourceRange): string {
  const from = range.column > 100 ? range.column - 60 : 1;
  const shown = range.text.slice(from - 1, from - 1 + widest).replaceAll('\t', ' ');
  const width = Math.max(1, Math.min(range.endColumn - range.column, shown.length - (range.column - from)));
  const head = `  ${range.file}:${range.line}:${range.column}  `;
  return `${head}${shown}\n${' '.repeat(head.length + range.column - from)}${'^'.repeat(Math.max(1, width))}`;
}

/** The diagnostic as people read it, several lines, no colour. */
export function drawDiagnostic(diagnostic: Diagnostic): string {
  const lines = [`${diagnostic.severity}: ${diagnostic.message}`];
  if (diagnostic.at) lines.push(drawRange(diagnostic.at));
  if (diagnostic.hint) lines.push(`hint: ${diagnostic.hint}`);
  return lines.join('\n');
}
