/** A GitLab pipeline from an image to its promotion, by `templates/gitlab/pipeline.yml.hbs`. */

import { installed } from '../base/installation.ts';
import type { Files } from '../system/files.ts';
import { renderTemplate } from '../system/template.ts';

/** What a pipeline is made for. Texts may name GitLab's variables, such as `$CI_COMMIT_SHORT_SHA`. */
export interface PipelineView {
  /** The command on the login node, and the one of the promotion. */
  readonly assay: string;
  readonly promoter: string;
  readonly image: string;
  /** Separated by blanks. */
  readonly suites: string;
  readonly site: string;
  readonly policy: string;
  readonly to: string;
  /** How many nodes `inspect` looks at. */
  readonly nodes: string;
  readonly wait: string;
  readonly timeout: string;
  /** Tags of the runner on a login node, and of the one that may promote. */
  readonly loginTag: string;
  readonly promotionTag: string;
  /** Name of the file variable with the private key. */
  readonly keyVariable: string;
  /** Name of the identity token, and whom it is for. */
  readonly idToken: string;
  readonly audience: string;
  readonly move: boolean;
}

/** What is taken where nothing is said. */
export const usualPipeline = {
  assay: 'assay',
  promoter: 'assay',
  suites: 'wireup',
  site: 'site.yaml',
  policy: 'policy.yaml',
  nodes: '1',
  wait: '110min',
  timeout: '2h',
  loginTag: 'login',
  promotionTag: 'promotion',
  keyVariable: 'ASSAY_KEY',
  idToken: 'SITE_ID_TOKEN',
  audience: '$CI_SERVER_URL',
  move: false,
} as const satisfies Partial<PipelineView>;

/** The pipeline as YAML. */
export async function renderPipeline(files: Pick<Files, 'readText'>, view: PipelineView): Promise<string> {
  const path = installed('templates/gitlab/pipeline.yml.hbs');
  return renderTemplate('gitlab', await files.readText(path), view);
}
