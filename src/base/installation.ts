/** Where Assay itself lies: its templates and suites are files beside its code. */
import { fileURLToPath } from 'node:url';

/** The folder above `src`, or above `dist` when built, however deep this code lies in it. */
const root = /^(.*)\/(?:src|dist)\//.exec(fileURLToPath(import.meta.url))?.[1] ?? '';

/** Absolute path of a file that is part of Assay, such as `templates/shell/job.sh.hbs`. */
export function installed(path: string): string {
  return `${root}/${path}`;
}
