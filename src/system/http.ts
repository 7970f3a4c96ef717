/** HTTP: the one import site of undici. Private CAs, proxies, time limits; no redirect is followed by itself. */
import type { Readable } from 'node:stream';

/** One request. A body may be bytes or a stream with its length. */
export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string | Readable;
  /** PEM certificates to trust for this request beside the system's. */
  readonly certificates?: string;
  /** Path of a unix socket to speak over. */
  readonly socket?: string;
  /** Seconds until the answer's headers must have come, and between two pieces of its body. */
  readonly limitSeconds: number;
}

/** The answer; its body must be read or dumped by the caller. Header names are lower case. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable;
}

/** Sends one request; throws Node's or undici's error when no answer came. */
export type Http = (request: HttpRequest) => Promise<HttpAnswer>;

const agents = new Map<string, unknown>();

/** Real HTTP, honouring HTTPS_PROXY, HTTP_PROXY and NO_PROXY. */
export const networkHttp: Http = async (request) => {
  const { Agent, Dispatcher, EnvHttpProxyAgent, request: send } = await import('undici');
  const tls = await import('node:tls');
  const key = `${request.socket ?? ''} ${request.certificates ?? ''}`;
  let dispatcher = agents.get(key);
  if (!(dispatcher instanceof Dispatcher)) {
    const ca = request.certificates ? [...tls.rootCertificates, request.certificates] : undefined;
    // Reading a few hundred certificates takes 0.2 s, so it is done once and not for each connection.
    const connect = ca ? { secureContext: tls.createSecureContext({ ca }) } : {};
    dispatcher = request.socket
      ? new Agent({ connect: { socketPath: request.socket } })
      : new EnvHttpProxyAgent({ connect, requestTls: connect, keepAliveTimeout: 4000 });
    agents.set(key, dispatcher);
  }
  const answer = await send(request.url, {
    method: request.method,
    headers: { ...request.headers },
    body: request.body ?? null,
    dispatcher: dispatcher as InstanceType<typeof Dispatcher>,
    headersTimeout: request.limitSeconds * 1000,
    bodyTimeout: request.limitSeconds * 1000,
  });
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(answer.headers)) {
    if (value !== undefined) headers[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  return { status: answer.statusCode, headers, body: answer.body };
};
