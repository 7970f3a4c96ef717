/**
 * GitLab: a note on a merge request, kept up to date in place. The one import site of @gitbeaker/rest. It never throws:
 * whether people are told is no part of any outcome.
 */
import { messageOf } from '../base/error.ts';
import type { Secret } from '../base/secret.ts';
import { redact } from '../system/log.ts';

/** A merge request, and how it is reached. */
export interface MergeRequest {
  /** Of GitLab's REST service: CI_API_V4_URL. */
  readonly api: string;
  readonly project: string;
  /** Number of the merge request within its project. */
  readonly iid: number;
  /** Of a project or group, scope `api`: a job's own token may not write notes. */
  readonly token: Secret;
}

/** What became of a note. */
export type Noted = { readonly noted: 'created' | 'updated' } | { readonly failed: string };

/** Longest note that GitLab takes, in characters. */
const longest = 1_000_000;
/** Milliseconds for one request. */
const limit = 20_000;

/** The hidden line by which a note is found again. */
export function noteMarker(key: string): string {
  return `<!-- assay:${key.replaceAll(/[^A-Za-z0-9._/-]+/g, '-').replaceAll(/-{2,}/g, '-')} -->`;
}

/** Writes the note of this key: into the one that is there, or else a new one. */
export async function upsertNote(to: MergeRequest, key: string, markdown: string): Promise<Noted> {
  const marker = noteMarker(key);
  const body = `${marker}\n${markdown}`.slice(0, longest);
  try {
    const { MergeRequestNotes } = await import('@gitbeaker/rest');
    const notes = new MergeRequestNotes({
      host: to.api.replace(/\/api\/v4\/?$/, ''),
      // As `Authorization`, which is not sent on to another host that a redirect names, as `PRIVATE-TOKEN` would be.
      oauthToken: to.token.reveal(),
      queryTimeout: limit,
    });
    const all = await notes.all(to.project, to.iid, { sort: 'asc', orderBy: 'created_at', perPage: 100 });
    if (!Array.isArray(all)) return { failed: `${to.api} does not answer as GitLab's API does (a login page?)` };
    for (const { id } of all.filter((note) => note?.body?.startsWith(marker))) {
      try {
        await notes.edit(to.project, to.iid, id, { body });
        return { noted: 'updated' };
      } catch (error) {
        // Somebody else's note with our marker (403), or one that was deleted in the meantime (404): not ours to write.
        if (![403, 404].includes(statusOf(error) ?? 0)) throw error;
      }
    }
    await notes.create(to.project, to.iid, body);
    return { noted: 'created' };
  } catch (error) {
    return { failed: redact(wordsOf(error), [to.token.reveal()]) };
  }
}

/** What gitbeaker hangs on its errors. Its request holds the token, so the error itself is never shown. */
interface Cause {
  readonly description?: unknown;
  readonly response?: { readonly status?: unknown };
  readonly message?: unknown;
}

function causeOf(error: unknown): Cause {
  const cause = error instanceof Error ? error.cause : undefined;
  return typeof cause === 'object' && cause !== null ? cause : {};
}

function statusOf(error: unknown): number | undefined {
  const status = causeOf(error).response?.status;
  return typeof status === 'number' ? status : undefined;
}

function wordsOf(error: unknown): string {
  const { description, message } = causeOf(error);
  const status = statusOf(error);
  const words = [messageOf(error), description, message].filter((one) => typeof one === 'string' && one !== '');
  return `${status === undefined ? '' : `status ${status}: `}${[...new Set(words)].join(': ')}`.slice(0, 500);
}
