/** Credentials of registries, from the files that Docker and Podman keep. A password only ever leaves as a Secret. */
import { join } from 'node:path';
import { argv } from '../base/argv.ts';
import { messageOf } from '../base/error.ts';
import { Secret } from '../base/secret.ts';
import { scrubbed } from '../system/environment.ts';
import type { System } from '../system/system.ts';
import { credentialsUnreadable } from './errors.ts';

/** A user name with its password, or an identity token that buys access tokens. `source` names the file or helper. */
export type Credential =
  | { readonly kind: 'password'; readonly user: string; readonly password: Secret; readonly source: string }
  | { readonly kind: 'identity-token'; readonly token: Secret; readonly source: string };

/** What a search found, and where it looked. */
export interface CredentialSearch {
  readonly credential?: Credential;
  /** Files looked into, in order; those that are not there are among them. */
  readonly looked: readonly string[];
}

/** Where to search. */
export interface CredentialOptions {
  /** A file that must be there and is the only one read, before anything the environment names. */
  readonly authFile?: string;
}

/**
 * The files searched, in order: containers-auth.json(5) first, then Docker's. `authFile` and `$REGISTRY_AUTH_FILE`
 * each stand alone, as for Podman and skopeo.
 */
export function credentialFiles(system: System, options: CredentialOptions = {}): readonly string[] {
  const variables = system.environment.variables;
  const named = options.authFile ?? variables.REGISTRY_AUTH_FILE;
  if (named) return [named];
  const home = variables.HOME;
  const runtime = variables.XDG_RUNTIME_DIR;
  const config = variables.XDG_CONFIG_HOME || (home && join(home, '.config'));
  const docker = variables.DOCKER_CONFIG || (home && join(home, '.docker'));
  return [
    ...(runtime ? [join(runtime, 'containers/auth.json')] : []),
    ...(config ? [join(config, 'containers/auth.json')] : []),
    ...(docker ? [join(docker, 'config.json')] : []),
  ];
}

/** The credential for a repository; the first file that has one wins. OCI_CREDENTIALS_UNREADABLE names the file. */
export async function findCredential(
  system: System,
  registry: string,
  repository: string,
  options: CredentialOptions = {},
): Promise<CredentialSearch> {
  const looked = credentialFiles(system, options);
  for (const path of looked) {
    const file = await readAuthFile(system, path, path === options.authFile);
    const credential = file && (await fromFile(system, file, path, registry, repository));
    if (credential) return { credential, looked };
  }
  return { looked };
}

type AuthFile = Readonly<Record<string, unknown>>;

async function readAuthFile(system: System, path: string, must: boolean): Promise<AuthFile | undefined> {
  let text: string | undefined;
  try {
    text = await system.files.readTextIfThere(path);
  } catch (error) {
    throw credentialsUnreadable(
      `the credential file ${path} cannot be read: ${messageOf(error)}`,
      'make it readable for you alone (mode 0600), or remove it',
    );
  }
  if (text === undefined) {
    if (!must) return undefined;
    throw credentialsUnreadable(
      `the credential file ${path} is not there`,
      `log in with \`podman login --authfile ${path} REGISTRY\`, or name another file`,
    );
  }
  if (text.trim() === '') return undefined;
  const value = parsed(text);
  // The parser's own message could quote the file, so it is not shown.
  if (!value)
    throw credentialsUnreadable(`the credential file ${path} is not a JSON object`, 'log in again to make it anew');
  return value;
}

function parsed(text: string): AuthFile | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is AuthFile {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A member as an object, or an empty one. Own members only: a registry could be named like a method. */
function recordOf(value: AuthFile, name: string): AuthFile {
  const member = Object.hasOwn(value, name) ? value[name] : undefined;
  return isRecord(member) ? member : {};
}

async function fromFile(
  system: System,
  file: AuthFile,
  path: string,
  registry: string,
  repository: string,
): Promise<Credential | undefined> {
  const hosts = namesOf(registry);
  const helpers = recordOf(file, 'credHelpers');
  for (const host of hosts) {
    const helper = Object.hasOwn(helpers, host) ? helpers[host] : undefined;
    if (typeof helper === 'string') return askHelper(system, helper, host, path);
  }
  const auths = recordOf(file, 'auths');
  const byKey = new Map(Object.keys(auths).map((key) => [plainKey(key), recordOf(auths, key)]));
  for (const key of keysFor(hosts, repository)) {
    const entry = byKey.get(key);
    const credential = entry && fromEntry(entry, path, key);
    if (credential) return credential;
  }
  const store = file.credsStore;
  if (typeof store !== 'string' || store === '') return undefined;
  return askHelper(system, store, hosts.includes('docker.io') ? dockerHub : registry, path);
}

const dockerHub = 'https://index.docker.io/v1/';

/** Docker Hub has three names; every other registry has one. */
function namesOf(registry: string): readonly string[] {
  const hub = ['docker.io', 'index.docker.io', 'registry-1.docker.io'];
  return hub.includes(registry) ? hub : [registry];
}

/** Old files hold URLs: `https://HOST/v1/` is HOST. A path without a scheme names a repository and stays. */
function plainKey(key: string): string {
  const url = /^https?:\/\/([^/]+)/.exec(key);
  return url?.[1] ?? key;
}

/** `HOST/a/b`, `HOST/a`, `HOST`: the longest first, as containers-auth.json(5) says. */
function keysFor(hosts: readonly string[], repository: string): readonly string[] {
  const parts = repository.split('/');
  const paths = parts.map((_, index) => parts.slice(0, parts.length - index).join('/'));
  return hosts.flatMap((host) => [...paths.map((path) => `${host}/${path}`), host]);
}

function fromEntry(entry: AuthFile, path: string, key: string): Credential | undefined {
  const identity = entry.identitytoken;
  if (typeof identity === 'string' && identity !== '')
    return { kind: 'identity-token', token: new Secret(identity), source: path };
  const { auth, username, password } = entry;
  if (typeof auth === 'string' && auth !== '') {
    const text = Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '');
    const colon = text.indexOf(':');
    if (colon < 1)
      throw credentialsUnreadable(
        `the entry "${key}" of ${path} does not decode to USER:PASSWORD`,
        `log in again with \`podman login ${key}\``,
      );
    return { kind: 'password', user: text.slice(0, colon), password: new Secret(text.slice(colon + 1)), source: path };
  }
  if (typeof username !== 'string' || typeof password !== 'string' || username === '') return undefined;
  return { kind: 'password', user: username, password: new Secret(password), source: path };
}

/** Asks `docker-credential-NAME get` (docker-credential-helpers, "Development": the server on stdin, JSON on stdout). */
async function askHelper(system: System, name: string, server: string, path: string): Promise<Credential | undefined> {
  if (!/^[A-Za-z0-9._-]+$/.test(name))
    throw credentialsUnreadable(`${path} names a credential helper with odd characters`, 'correct that file');
  const program = `docker-credential-${name}`;
  const answer = await system.exec(argv(program, 'get'), {
    environment: scrubbed(system.environment.variables),
    limitSeconds: 30,
    input: server,
  });
  if (answer.absent)
    throw credentialsUnreadable(
      `${path} names the credential helper ${program}, which ${answer.absent === 'missing' ? 'is not there' : 'may not be run'}`,
      `install ${program} on the PATH, or remove it from ${path}`,
    );
  if (answer.status !== 0 && /credentials not found/i.test(answer.stdout + answer.stderr)) return undefined;
  const value = answer.status === 0 ? parsed(answer.stdout) : undefined;
  const user = value?.Username;
  const secret = value?.Secret;
  if (typeof user !== 'string' || typeof secret !== 'string') {
    // What a helper prints may hold the secret, so none of it is shown.
    const how = answer.timedOut ? 'did not answer within 30 s' : `gave no credential (status ${answer.status})`;
    throw credentialsUnreadable(
      `${program} ${how} for ${server}`,
      `run \`echo ${server} | ${program} get\` to see why`,
    );
  }
  const source = `${program} (named in ${path})`;
  if (user === '<token>') return { kind: 'identity-token', token: new Secret(secret), source };
  return { kind: 'password', user, password: new Secret(secret), source };
}
