/** The job script of an allocation, rendered: one text for run, plan and inspect. */

import { digestOf, hexOf } from '../base/digest.ts';
import { installed } from '../base/installation.ts';
import { collectorWords, jobScriptView, stepsView } from '../run/job-script.ts';
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

/** Renders the script that is submitted, and the file of its steps that it reads. */
export async function renderJobScript(
  system: System,
  ground: JobGround,
  allocation: PlannedAllocation,
): Promise<{ readonly script: string; readonly steps: string }> {
  const { site } = ground;
  const directory = runPaths(ground.directory).allocation(allocation.id);
  const collector = collectorWords(directory, ground.root);
  const template = (name: string) => system.files.readText(installed(`templates/shell/${name}`));
  const steps = renderTemplate('shell', await template('steps.sh.hbs'), stepsView(allocation.steps));
  const digest = hexOf(digestOf(steps));
  const view = jobScriptView(ground.runId, allocation, directory, site.site.path, site.launcher, collector, digest);
  return { script: renderTemplate('shell', await template('job.sh.hbs'), view), steps };
}
