/** The store as JavaScript, for tests that need processes of their own to kill or to race. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

/** A program, run as `node PATH ARGUMENTS`, and the way to take it away again. */
export interface Built {
  readonly path: string;
  readonly remove: () => void;
}

/**
 * Compiles the store and the records of tests. `body` is the text of an ES module's rest: it can use `openStore`,
 * `writeRun`, `listRuns`, `largeRecord`, `system` and `words` (the arguments).
 */
export function built(body: string): Built {
  const directory = mkdtempSync(join(tmpdir(), 'assay-built-'));
  const options = '--ignoreConfig --noEmit false --target es2023 --module nodenext --rewriteRelativeImportExtensions';
  execFileSync(
    join(root, 'node_modules/.bin/tsc'),
    [
      ...options.split(' '),
      ...['--skipLibCheck', '--types', 'node', '--rootDir', root, '--outDir', directory],
      ...['test/store/record.ts', 'src/store/write-run.ts', 'src/store/read-runs.ts', 'src/system/real-system.ts'],
    ],
    { cwd: root, stdio: 'ignore' },
  );
  mkdirSync(join(directory, 'src'), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}');
  const path = join(directory, 'main.js');
  const head = `
import { openStore } from './src/store/store.js';
import { writeRun } from './src/store/write-run.js';
import { listRuns } from './src/store/read-runs.js';
import { realSystem } from './src/system/real-system.js';
import { largeRecord } from './test/store/record.js';
const system = realSystem(true);
const words = process.argv.slice(2);
`;
  writeFileSync(path, head + body);
  return { path, remove: () => rmSync(directory, { recursive: true, force: true }) };
}
