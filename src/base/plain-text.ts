/**
 * Text from images, logs and schedulers is hostile: it may move the cursor, retitle a terminal, turn the reading order
 * round or hide letters. What people see goes through here first.
 */

// ECMA-48: CSI sequences; OSC, DCS, SOS, PM and APC strings up to BEL or ST; other two-byte escapes. 0x9b and its
// kin are the one-byte forms. A string that never ends is taken to the end of its line, no further.
const escapes =
  /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?|\x1b[ -/]*[0-~]?/g;

// C0 and C1 controls but tab and newline.
const controls = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g;

// Unicode Bidi_Control; tag characters, that nobody sees; the byte order mark; U+FFFE and U+FFFF.
const hidden = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]|[\u{e0000}-\u{e007f}]/gu;

/** The text with unpaired surrogates replaced by U+FFFD, as it is when it goes out as UTF-8. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd');
}

/**
 * The text as it is safe to show: no escape sequences, no control characters but tab and newline, no bidirectional
 * overrides or invisible tags, well-formed Unicode. Every kind of line end is a newline, a lone CR too.
 */
export function plainText(text: string): string {
  return wellFormed(text)
    .replace(/\r\n?|\u2028|\u2029|\x85/g, '\n')
    .replace(escapes, '')
    .replace(controls, '')
    .replace(hidden, '');
}

/** The text as one safe line: `plainText` with every run of white space as one blank. */
export function plainLine(text: string): string {
  // Nearly all text is words of ASCII with one blank between them; a thousand nodes have half a million of such.
  if (/^(?:[!-~]+(?: [!-~]+)*)?$/.test(text)) return text;
  return plainText(text).replace(/\s+/g, ' ').trim();
}

/** The text, cut between code points to at most so many UTF-8 bytes, with an ellipsis at the end when it was cut. */
export function cutText(text: string, bytes: number): string {
  if (text.length * 3 <= bytes || Buffer.byteLength(text) <= bytes) return text;
  const room = bytes - Buffer.byteLength('…');
  if (room < 0) return '';
  // encodeInto stops before a code point that does not fit, and says how much of the text it took.
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(room));
  return `${text.slice(0, read)}…`;
}
