/** The folders of `src` in the order in which they may import each other, and what is read of their files. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';

/** A file may import its own folder and anything to its left. */
export const folderOrder = [
  'base',
  'system',
  'suite',
  'site',
  'inspect',
  'oci',
  'image',
  'launch',
  'preflight',
  'run',
  'observe',
  'judge',
  'store',
  'compare',
  'exchange',
  'certify',
  'report',
  'publish',
  'flow',
  'cli',
] as const;

/** Folders that may not touch the world. */
export const pureFolders = ['launch', 'preflight', 'observe', 'judge', 'compare'] as const;

/** Folders of adapters: one file or folder for each kind, and `index.ts`, which lists them. */
export const adapterFolders = [
  'launch/runtimes',
  'launch/launchers',
  'launch/schedulers',
  'observe/parsers',
  'judge/checks',
  'inspect/probes',
  'certify/rules',
  'cli/commands',
] as const;

/** A source file, and what it imports, types included. */
export interface SourceFile {
  /** From `src`. */
  readonly path: string;
  readonly text: string;
  /** Files of Assay, from `src`. */
  readonly imports: readonly string[];
  /** Names of packages, without the path inside them. */
  readonly packages: readonly string[];
  /** Modules of Node of which it uses more than types, without `node:`. */
  readonly modules: readonly string[];
}

// `import … from 'x';`, `export … from 'x';`, `import 'x';` and `import('x')`.
const specifier = /(?:\bfrom|^import)\s+'([^'\s]+)'(?=;)|\bimport\(\s*'([^'\s]+)'/gm;

/** The package that an import specifier names. */
function packageOf(named: string): string {
  return named
    .split('/')
    .slice(0, named.startsWith('@') ? 2 : 1)
    .join('/');
}

function filesBelow(directory: string): readonly string[] {
  return readdirSync(directory).flatMap((name) => {
    const path = join(directory, name);
    return statSync(path).isDirectory() ? filesBelow(path) : path.endsWith('.ts') ? [path] : [];
  });
}

/** Every source file. */
export function sourceFiles(): readonly SourceFile[] {
  return filesBelow('src').map((file) => {
    const text = readFileSync(file, 'utf8');
    const named = [...text.matchAll(specifier)].map((match) => match[1] ?? match[2] ?? '');
    const own = named.filter((name) => name.startsWith('.'));
    const modules = text.matchAll(/(?:^(?:import|export) (?!type )[^;]*?from |\bimport\(\s*)'node:([^']+)'/gm);
    return {
      path: relative('src', file),
      text,
      imports: own.map((name) => normalize(join(dirname(relative('src', file)), name))),
      packages: named.filter((name) => !name.startsWith('.') && !name.startsWith('node:')).map(packageOf),
      modules: [...modules].map((match) => match[1] ?? ''),
    };
  });
}
