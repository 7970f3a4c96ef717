import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { Answer } from '../../src/base/ask.ts';
import { findAuthorities } from '../../src/oci/client/certificates.ts';
import { parseChallenges } from '../../src/oci/client/challenge.ts';
import { nextPage } from '../../src/oci/client/link.ts';
import { findCredential } from '../../src/oci/credentials.ts';
import { scratch, testSystem } from './fixture-system.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const entry = (user: string) => ({ auth: base64(`${user}:pass-of-${user}`) });

function write(path: string, value: unknown): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
  return path;
}

async function userFor(auths: object, registry: string, repository: string): Promise<string | undefined> {
  const file = write(join(scratch(), 'auth.json'), { auths });
  const { credential } = await findCredential(testSystem(), registry, repository, { authFile: file });
  return credential?.kind === 'password' ? credential.user : undefined;
}

describe('files', () => {
  test('the longest key wins, as containers-auth.json(5) says', async () => {
    const auths = {
      'quay.io': entry('all'),
      'quay.io/org': entry('org'),
      'quay.io/org/app': entry('app'),
      'quay.io/or': entry('no'),
    };
    expect(await userFor(auths, 'quay.io', 'org/app')).toBe('app');
    expect(await userFor(auths, 'quay.io', 'org/other')).toBe('org');
    expect(await userFor(auths, 'quay.io', 'organ/x')).toBe('all');
    expect(await userFor(auths, 'quay.example', 'org/app')).toBeUndefined();
  });

  test('old URL keys, the names of Docker Hub, user and password apart, ports', async () => {
    expect(await userFor({ 'https://quay.io/v1/': entry('url') }, 'quay.io', 'a')).toBe('url');
    expect(await userFor({ 'https://index.docker.io/v1/': entry('hub') }, 'docker.io', 'library/a')).toBe('hub');
    expect(await userFor({ 'r:5000': { username: 'apart', password: 'p' } }, 'r:5000', 'a')).toBe('apart');
    expect(await userFor({ r: entry('no-port') }, 'r:5000', 'a')).toBeUndefined();
    expect(await userFor({ r: {} }, 'r', 'a')).toBeUndefined();
    expect(await userFor({}, '__proto__', 'constructor')).toBeUndefined();
  });

  test('a password may hold colons and is never printed', async () => {
    const file = write(join(scratch(), 'auth.json'), { auths: { r: { auth: base64('u:a:b:c') } } });
    const { credential } = await findCredential(testSystem(), 'r', 'a', { authFile: file });
    expect(credential?.kind === 'password' && credential.password.reveal()).toBe('a:b:c');
    expect(inspect(credential) + JSON.stringify(credential)).not.toContain('a:b:c');
    expect(credential?.source).toBe(file);
  });

  test("Podman's files come before Docker's; REGISTRY_AUTH_FILE stands alone", async () => {
    const home = scratch();
    const runtime = scratch();
    write(join(home, '.docker/config.json'), { auths: { r: entry('docker') } });
    const system = (variables: Record<string, string>) =>
      testSystem({ HOME: home, XDG_RUNTIME_DIR: runtime, ...variables });
    const user = async (variables: Record<string, string> = {}) => {
      const { credential } = await findCredential(system(variables), 'r', 'a');
      return credential?.kind === 'password' ? credential.user : undefined;
    };
    expect(await user()).toBe('docker');
    write(join(home, '.config/containers/auth.json'), { auths: { r: entry('config') } });
    expect(await user()).toBe('config');
    write(join(runtime, 'containers/auth.json'), { auths: { other: entry('x') } });
    expect(await user()).toBe('config');
    write(join(runtime, 'containers/auth.json'), { auths: { r: entry('runtime') } });
    expect(await user()).toBe('runtime');
    expect(await user({ REGISTRY_AUTH_FILE: join(home, 'missing.json') })).toBeUndefined();
    const docker = scratch();
    write(join(docker, 'config.json'), { auths: { r: entry('elsewhere') } });
    write(join(runtime, 'containers/auth.json'), '');
    write(join(home, '.config/containers/auth.json'), '{}');
    expect(await user({ DOCKER_CONFIG: docker })).toBe('elsewhere');
  });

  test.each([
    ['not JSON', '{"auths": {"r": {"auth": "c2VjcmV0OnNlY3JldA==', /is not a JSON object/],
    ['a list', '[]', /is not a JSON object/],
    ['an entry without a colon', { auths: { r: { auth: base64('secret') } } }, /USER:PASSWORD/],
  ])('%s is refused, and nothing of it shown', async (_, content, message) => {
    const file = write(join(scratch(), 'auth.json'), content);
    const error = await findCredential(testSystem({ REGISTRY_AUTH_FILE: file }), 'r', 'a').catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'OCI_CREDENTIALS_UNREADABLE', message: expect.stringMatching(message) });
    expect(error.message).toContain(file);
    expect(`${error.message}${error.hint}${error.stack}`).not.toMatch(/secret|c2VjcmV0/);
  });

  test('a file that was named must be there', async () => {
    await expect(findCredential(testSystem(), 'r', 'a', { authFile: '/nowhere/auth.json' })).rejects.toMatchObject({
      code: 'OCI_CREDENTIALS_UNREADABLE',
      hint: expect.stringContaining('podman login'),
    });
  });
});

describe('helpers', () => {
  function withHelper(config: object, answer: Partial<Answer>) {
    const calls: { argv: readonly string[]; input: string | undefined }[] = [];
    const system = testSystem({ REGISTRY_AUTH_FILE: write(join(scratch(), 'c.json'), config) });
    return {
      calls,
      system: {
        ...system,
        exec: async (argv: readonly string[], options: { readonly input?: string }) => {
          calls.push({ argv, input: options.input });
          return { status: 0, stdout: '', stderr: '', timedOut: false, ...answer };
        },
      },
    };
  }
  const good = { stdout: '{"ServerURL":"r","Username":"u","Secret":"hidden"}' };

  test('the server goes in on standard input, never as an argument', async () => {
    const { system, calls } = withHelper({ credHelpers: { r: 'pass' }, auths: { r: entry('file') } }, good);
    const { credential } = await findCredential(system, 'r', 'a');
    expect(calls).toEqual([{ argv: ['docker-credential-pass', 'get'], input: 'r' }]);
    expect(credential?.kind === 'password' && credential.password.reveal()).toBe('hidden');
  });

  test('a store for all; the user <token> means an identity token', async () => {
    const { system, calls } = withHelper(
      { credsStore: 'desktop', auths: { 'docker.io': {} } },
      { stdout: '{"Username":"<token>","Secret":"t"}' },
    );
    const { credential } = await findCredential(system, 'docker.io', 'library/a');
    expect(credential?.kind).toBe('identity-token');
    expect(calls[0]?.input).toBe('https://index.docker.io/v1/');
  });

  test('"not found" is no error; anything else is, without what the helper printed', async () => {
    const none = withHelper({ credsStore: 'x' }, { status: 1, stdout: 'credentials not found in native keychain\n' });
    expect((await findCredential(none.system, 'r', 'a')).credential).toBeUndefined();
    for (const answer of [
      { status: 1, stdout: 'hidden' },
      { stdout: '{"Secret":"hidden"' },
      { status: null, timedOut: true },
      { status: null, absent: 'missing' as const },
    ]) {
      const { system } = withHelper({ credHelpers: { r: 'x' } }, answer);
      const error = await findCredential(system, 'r', 'a').catch((thrown) => thrown);
      expect(error.code).toBe('OCI_CREDENTIALS_UNREADABLE');
      expect(error.message + error.hint).not.toContain('hidden');
    }
    const odd = withHelper({ credHelpers: { r: '../../bin/sh' } }, good);
    await expect(findCredential(odd.system, 'r', 'a')).rejects.toMatchObject({ code: 'OCI_CREDENTIALS_UNREADABLE' });
    expect(odd.calls).toEqual([]);
  });
});

describe('certificates', () => {
  const pem = (name: string) => `-----BEGIN CERTIFICATE-----\n${name}\n-----END CERTIFICATE-----\n`;

  test('certs.d of this host and port, the named file, and what the environment names', async () => {
    const home = scratch();
    write(join(home, '.config/containers/certs.d/r:5000/ca.crt'), pem('host'));
    write(join(home, '.config/containers/certs.d/r:5000/client.cert'), pem('client'));
    write(join(home, '.config/containers/certs.d/r/ca.crt'), pem('other port'));
    const system = testSystem({
      HOME: home,
      SSL_CERT_FILE: write(join(home, 'bundle.pem'), pem('bundle')),
      NODE_EXTRA_CA_CERTS: write(join(home, 'extra.pem'), pem('extra')),
    });
    const { pem: text } = await findAuthorities(system, 'r:5000', write(join(home, 'site.pem'), pem('site')));
    for (const name of ['host', 'bundle', 'extra', 'site']) expect(text).toContain(`\n${name}\n`);
    expect(text).not.toMatch(/client|other port/);
  });

  test('a named file must hold a certificate', async () => {
    for (const file of ['/nowhere/ca.pem', write(join(scratch(), 'ca.pem'), 'no')])
      await expect(findAuthorities(testSystem(), 'r', file)).rejects.toMatchObject({ code: 'OCI_TLS' });
  });
});

test.each([
  ['Basic realm="a"', [{ scheme: 'basic', parameters: { realm: 'a' } }]],
  [
    'Bearer realm="https://a/t",service="s, with \\"quotes\\"",scope="repository:a:pull,push"',
    [
      {
        scheme: 'bearer',
        parameters: { realm: 'https://a/t', service: 's, with "quotes"', scope: 'repository:a:pull,push' },
      },
    ],
  ],
  [
    'Negotiate, Basic realm=plain , Bearer realm="b"',
    [
      { scheme: 'negotiate', parameters: {} },
      { scheme: 'basic', parameters: { realm: 'plain' } },
      { scheme: 'bearer', parameters: { realm: 'b' } },
    ],
  ],
  [
    'Negotiate YII=, Basic realm="x"',
    [
      { scheme: 'negotiate', parameters: {} },
      { scheme: 'basic', parameters: { realm: 'x' } },
    ],
  ],
  ['', []],
  [',, "nonsense, Basic realm="y"', [{ scheme: 'basic', parameters: { realm: 'y' } }]],
])('challenges of %s', (header, expected) => {
  expect(parseChallenges(header)).toEqual(expected);
});

test('the next page of a list', () => {
  expect(nextPage('</v2/a/tags/list?n=2&last=b>; rel="next"')).toBe('/v2/a/tags/list?n=2&last=b');
  expect(nextPage('<x>; rel=prev, <y>; title=z; rel=next')).toBe('y');
  expect(nextPage('<x>; rel="prev"')).toBeUndefined();
  expect(nextPage(undefined)).toBeUndefined();
});
