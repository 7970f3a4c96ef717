/** What Assay tells people while it works: to standard error, redacted, never to standard output. */
import { plainLine } from '../base/plain-text.ts';

/** Progress and warnings. */
export interface Log {
  /** One line of what is happening now. */
  readonly progress: (line: string) => void;
  readonly warn: (line: string) => void;
}

// Credentials in URLs, bearer and basic headers, GitLab and JWT tokens.
const patterns: readonly [RegExp, string][] = [
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@:]+:[^\s/@]+@/gi, '$1***@'],
  [/\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi, '$1 ***'],
  [/\bgl(?:pat|cbt|dt|rt|ptt|oas|ft|soat)-[A-Za-z0-9_.-]{10,}/g, '***'],
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/g, '***'],
];

/** Text with what looks like a credential, and every known secret, replaced by `***`. */
export function redact(text: string, secrets: readonly string[] = []): string {
  let clean = text;
  for (const secret of secrets) if (secret.length >= 4) clean = clean.replaceAll(secret, '***');
  for (const [pattern, replacement] of patterns) clean = clean.replace(pattern, replacement);
  return clean;
}

/** A log that writes redacted lines through `write` (standard error in the program). `quiet` drops progress. */
export function lineLog(write: (text: string) => void, quiet = false): Log {
  return {
    progress: (line) => {
      if (!quiet) write(`${redact(plainLine(line))}\n`);
    },
    warn: (line) => write(`warning: ${redact(plainLine(line))}\n`),
  };
}
