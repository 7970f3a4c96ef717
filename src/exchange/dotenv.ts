/**
 * Variables for later jobs, as GitLab reads them (`artifacts:reports:dotenv`): `KEY=VALUE` lines, no quoting, no blank
 * line, no comment, no value of several lines; 5 KB and, where nobody raised it, 20 variables. They are public.
 */
import { plainLine } from '../base/plain-text.ts';
import { exchangeDotenvLimit } from './errors.ts';

/** GitLab refuses files of 5 kibibytes and more (Ci::ParseDotenvArtifactService). */
const maximumBytes = 5 * 1024 - 1;
const maximumVariables = 20;

/**
 * The variables in the order given; those that are undefined or empty are left out. Values become one line. Throws
 * EXCHANGE_DOTENV_LIMIT, for a cut value would be a wrong one.
 */
export function dotenv(variables: Readonly<Record<string, string | undefined>>): string {
  const lines: string[] = [];
  for (const [key, value] of Object.entries(variables)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)) throw new Error(`"${key}" is no name for a variable`);
    const line = plainLine(value ?? '');
    if (line !== '') lines.push(`${key}=${line}\n`);
  }
  if (lines.length > maximumVariables)
    throw exchangeDotenvLimit(
      `${lines.length} variables for GitLab, which takes ${maximumVariables}`,
      'write fewer of them',
    );
  const text = lines.join('');
  const bytes = Buffer.byteLength(text);
  if (bytes > maximumBytes) {
    const longest = [...lines].sort((a, b) => b.length - a.length)[0] ?? '';
    throw exchangeDotenvLimit(
      `the variables for GitLab take ${bytes} bytes, and it takes ${maximumBytes}`,
      `the longest is ${longest.slice(0, longest.indexOf('='))} with ${longest.length} characters: shorten it at its source or leave it out`,
    );
  }
  return text;
}
