/** Tells a merge request what a job found, where the job is of one. Never changes an outcome. */
import { Secret } from '../base/secret.ts';
import { upsertNote } from '../publish/gitlab.ts';
import type { System } from '../system/system.ts';

/** Writes the note of this verb and job, or says in a word why there is none. Outside of GitLab it does nothing. */
export async function noteOnMergeRequest(system: System, verb: string, markdown: () => Promise<string>): Promise<void> {
  const { variables } = system.environment;
  if (variables.GITLAB_CI !== 'true') return;
  const { CI_API_V4_URL, CI_SERVER_URL, CI_PROJECT_ID, CI_MERGE_REQUEST_IID, ASSAY_GITLAB_TOKEN } = variables;
  const api = CI_API_V4_URL || (CI_SERVER_URL ? `${CI_SERVER_URL}/api/v4` : '');
  const iid = Number(CI_MERGE_REQUEST_IID);
  if (!CI_MERGE_REQUEST_IID || !Number.isInteger(iid) || !api || !CI_PROJECT_ID) {
    system.log.progress('no note: this pipeline is of no merge request');
    return;
  }
  if (!ASSAY_GITLAB_TOKEN) {
    system.log.progress('no note on the merge request: ASSAY_GITLAB_TOKEN is not set');
    return;
  }
  const to = { api, project: CI_PROJECT_ID, iid, token: new Secret(ASSAY_GITLAB_TOKEN) };
  const noted = await upsertNote(to, `${verb}/${variables.CI_JOB_NAME || 'job'}`, await markdown());
  if ('failed' in noted) system.log.warn(`the note on merge request !${iid} could not be written: ${noted.failed}`);
  else system.log.progress(`note on merge request !${iid} ${noted.noted}`);
}
