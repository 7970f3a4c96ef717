/** Text of others inside Markdown. */
import { cutText, plainLine } from '../base/plain-text.ts';

/**
 * The text as one line of code, which neither GitLab nor any CommonMark reader interprets: no link, mention, quick
 * action, table cell or HTML can come of it. Cut to so many bytes. Letters that could end plain code, or a table's
 * cell, make it `<code>` with character references, which are never structure (CommonMark 0.31 §2.5).
 */
export function codeSpan(text: string, bytes = 300): string {
  const line = cutText(plainLine(text), bytes);
  if (line === '') return '–';
  if (!/[`|\\]/.test(line)) return `\`${line}\``;
  return `<code>${line.replace(/[!-/:-@[-`{-~]/g, (letter) => `&#${letter.charCodeAt(0)};`)}</code>`;
}
