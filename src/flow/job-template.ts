/** The job script of an allocation, rendered: one text for run, plan and inspect. */

import { installed } from '../base/installation.ts';
import { collectorWords, jobScriptView } from '../run/job-script.ts';
import type { PlannedAllocation } from '../run/plan.ts';
import { runPaths } from '../run/run.ts';
import type { System } from '../system/system.ts';
import { renderTemplate } from '../system/template.ts';
import type { OpenSite } from './open-site.ts';

/** What a job script is rendered from. Without a root it takes facts alone, of no image. */
export interface JobGround {
  readonly site: OpenSite;
  readonly runId: string;
  readonly directory: string;
  readonly root?: string;
}

/** Renders `templates/shell/job.sh.hbs`. */
export async function renderJobScript(
  system: System,
  ground: JobGround,
  allocation: PlannedAllocation,
): Promise<string> {
  const { site } = ground;
  const directory = runPaths(ground.directory).allocation(allocation.id);
  const collector = collectorWords(directory, ground.root);
  const view = jobScriptView(ground.runId, allocation, directory, site.site.path, site.launcher, collector);
  const template = installed('templates/shell/job.sh.hbs');
  return renderTemplate('shell', await system.files.readText(template), view);
}
