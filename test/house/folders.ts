/** The folders of `src` in the order in which they may import each other, and what is read of their files. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';

/** A file may import its own folder and anything to its left. `compare` is to come. */
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
  'exchange',
  'certify',
  'report',
  'publish',
  'flow',
  'cli',
] as const;

/** Folders that may not touch the world. */
export const pureFolders = ['launch', 'preflight', 'observe', 'judge'] as const;

/** A source file: its path from `src`, its text, and the paths from `src` that it imports. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
  readonly packages: readonly string[];
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
    const named = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '');
    const own = named.filter((name) => name.startsWith('.'));
    return {
      path: relative('src', file),
      text,
      imports: own.map((name) => normalize(join(dirname(relative('src', file)), name))),
      packages: named.filter((name) => !name.startsWith('.') && !name.startsWith('node:')),
    };
  });
}
