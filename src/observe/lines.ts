/** Text as lines, and what of a hostile text may stand in a message. */

/** The lines of a text; a carriage return before the line feed (as some launchers add) is not part of the line. */
export function linesOf(text: string): readonly string[] {
  return text.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
}

/** A short, printable, quoted form of what was read, for messages: control characters are shown as their code. */
export function quoted(text: string): string {
  const cut = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  return `"${cut.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)}"`;
}

/** What lies between two marker lines: the sections, in order, each with the number of its first line. */
export type Sections = { readonly ok: readonly Section[] } | { readonly why: string };

/** The lines of one section; `line` is the number, from 1, of its first line. */
interface Section {
  readonly lines: readonly string[];
  readonly line: number;
}

/**
 * The lines between `begin` and `end`, both left out and compared without surrounding blanks. Without `begin` the
 * section starts at the top; without `end` it runs to the next `begin` or the bottom. A declared marker that is not
 * there means that the output was cut or is another one.
 */
export function sectionsOf(lines: readonly string[], begin: string | undefined, end: string | undefined): Sections {
  const sections: Section[] = [];
  let open: { lines: string[]; line: number } | undefined = begin === undefined ? { lines: [], line: 1 } : undefined;
  for (const [index, line] of lines.entries()) {
    const bare = line.trim();
    if (begin !== undefined && bare === begin) {
      if (open && end !== undefined) return { why: `${quoted(begin)} comes twice without ${quoted(end)} between` };
      if (open) sections.push(open);
      open = { lines: [], line: index + 2 };
    } else if (open && end !== undefined && bare === end) {
      sections.push(open);
      open = undefined;
      if (begin === undefined) break;
    } else {
      open?.lines.push(line);
    }
  }
  if (open && end !== undefined) return { why: `the line ${quoted(end)} is not there: the output was cut short` };
  if (open) sections.push(open);
  if (sections.length === 0) return { why: `the line ${quoted(begin ?? '')} is not there` };
  return { ok: sections };
}
