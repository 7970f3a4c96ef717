/** Errors of running. */
import { defineError } from '../base/error.ts';

export const runUnknown = defineError('RUN_UNKNOWN', 'declaration', 'There is no run of that name.');
export const runLocked = defineError('RUN_LOCKED', 'site', 'Another process drives this run.');
export const runJournalBroken = defineError(
  'RUN_JOURNAL_BROKEN',
  'site',
  "A run's journal was changed or cut in its middle.",
);
export const runInterrupted = defineError('RUN_INTERRUPTED', 'hold', 'A signal came before the run had begun.');
export const runSubmitRefused = defineError('RUN_SUBMIT_REFUSED', 'site', 'The scheduler refused an allocation.');
export const runSchedulerSilent = defineError(
  'RUN_SCHEDULER_SILENT',
  'site',
  'The scheduler did not answer within its limit.',
);
export const runDirectoryUnwritable = defineError(
  'RUN_DIRECTORY_UNWRITABLE',
  'site',
  'The run directory cannot be written.',
);
