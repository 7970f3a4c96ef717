/** Tables of plain text for terminals and files. */
import { plainLine } from '../base/plain-text.ts';

/** Wide and zero-width letters are counted roughly: enough for columns to line up in what people name their cases. */
function width(text: string): number {
  let columns = 0;
  for (const letter of text) {
    if (/\p{Mark}|\u200d|\ufe0f/u.test(letter)) continue;
    columns +=
      /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u.test(
        letter,
      )
        ? 2
        : 1;
  }
  return columns;
}

/** Rows under their heads, columns two blanks apart, nothing at the ends of lines. Cells become one safe line each. */
export function textTable(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [heads, ...rows].map((row) => heads.map((_, index) => plainLine(row[index] ?? '')));
  const widths = heads.map((_, index) => lines.reduce((most, row) => Math.max(most, width(row[index] ?? '')), 0));
  const draw = (row: readonly string[]): string =>
    row
      .map((cell, index) => cell + ' '.repeat(Math.max(0, (widths[index] ?? 0) - width(cell))))
      .join('  ')
      .trimEnd();
  return `${lines.map(draw).join('\n')}\n`;
}
