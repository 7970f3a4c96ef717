/**
 * Bundles the program: `node .ci/bundle.js DIRECTORY [NAME=ENTRY…]`. Node starts from a few files instead of nine hundred,
 * which on the parallel file system where a site installs Assay is the difference between tenths of a second and
 * seconds. `better-sqlite3`, a compiled addon, stays a package of its own. Chunks are named by their content.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

const [directory = 'dist', ...named] = process.argv.slice(2);
const program = ['cli/main=src/cli/main.ts', 'chunks/file-look-worker=src/system/file-look-worker.js'];
const input = Object.fromEntries((named.length > 0 ? named : program).map((one) => one.split('=')));

const bundle = await rolldown({ input, platform: 'node', external: ['better-sqlite3'], logLevel: 'warn' });
const { output } = await bundle.write({
  dir: directory,
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name]-[hash].js',
});
await bundle.close();

// What is passed on with others' code in it passes on their licences too.
const folders = output
  .flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []))
  .flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? []);
const licences = [...new Set(folders)].sort().map((folder) => {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = ['LICENSE', 'LICENSE.md', 'license', 'LICENSE.txt', 'LICENCE'].find((one) => existsSync(join(folder, one)));
  return `${name} ${version} (${license})\n\n${file ? readFileSync(join(folder, file), 'utf8').trim() : ''}\n`;
});
writeFileSync(join(directory, 'LICENSES.txt'), licences.join(`\n${'-'.repeat(72)}\n\n`));
