/** Where in a pipeline this process is, by GitLab's predefined variables; nothing else of the environment is kept. */
import type { CiVariables } from '../run/event.ts';
import type { System } from '../system/system.ts';

/** The pipeline and job of this process; undefined outside CI. */
export function ciVariables({ environment }: Pick<System, 'environment'>): CiVariables | undefined {
  const value = (name: string): string => environment.variables[name] ?? '';
  if (value('GITLAB_CI') === '' && value('CI_PIPELINE_ID') === '') return undefined;
  return {
    server: value('CI_SERVER_URL'),
    project: value('CI_PROJECT_PATH'),
    commit: value('CI_COMMIT_SHA'),
    ref: value('CI_COMMIT_REF_NAME'),
    pipeline: value('CI_PIPELINE_ID'),
    job: value('CI_JOB_ID'),
    user: value('GITLAB_USER_LOGIN'),
  };
}
