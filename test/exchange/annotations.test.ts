import { describe, expect, it } from 'vitest';
import { annotations, jobLinks } from '../../src/exchange/annotations.ts';

describe('annotations', () => {
  it('link to the results among the artifacts of the job', () => {
    const links = jobLinks({ url: 'https://git.example.org/g/p/-/jobs/5/', folder: './out/assay results' });
    expect(links[0]).toEqual({
      label: 'Summary',
      url: 'https://git.example.org/g/p/-/jobs/5/artifacts/file/out/assay%20results/summary.md',
    });
    expect(JSON.parse(annotations(links)).Assay[0].external_link).toEqual(links[0]);
  });

  it.each([
    ['outside a job', { url: '', folder: 'results' }],
    ['where no artifact holds the results', { url: 'https://git.example.org/g/p/-/jobs/5' }],
    ['where they lie outside the project', { url: 'https://git.example.org/g/p/-/jobs/5', folder: '../results' }],
  ])('are none %s', (_name, page) => {
    expect(JSON.parse(annotations(jobLinks(page)))).toEqual({ Assay: [] });
  });
});
