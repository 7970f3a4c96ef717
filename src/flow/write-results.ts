/** What a run leaves for people, CI and the store. All of it is derived and can be made again. */
import { join } from 'node:path';
import { annotations } from '../exchange/annotations.ts';
import { dotenv } from '../exchange/dotenv.ts';
import { caseViews } from '../exchange/exchange.ts';
import { junitXml } from '../exchange/junit.ts';
import { renderSummary, summaryView } from '../report/summary.ts';
import { verdictTable } from '../report/verdict-table.ts';
import type { RunPaths } from '../run/run.ts';
import type { Site } from '../site/site.ts';
import type { RunRecord } from '../store/run-record.ts';
import { openStore } from '../store/store.ts';
import { writeRun } from '../store/write-run.ts';
import type { System } from '../system/system.ts';

/** Names and texts of the results; `logPathOf` says where the output of a case is, as their reader can find it. */
export async function resultFiles(
  system: System,
  record: RunRecord,
  logPathOf: (name: string) => string | undefined,
  links: string = annotations([]),
): Promise<Readonly<Record<string, string>>> {
  return {
    'verdicts.txt': verdictTable(record),
    'record.json': `${JSON.stringify(record)}\n`,
    'junit.xml': junitXml(caseViews(record, logPathOf)),
    'summary.md': await renderSummary(system.files, summaryView(record, logPathOf)),
    'annotations.json': links,
    'assay.env': dotenv({
      ASSAY_RUN: record.run.id,
      ASSAY_OUTCOME: record.run.outcome,
      ASSAY_DIGEST: record.image.digest,
      ASSAY_RUN_DIRECTORY: record.run.directory,
      ASSAY_JOURNAL: record.run.journalDigest,
    }),
  };
}

/** Writes the results into the run's own folder for them. */
export async function writeResults(system: System, paths: RunPaths, record: RunRecord): Promise<void> {
  await system.files.makeDirectory(paths.results);
  const logs = new Map(
    record.files.filter((file) => file.path.endsWith('/stdout')).map((file) => [file.case, file.path]),
  );
  for (const [name, text] of Object.entries(await resultFiles(system, record, (one) => logs.get(one))))
    await system.files.writeAtomic(join(paths.results, name), text);
}

/** Puts the record into the site's store. */
export async function storeRun(system: System, site: Site, record: RunRecord): Promise<string> {
  const store = await openStore(system, site.directories.store, 'write', { kept: record.run });
  return writeRun(store, record);
}
