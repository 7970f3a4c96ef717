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
import { hasCode } from '../system/files.ts';
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
  for (const file of kept) {
    const problem = await compare(system, directory, file);
    if (problem) discrepancies.push(problem);
  }
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

async function compare(system: System, directory: string, file: KeptFile): Promise<Discrepancy | undefined> {
  if (file.path.startsWith('/') || file.path.split('/').includes('..'))
    return altered(file.path, `${file.path} leads out of the run directory`);
  const path = join(directory, file.path);
  try {
    const stat = await system.files.stat(path);
    if (!stat) return { outcome: 'missing', path: file.path, message: `${file.path} is gone` };
    if (!stat.isFile()) return altered(file.path, `${file.path} is no longer a plain file`);
    if (stat.size !== file.size || (await system.files.digest(path)) !== file.digest)
      return altered(file.path, `${file.path} was changed after the run wrote it down`);
    return undefined;
  } catch (error) {
    if (!hasCode(error, 'EACCES', 'EPERM', 'EIO')) throw error;
    return { outcome: 'missing', path: file.path, message: `${file.path} cannot be read: ${messageOf(error)}` };
  }
}
