/** Commands as lists of words. Nothing in Assay joins them into a shell string but the two printers here. */

/** A command: the program, then its arguments, each a word of its own. */
export type Argv = readonly [string, ...string[]];

/** Builds an Argv from words that are known to be there. */
export function argv(program: string, ...words: readonly string[]): Argv {
  return [program, ...words];
}

/**
 * One word quoted for a POSIX shell (XCU 2.2.2 single quotes). The only quoting in Assay: job scripts and printed
 * commands use it. A NUL cannot be passed to any program, so it is a bug here.
 */
export function quoteWord(word: string): string {
  if (word.includes('\0')) throw new Error('a word of a command holds a NUL byte');
  if (word !== '' && /^[A-Za-z0-9_@%+=:,./-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** The command as a person could paste it into a shell. For showing, never for running. */
export function showArgv(words: readonly string[]): string {
  return words.map(quoteWord).join(' ');
}
