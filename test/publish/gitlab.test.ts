import { afterEach, describe, expect, it } from 'vitest';
import { noteOnMergeRequest } from '../../src/flow/merge-request-note.ts';
import { noteMarker } from '../../src/publish/gitlab.ts';
import { realSystem } from '../../src/system/real-system.ts';
import { type GitlabStandIn, gitlabStandIn } from './gitlab-stand-in.ts';

const real = realSystem(true);
let gitlab: GitlabStandIn;
const marker = noteMarker('run/assay-run');

afterEach(() => gitlab.close());

/** Notes what a job of the merge request has to say; gives what the log said. */
async function note(text: string, variables: Record<string, string | undefined> = {}): Promise<string> {
  const lines: string[] = [];
  const system = {
    ...real,
    log: { progress: (line: string) => lines.push(line), warn: (line: string) => lines.push(`warning: ${line}`) },
    environment: {
      ...real.environment,
      variables: {
        GITLAB_CI: 'true',
        CI_API_V4_URL: gitlab.api,
        CI_PROJECT_ID: '3',
        CI_MERGE_REQUEST_IID: '7',
        CI_JOB_NAME: 'assay-run',
        ASSAY_GITLAB_TOKEN: gitlab.token,
        ...variables,
      },
    },
  };
  await noteOnMergeRequest(system, 'run', async () => text);
  expect(lines.join('\n')).not.toContain(gitlab.token);
  return lines.join('\n');
}

describe('a note on a merge request', () => {
  it('is created, and the second time updated in place', async () => {
    gitlab = await gitlabStandIn(['Looks good.']);
    expect(await note('first')).toContain('created');
    expect(await note('second')).toContain('updated');
    expect(gitlab.notes.map(({ body }) => body)).toEqual(['Looks good.', `${marker}\nsecond`]);
  });

  it('is found on the second page, and the first of several is taken', async () => {
    gitlab = await gitlabStandIn([...Array(130).fill('talk'), `${marker}\nold`, `${marker}\nolder`]);
    expect(await note('new')).toContain('updated');
    expect(gitlab.notes.slice(130).map(({ body }) => body)).toEqual([`${marker}\nnew`, `${marker}\nolder`]);
  });

  it('of another job stays what it was, and so does one that only quotes the marker', async () => {
    gitlab = await gitlabStandIn([`${noteMarker('run/other')}\nother`, `Why ${marker}?`]);
    expect(await note('own')).toContain('created');
    expect(gitlab.notes[0]?.body).toContain('other');
    expect(gitlab.notes[1]?.body).toContain('Why');
  });

  it.each([403, 404])('that may not be edited (%d) is left, and an own one is made', async (status) => {
    gitlab = await gitlabStandIn([`${marker}\nof somebody else`]);
    gitlab.refuse = { status, times: 1, method: 'PUT' };
    expect(await note('own')).toContain('created');
    expect(gitlab.notes.length).toBe(2);
  });

  it.each([
    [401, /status 401/],
    [403, /status 403: 403 Forbidden/],
    [404, /status 404/],
    [409, /409 Conflict/],
    [429, /429/],
  ])('that GitLab refuses (%d) is a warning', async (status, words) => {
    gitlab = await gitlabStandIn();
    gitlab.refuse = { status, times: 100 };
    const said = await note('text');
    expect(said).toMatch(/^warning: the note on merge request !7 could not be written: /);
    expect(said).toMatch(words);
  });

  it('comes through when GitLab was busy for a moment', async () => {
    gitlab = await gitlabStandIn();
    gitlab.refuse = { status: 429, times: 2 };
    expect(await note('text')).toContain('created');
  });

  it('is a warning when GitLab is not there', async () => {
    gitlab = await gitlabStandIn();
    await gitlab.close();
    expect(await note('text')).toMatch(/^warning: .*ECONNREFUSED/);
  });

  it.each([
    ['no token', { ASSAY_GITLAB_TOKEN: '' }, 'ASSAY_GITLAB_TOKEN is not set'],
    ['no merge request', { CI_MERGE_REQUEST_IID: undefined }, 'of no merge request'],
    ['no GitLab', { GITLAB_CI: undefined }, ''],
  ])('with %s is left out with a word', async (_name, variables, word) => {
    gitlab = await gitlabStandIn();
    expect(await note('text', variables)).toContain(word);
    expect(gitlab.asked).toEqual([]);
  });
});

describe('the marker', () => {
  it('stays one hidden comment whatever the job is called', () => {
    gitlab.refuse = undefined;
    expect(noteMarker('run/test: [a --> b] <x>')).toBe('<!-- assay:run/test-a-b-x- -->');
  });
});
