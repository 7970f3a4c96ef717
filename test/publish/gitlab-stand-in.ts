/**
 * A GitLab on the loopback: the notes of merge requests, as its REST documentation describes them (api/notes, api/rest):
 * a token as Authorization, pages with their headers and links, and the statuses for refusals.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** A note as it is kept. */
export interface StoredNote {
  readonly id: number;
  body: string;
}

/** A running stand-in. */
export interface GitlabStandIn {
  /** As CI_API_V4_URL names it. */
  readonly api: string;
  readonly token: string;
  readonly notes: StoredNote[];
  /** Methods and paths, in order. */
  readonly asked: string[];
  /** Answers with this status instead, so many times; `method` alone where given. */
  refuse: { status: number; times: number; method?: string } | undefined;
  readonly close: () => Promise<void>;
}

const refusals: Readonly<Record<number, unknown>> = {
  401: { message: '401 Unauthorized' },
  403: { message: '403 Forbidden' },
  404: { message: '404 Not found' },
  409: { message: { base: ['409 Conflict'] } },
  429: 'Retry later\n',
};

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const text = Buffer.concat(parts).toString();
  return String((JSON.parse(text) as { body?: unknown }).body ?? '');
}

/** Starts one with these notes on merge request 7 of project 3. */
export async function gitlabStandIn(bodies: readonly string[] = []): Promise<GitlabStandIn> {
  const notes: StoredNote[] = bodies.map((body, index) => ({ id: index + 1, body }));
  const asked: string[] = [];
  const token = 'glpat-of-the-stand-in-0123456789';
  const path = '/api/v4/projects/3/merge_requests/7/notes';

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '', 'http://127.0.0.1');
    const { method = '' } = request;
    asked.push(`${method} ${url.pathname}`);
    const send = (status: number, value: unknown, headers: Record<string, string> = {}) => {
      const plain = typeof value === 'string';
      response.writeHead(status, { 'content-type': plain ? 'text/plain' : 'application/json', ...headers });
      response.end(plain ? value : JSON.stringify(value));
    };
    const { refuse } = standIn;
    if (refuse && refuse.times > 0 && (refuse.method === undefined || refuse.method === method)) {
      refuse.times -= 1;
      return send(refuse.status, refusals[refuse.status], refuse.status === 429 ? { 'retry-after': '1' } : {});
    }
    if (request.headers.authorization !== `Bearer ${token}`) return send(401, refusals[401]);
    if (url.pathname === path && method === 'GET') {
      const size = Number(url.searchParams.get('per_page') ?? '20');
      const page = Number(url.searchParams.get('page') ?? '1');
      const pages = Math.max(1, Math.ceil(notes.length / size));
      const next = new URL(`http://${request.headers.host}${request.url}`);
      next.searchParams.set('page', String(page + 1));
      return send(200, notes.slice((page - 1) * size, page * size), {
        'x-total': String(notes.length),
        'x-total-pages': String(pages),
        'x-per-page': String(size),
        'x-page': String(page),
        'x-next-page': page < pages ? String(page + 1) : '',
        'x-prev-page': page > 1 ? String(page - 1) : '',
        ...(page < pages && { link: `<${next}>; rel="next"` }),
      });
    }
    if (url.pathname === path && method === 'POST') {
      const note = { id: notes.length + 1, body: await bodyOf(request) };
      notes.push(note);
      return send(201, note);
    }
    const note = notes.find((one) => url.pathname === `${path}/${one.id}`);
    if (!note || method !== 'PUT') return send(404, refusals[404]);
    note.body = await bodyOf(request);
    return send(200, note);
  };

  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const standIn: GitlabStandIn = {
    api: `http://127.0.0.1:${port}/api/v4`,
    token,
    notes,
    asked,
    refuse: undefined,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return standIn;
}
