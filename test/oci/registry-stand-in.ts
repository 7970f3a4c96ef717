/**
 * A stand-in for a registry, in this process, by distribution-spec v1.1 and the token specification of distribution.
 * It is for what real ones do seldom: refuse, break off, lie, redirect. The real docker-registry is in test/cluster.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';

export interface StandInOptions {
  /** Who must say who they are, and how; user `ci`, password `secret-of-ci`. */
  readonly auth?: 'none' | 'basic' | 'token';
  /** Answer of the referrers API: a list, `404`, or Quay's 400 for an unknown digest. */
  readonly referrers?: 'api' | 'missing' | 'quay';
  readonly subjectHeader?: boolean;
  /** Seconds a token lives; 60 where nothing is said. */
  readonly tokenSeconds?: number;
  readonly immutable?: readonly string[];
  readonly pageSize?: number;
  readonly mount?: 'yes' | 'no' | 'refused';
}

export interface StandIn {
  readonly host: string;
  /** `METHOD path`, with ` anonymous`, ` basic` or ` bearer` by what was sent along. */
  readonly seen: string[];
  readonly tokenRequests: URLSearchParams[];
  readonly blobs: Map<string, Buffer>;
  /** By `repository@digest` or `repository:tag`. */
  readonly manifests: Map<string, { bytes: Buffer; type: string }>;
  /** Looked at before anything else; true when it has answered. */
  intercept: (request: IncomingMessage, response: ServerResponse) => boolean;
}

const servers: Server[] = [];

afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

/** A plain server on a port of its own. */
export async function serve(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(handle);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export async function standIn(options: StandInOptions = {}): Promise<StandIn> {
  const state: { -readonly [K in keyof StandIn]: StandIn[K] } = {
    host: '',
    seen: [],
    tokenRequests: [],
    blobs: new Map(),
    manifests: new Map(),
    intercept: () => false,
  };
  const tokens = new Map<string, readonly string[]>();
  state.host = await serve((request, response) => {
    handle(state, options, tokens, request, response).catch((error) => response.destroy(error));
  });
  return state;
}

const basicHeader = `Basic ${Buffer.from('ci:secret-of-ci').toString('base64')}`;

function fail(response: ServerResponse, status: number, code: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify({ errors: [{ code, message: `the stand-in says ${code}` }] }));
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

async function handle(
  state: StandIn,
  options: StandInOptions,
  tokens: Map<string, readonly string[]>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', `http://${state.host}`);
  const sent = request.headers.authorization;
  state.seen.push(`${request.method} ${url.pathname} ${sent?.split(' ')[0]?.toLowerCase() ?? 'anonymous'}`);
  if (state.intercept(request, response)) return;
  if (url.pathname === '/token') {
    const query =
      request.method === 'POST' ? new URLSearchParams((await bodyOf(request)).toString()) : url.searchParams;
    state.tokenRequests.push(query);
    if (sent !== basicHeader && query.get('refresh_token') !== 'identity-of-ci')
      return fail(response, 401, 'UNAUTHORIZED');
    const token = `token-${tokens.size}`;
    tokens.set(
      token,
      query.getAll('scope').flatMap((scope) => scope.split(' ')),
    );
    const lives = options.tokenSeconds === undefined ? {} : { expires_in: options.tokenSeconds };
    response.end(JSON.stringify({ token, ...lives }));
    return;
  }
  if (url.pathname === '/v2/') return void response.writeHead(200).end('{}');
  const parts = /^\/v2\/(.+?)\/(manifests|blobs|tags|referrers)\/(.*)$/.exec(url.pathname);
  if (!parts) return fail(response, 404, 'UNKNOWN');
  const [, name = '', kind = '', rest = ''] = parts;
  const method = request.method ?? '';
  const action = ['GET', 'HEAD'].includes(method) ? 'pull' : 'push';
  if (options.auth === 'basic' && sent !== basicHeader)
    return fail(response, 401, 'UNAUTHORIZED', { 'www-authenticate': 'Basic realm="the stand-in"' });
  if (options.auth === 'token') {
    const scopes = tokens.get(sent?.replace(/^Bearer /, '') ?? '') ?? [];
    const may = scopes.some((scope) => {
      const [, repository, actions] = scope.split(':');
      return repository === name && actions?.split(',').includes(action);
    });
    if (!may)
      return fail(response, 401, 'UNAUTHORIZED', {
        'www-authenticate': `Bearer realm="http://${state.host}/token",service="stand-in",scope="repository:${name}:${action}"`,
      });
  }
  if (kind === 'manifests') return manifests(state, options, request, response, name, rest);
  if (kind === 'blobs') return blobs(state, options, request, response, name, rest, url);
  if (kind === 'tags') tags(state, options, response, name, url);
  else referrers(state, options, response, name, rest);
}

async function manifests(
  state: StandIn,
  options: StandInOptions,
  request: IncomingMessage,
  response: ServerResponse,
  name: string,
  reference: string,
): Promise<void> {
  const key = (what: string) => `${name}${what.startsWith('sha256:') ? '@' : ':'}${what}`;
  if (request.method === 'PUT') {
    const bytes = await bodyOf(request);
    if (options.immutable?.includes(reference) && state.manifests.has(key(reference)))
      return fail(response, 409, 'TAG_IMMUTABLE');
    const stored = { bytes, type: request.headers['content-type'] ?? '' };
    const digest = digestOf(bytes);
    state.manifests.set(key(digest), stored);
    if (!reference.startsWith('sha256:')) state.manifests.set(key(reference), stored);
    const subject = (JSON.parse(bytes.toString()) as { subject?: { digest: string } }).subject;
    response.writeHead(201, {
      'docker-content-digest': digest,
      ...(subject && options.subjectHeader && { 'oci-subject': subject.digest }),
    });
    return void response.end();
  }
  const found = state.manifests.get(key(reference));
  if (!found) return fail(response, 404, 'MANIFEST_UNKNOWN');
  response.writeHead(200, { 'content-type': found.type, 'docker-content-digest': digestOf(found.bytes) });
  response.end(found.bytes);
}

async function blobs(
  state: StandIn,
  options: StandInOptions,
  request: IncomingMessage,
  response: ServerResponse,
  name: string,
  rest: string,
  url: URL,
): Promise<void> {
  if (request.method === 'POST') {
    const mount = url.searchParams.get('mount');
    if (mount && options.mount === 'refused') return fail(response, 403, 'DENIED');
    if (mount && options.mount !== 'no' && state.blobs.has(mount)) return void response.writeHead(201).end();
    // A relative Location with a query of its own, which must come back.
    return void response.writeHead(202, { location: `/v2/${name}/blobs/uploads/1?state=kept` }).end();
  }
  if (request.method === 'DELETE') return void response.writeHead(204).end();
  if (request.method === 'PUT') {
    const bytes = await bodyOf(request);
    if (url.searchParams.get('state') !== 'kept') return fail(response, 400, 'BLOB_UPLOAD_INVALID');
    if (digestOf(bytes) !== url.searchParams.get('digest')) return fail(response, 400, 'DIGEST_INVALID');
    state.blobs.set(digestOf(bytes), bytes);
    return void response.writeHead(201).end();
  }
  const found = state.blobs.get(rest);
  if (!found) return fail(response, 404, 'BLOB_UNKNOWN');
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const range = from > 0 ? { 'content-range': `bytes ${from}-${found.length - 1}/${found.length}` } : {};
  response.writeHead(from > 0 ? 206 : 200, { 'content-length': String(found.length - from), ...range });
  response.end(request.method === 'HEAD' ? undefined : found.subarray(from));
}

function tags(state: StandIn, options: StandInOptions, response: ServerResponse, name: string, url: URL): void {
  const all = [...state.manifests.keys()]
    .filter((key) => key.startsWith(`${name}:`))
    .map((key) => key.slice(name.length + 1));
  if (all.length === 0) {
    fail(response, 404, 'NAME_UNKNOWN');
    return;
  }
  const from = Number(url.searchParams.get('from') ?? 0);
  const size = options.pageSize ?? 1000;
  const more = from + size < all.length;
  response.writeHead(200, more ? { link: `</v2/${name}/tags/list?from=${from + size}>; rel="next"` } : {});
  response.end(JSON.stringify({ name, tags: all.slice(from, from + size) }));
}

function referrers(
  state: StandIn,
  options: StandInOptions,
  response: ServerResponse,
  name: string,
  subject: string,
): void {
  if (options.referrers === 'missing') {
    response.writeHead(404).end('404 page not found');
    return;
  }
  if (options.referrers === 'quay' && !state.manifests.has(`${name}@${subject}`)) {
    fail(response, 400, 'MANIFEST_INVALID');
    return;
  }
  const found = [...state.manifests].flatMap(([key, { bytes, type }]) => {
    const value = JSON.parse(bytes.toString()) as { subject?: { digest: string }; artifactType?: string };
    if (!key.startsWith(`${name}@`) || value.subject?.digest !== subject) return [];
    return [{ mediaType: type, digest: digestOf(bytes), size: bytes.length, artifactType: value.artifactType }];
  });
  response.writeHead(200, { 'content-type': 'application/vnd.oci.image.index.v1+json' });
  response.end(
    JSON.stringify({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests: found }),
  );
}
