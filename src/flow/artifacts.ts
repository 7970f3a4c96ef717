/**
 * `--results DIR`: what a CI job keeps of a run, at a path that does not change from run to run. Written when cases
 * failed, when the run holds, and when it could not even begin.
 */
import { isAbsolute, join, relative, resolve } from 'node:path';
import { HarnessError, messageOf } from '../base/error.ts';
import { annotations, jobLinks } from '../exchange/annotations.ts';
import { dotenv } from '../exchange/dotenv.ts';
import { junitXml } from '../exchange/junit.ts';
import { runDirectoryUnwritable } from '../run/errors.ts';
import type { RunRecord } from '../store/run-record.ts';
import { hasCode } from '../system/files.ts';
import { redact } from '../system/log.ts';
import type { System } from '../system/system.ts';
import type { RunResult } from './drive-run.ts';
import { resultFiles } from './write-results.ts';

/** Most bytes that are kept of one output; the end of it, where a failure tells itself. */
const logLimit = 1024 * 1024;
const resultNames = ['verdicts.txt', 'record.json', 'junit.xml', 'summary.md', 'annotations.json', 'assay.env', 'logs'];

/** Does the work and keeps its results in a folder, whatever it comes to; without a folder it does the work alone. */
export async function withArtifacts(
  system: System,
  folder: string | undefined,
  work: () => Promise<RunResult>,
): Promise<RunResult> {
  if (folder === undefined) return work();
  const directory = resolve(system.environment.directory, folder);
  await empty(system, directory);
  try {
    const result = await work();
    await writing(directory, async () => keep(system, directory, await filesOf(system, directory, result.record)));
    return result;
  } catch (error) {
    // What went wrong matters more than that it cannot be written down here.
    if (error instanceof HarnessError) await keep(system, directory, failureFiles(error)).catch(() => {});
    throw error;
  }
}

/** Makes the folder, and takes away what an earlier run left in it under the names of results. */
async function empty(system: System, directory: string): Promise<void> {
  await writing(directory, async () => {
    await system.files.makeDirectory(directory);
    for (const name of resultNames) await system.files.remove(join(directory, name));
  });
}

async function keep(system: System, directory: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) await system.files.writeAtomic(join(directory, name), text);
}

/** Does what writes into the folder; a folder that cannot be written is the site's to mend. */
async function writing(directory: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!hasCode(error, 'ENOSPC', 'EDQUOT', 'EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR', 'EEXIST')) throw error;
    throw runDirectoryUnwritable(
      `${directory} cannot be written: ${messageOf(error)}`,
      'make room, or name another folder with --results',
      { cause: error },
    );
  }
}

/** The results, their links and attachments naming places that the job's artifacts have. */
async function filesOf(
  system: System,
  directory: string,
  record: RunRecord,
): Promise<Readonly<Record<string, string>>> {
  const { variables, directory: here } = system.environment;
  const project = variables.CI_PROJECT_DIR || here;
  const path = relative(project, directory);
  const inside = !path.startsWith('..') && !isAbsolute(path);
  const logs = new Map<string, string>();
  const bad = new Set(
    record.cases.filter((one) => one.verdict !== 'pass' && one.verdict !== 'skip').map((one) => one.name),
  );
  for (const file of record.files) {
    const [, allocation, step, stream] =
      /^allocations\/([^/]+)\/steps\/([^/]+)\/(stdout|stderr)$/.exec(file.path) ?? [];
    if (!allocation || !step || !stream || !bad.has(file.case)) continue;
    const kept = join('logs', allocation, step, `${stream}.txt`);
    if (!(await keepLog(system, join(record.run.directory, file.path), join(directory, kept)))) continue;
    if (stream === 'stdout') logs.set(file.case, inside ? join(path, kept) : join(directory, kept));
  }
  const links = jobLinks({ url: variables.CI_JOB_URL ?? '', ...(inside && { folder: path }) });
  return resultFiles(system, record, (name) => logs.get(name), annotations(links));
}

/** Copies an output, or its end where it is long; false when it cannot be read any more. */
async function keepLog(system: System, from: string, to: string): Promise<boolean> {
  const stat = await system.files.stat(from);
  if (!stat?.isFile()) return false;
  const left = Math.max(0, stat.size - logLimit);
  const end = await system.files.readRange(from, left, Math.min(stat.size, logLimit));
  const note = left > 0 ? Buffer.from(`(the first ${left} bytes are left out; all of it: ${from})\n`) : Buffer.alloc(0);
  await system.files.makeDirectory(join(to, '..'));
  await system.files.writeAtomic(to, Buffer.concat([note, end]));
  return true;
}

/** What there is to tell of a run that could not be made: the error, where people look for results. */
function failureFiles(error: HarnessError): Readonly<Record<string, string>> {
  const reason = redact(`${error.code}: ${error.message}; hint: ${error.hint}`);
  return {
    'junit.xml': junitXml([{ suite: 'assay', name: 'assay/run', verdict: 'error', reason, findings: [] }]),
    'summary.md': failureSummary(error),
    'annotations.json': annotations([]),
    'assay.env': dotenv({ ASSAY_OUTCOME: 'error' }),
  };
}

/** The same as Markdown. The texts stand in an indented block, where nothing of them is markup. */
export function failureSummary({ code, message, hint }: HarnessError): string {
  const text = redact([`${code}: ${message}`, `hint: ${hint}`].join('\n')).replaceAll(/^/gm, '    ');
  return `## Assay: error\n\nThe run could not be made, so nothing is known of the image.\n\n${text}\n`;
}
