/**
 * Links on a job's page, as GitLab reads them (`artifacts:reports:annotations`, 16.3 and later): named lists of external
 * links, the only kind there is.
 */

/** A link on the job's page. */
export interface JobLink {
  readonly label: string;
  readonly url: string;
}

/** Where this job's page is, and where in the project its results are. */
export interface JobPage {
  /** CI_JOB_URL; empty outside a job. */
  readonly url: string;
  /** The results as the job's artifacts keep them, from the project's directory; undefined when they keep none. */
  readonly folder?: string;
}

/** Results that people open in a browser. */
const shown: readonly (readonly [label: string, file: string])[] = [
  ['Summary', 'summary.md'],
  ['Verdicts', 'verdicts.txt'],
  ['Everything recorded', 'record.json'],
];

/** Links to the results among the artifacts of a job; none outside a job or where no artifact holds them. */
export function jobLinks({ url, folder }: JobPage): readonly JobLink[] {
  if (!/^https?:\/\//.test(url) || folder === undefined || folder.split('/').includes('..')) return [];
  const path = folder.split('/').filter((part) => part !== '' && part !== '.');
  const base = `${url.replace(/\/+$/, '')}/artifacts/file`;
  return shown.map(([label, file]) => ({ label, url: [base, ...[...path, file].map(encodeURIComponent)].join('/') }));
}

/** The report. */
export function annotations(links: readonly JobLink[]): string {
  return `${JSON.stringify({ Assay: links.map((link) => ({ external_link: link })) }, null, 2)}\n`;
}
