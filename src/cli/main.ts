#!/usr/bin/env node
/**
 * The program `assay`. Results go to standard output, everything else to standard error. Exit status: 0 done, 1 a
 * negative outcome, 2 mend your declaration, 3 mend the site, 4 hold, 70 a bug.
 */
import { readFileSync } from 'node:fs';

const version = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version;

if (process.argv[2] === '--version' && process.argv.length === 3) {
  process.stdout.write(`${version}\n`);
} else {
  const { runProgram } = await import('./cli.ts');
  process.exitCode = await runProgram(process.argv.slice(2), version);
}
