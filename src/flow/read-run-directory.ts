/**
 * A run directory as untrusted input: journal, suites and outputs, each checked against what the journal wrote down.
 * Used by the run that made it and by the gate alike.
 */
import { join } from 'node:path';
import type { Digest } from '../base/digest.ts';
import { messageOf } from '../base/error.ts';
import { runJournalBroken, runUnknown } from '../run/errors.ts';
import type { Event, KeptFile } from '../run/event.ts';
import { readJournal } from '../run/journal.ts';
import { type RunPaths, runPaths } from '../run/run.ts';
import { foldEvents, type RunState } from '../run/state.ts';
import { loadSuite } from '../suite/load.ts';
import type { Suite } from '../suite/suite.ts';
import type { FileLook, WantedLook } from '../system/file-look.ts';
import type { System } from '../system/system.ts';
import { suiteLanguage } from './language.ts';

/** Something in the directory that is not as the journal says. */
export interface Discrepancy {
  readonly outcome: 'altered' | 'missing';
  readonly path: string;
  readonly message: string;
}

/** What a run directory holds. */
export interface RunDirectory {
  readonly paths: RunPaths;
  readonly events: readonly Event[];
  /** Digest of the journal's last line. */
  readonly head: Digest;
  readonly state: RunState;
  readonly opened: NonNullable<RunState['opened']>;
  readonly suites: readonly Suite[];
  readonly siteText: string;
  /** Journal problems: a broken chain, or a line that is cut. */
  readonly journalBroken?: string;
  /** Files that were changed or are gone since the journal named them. */
  readonly discrepancies: readonly Discrepancy[];
}

/** Reads a run directory; throws RUN_UNKNOWN when it is none, RUN_JOURNAL_BROKEN when not even its beginning can be read. */
export async function readRunDirectory(system: System, directory: string): Promise<RunDirectory> {
  const paths = runPaths(directory);
  const text = await system.files.readTextIfThere(paths.journal);
  if (text === undefined)
    throw runUnknown(`${directory} is no run directory`, 'a run directory holds journal.jsonl; see: assay runs');
  const journal = readJournal(text);
  const state = foldEvents(journal.events);
  if (!state.opened)
    throw runJournalBroken(
      `${paths.journal} does not say how the run began${journal.broken ? `: ${journal.broken}` : ''}`,
      'start a new run; this directory proves nothing',
    );
  const discrepancies: Discrepancy[] = [];
  const suites: Suite[] = [];
  for (const { name, digest } of state.opened.suites) {
    try {
      const suite = await loadSuite(system, paths.suite(name), suiteLanguage);
      suites.push(suite);
      if (suite.digest !== digest)
        discrepancies.push(altered(`suites/${name}`, `the suite ${name} is not the one that ran`));
      for (const input of suite.inputs) {
        const problem = await compareInput(system, join(paths.inputs(name), input.path), input.digest);
        if (problem) discrepancies.push(altered(`inputs/${name}`, `${input.path} of suite ${name} ${problem}`));
      }
    } catch (error) {
      discrepancies.push(altered(`suites/${name}`, `the suite ${name} cannot be read: ${messageOf(error)}`));
    }
  }
  const kept = state.allocations.flatMap((item) => [
    ...item.companion,
    ...[...item.steps.values()].flatMap((step) => step.files),
  ]);
  discrepancies.push(...(await compareKept(system, directory, kept)));
  const siteText = (await system.files.readTextIfThere(paths.site)) ?? '';
  return {
    paths,
    events: journal.events,
    head: journal.head,
    state,
    opened: state.opened,
    suites,
    siteText,
    ...(journal.broken && { journalBroken: journal.broken }),
    ...(journal.cutBytes > 0 && state.finishedAt && { journalBroken: 'half a line follows its end' }),
    discrepancies,
  };
}

function altered(path: string, message: string): Discrepancy {
  return { outcome: 'altered', path, message };
}

/** What is wrong with an input as the cases saw it, or undefined. */
async function compareInput(system: System, path: string, digest: Digest): Promise<string | undefined> {
  try {
    const stat = await system.files.stat(path);
    if (!stat?.isFile()) return 'was removed or replaced by a case';
    return (await system.files.digest(path)) === digest ? undefined : 'was changed by a case';
  } catch (error) {
    return `cannot be read: ${messageOf(error)}`;
  }
}

/** Compares all files that the journal named with what is there now, in the journal's order. */
async function compareKept(
  system: System,
  directory: string,
  kept: readonly KeptFile[],
): Promise<readonly Discrepancy[]> {
  const inside = (file: KeptFile) => !file.path.startsWith('/') && !file.path.split('/').includes('..');
  async function* wanted(): AsyncGenerator<WantedLook> {
    for (const file of kept) if (inside(file)) yield { path: join(directory, file.path), most: file.size };
  }
  const looks = new Map<string, FileLook>();
  for await (const look of system.files.look(wanted())) looks.set(look.path, look);
  return kept.flatMap((file) => {
    if (!inside(file)) return [altered(file.path, `${file.path} leads out of the run directory`)];
    return compare(file, looks.get(join(directory, file.path))) ?? [];
  });
}

function compare({ path, size, digest }: KeptFile, look: FileLook | undefined): Discrepancy | undefined {
  if (!look || look.code === 'ENOENT' || look.code === 'ENOTDIR')
    return { outcome: 'missing', path, message: `${path} is gone` };
  if (look.code === 'EFBIG') return altered(path, `${path} was changed after the run wrote it down`);
  if (look.kind === 'unread')
    return { outcome: 'missing', path, message: `${path} cannot be read: ${look.message ?? look.code}` };
  if (look.kind !== 'file') return altered(path, `${path} is no longer a plain file`);
  if (look.size !== size || `sha256:${look.sha256}` !== digest)
    return altered(path, `${path} was changed after the run wrote it down`);
  return undefined;
}
