/** `assay ci init`: writes the pipeline of a repository. */
import { resolve } from 'node:path';
import { type PipelineView, renderPipeline } from '../report/pipeline.ts';
import { hasCode } from '../system/files.ts';
import type { System } from '../system/system.ts';
import { pipelineUnwritable } from './errors.ts';

/** Where a pipeline goes. */
export interface PipelineTarget {
  /** A file, or `-` for standard output. */
  readonly output: string;
  /** Replace a file that is there. */
  readonly force: boolean;
}

/** Renders the pipeline and writes it; gives its text, and the file when one was written. */
export async function ciInit(
  system: System,
  view: PipelineView,
  { output, force }: PipelineTarget,
): Promise<{ readonly text: string; readonly file?: string }> {
  const text = await renderPipeline(system.files, view);
  if (output === '-') return { text };
  const file = resolve(system.environment.directory, output);
  try {
    if (force) await system.files.writeAtomic(file, text, 0o644);
    else if (!(await system.files.createExclusive(file, text, 0o644)))
      throw pipelineUnwritable(
        `${file} is there already`,
        'look at it first; --force replaces it, --output names another',
      );
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'EROFS', 'ENOSPC', 'EDQUOT')) throw error;
    throw pipelineUnwritable(
      `${file} cannot be written: ${(error as Error).message}`,
      'name a file in a folder that is there and yours with --output',
      { cause: error },
    );
  }
  return { text, file };
}
