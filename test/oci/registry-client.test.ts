import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { copyImage } from '../../src/oci/copy.ts';
import { type Descriptor, readAll } from '../../src/oci/descriptor.ts';
import { mediaTypes } from '../../src/oci/oci.ts';
import { attach, fallbackTag } from '../../src/oci/referrers.ts';
import { registryRepository } from '../../src/oci/registry-client.ts';
import { resolveImage } from '../../src/oci/resolve.ts';
import { descriptorOf, imageOf, pushImage, raw } from './fixture-image.ts';
import { scratch, testSystem } from './fixture-system.ts';
import { type StandIn, type StandInOptions, serve, standIn } from './registry-stand-in.ts';

function blobOf(bytes: Buffer): Descriptor {
  return { mediaType: 'application/octet-stream', digest: digestOf(bytes), size: bytes.length };
}
const streamOf = (bytes: Buffer) => async () => Readable.from([bytes], { objectMode: false });

function authFile(host: string, entry: object = { auth: Buffer.from('ci:secret-of-ci').toString('base64') }): string {
  const file = join(scratch(), 'auth.json');
  writeFileSync(file, JSON.stringify({ auths: { [host]: entry } }));
  return file;
}

async function open(options: StandInOptions = {}, entry?: object) {
  const server = await standIn(options);
  const file = authFile(server.host, entry);
  const system = testSystem({ REGISTRY_AUTH_FILE: file });
  const at = (name: string) => registryRepository(system, server.host, name, {});
  return { server, system, file, at, repository: at('org/app') };
}

const failure = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });
const without = (server: StandIn, word: string) => server.seen.filter((line) => !line.includes(word));

describe('who we are', () => {
  test.each(['none', 'basic', 'token'] as const)('%s: an image goes up and comes down, byte for byte', async (auth) => {
    const { server, repository } = await open({ auth });
    const image = await imageOf([[{ name: 'f', content: 'hello' }]]);
    await pushImage(repository, image, 'v1');
    const resolved = await resolveImage(repository, 'v1');
    expect(resolved.manifest.bytes.equals(image.manifest.bytes)).toBe(true);
    const [layer] = resolved.content.layers;
    expect(layer && (await readAll(await repository.blob(layer), 1e6))).toEqual(image.layers[0]?.bytes);
    expect(await repository.tags()).toEqual(['v1']);
    expect(await repository.manifest('v2')).toBeUndefined();
    // One token for pushing and one for pulling, not one for each request.
    if (auth === 'token') expect(server.tokenRequests.length).toBeLessThanOrEqual(3);
  });

  test('an identity token buys tokens by POST', async () => {
    const { server, repository } = await open({ auth: 'token' }, { identitytoken: 'identity-of-ci' });
    await repository.putBlob(blobOf(Buffer.from('x')), streamOf(Buffer.from('x')));
    expect(server.seen).toContain('POST /token anonymous');
    expect(server.tokenRequests[0]?.get('grant_type')).toBe('refresh_token');
  });

  test('a token is fetched again when its time is over', async () => {
    const { server, repository, system } = await open({ auth: 'token', tokenSeconds: 300 });
    await repository.tags();
    await repository.tags();
    expect(server.tokenRequests).toHaveLength(1);
    await system.clock.sleep(299);
    await repository.tags();
    expect(server.tokenRequests).toHaveLength(2);
  });

  test.each(['basic', 'token'] as const)(
    '%s: a wrong password: registry, file and user are named, the password is not',
    async (auth) => {
      const wrong = { auth: Buffer.from('ci:wrong-password').toString('base64') };
      const { server, file, repository } = await open({ auth }, wrong);
      server.intercept = (request, response) => {
        if (auth === 'basic' && request.headers.authorization) {
          response.writeHead(401).end('no: wrong-password is wrong');
          return true;
        }
        return false;
      };
      const error = await repository.manifest('v1').catch((thrown) => thrown);
      expect(error).toEqual(failure('OCI_AUTH_REFUSED', new RegExp(`${server.host}.*"ci" from ${file}`)));
      expect(`${error.message} ${error.hint}`).not.toContain('wrong-password');
    },
  );

  test('no credential: the error says where was looked', async () => {
    const server = await standIn({ auth: 'token' });
    const system = testSystem({ HOME: '/nowhere' });
    const repository = registryRepository(system, server.host, 'a');
    await expect(repository.manifest('v1')).rejects.toEqual(
      failure('OCI_AUTH_REFUSED', /no credential.*\/nowhere\/\.config\/containers\/auth\.json/),
    );
  });

  test('a mount asks for both scopes in one token request', async () => {
    const { server, at, repository } = await open({ auth: 'token' });
    const bytes = Buffer.from('shared');
    server.blobs.set(digestOf(bytes), bytes);
    expect(await repository.mountBlob(blobOf(bytes), at('other/source'))).toBe(true);
    const scopes = ['repository:org/app:pull,push', 'repository:other/source:pull'];
    expect(server.tokenRequests.at(-1)?.getAll('scope')).toEqual(scopes);
  });
});

describe('what goes wrong on the way', () => {
  test('429 with Retry-After and 503 are tried again, and the server is obeyed', async () => {
    const { server, system, repository } = await open();
    await pushImage(repository, await imageOf([[{ name: 'f' }]]), 'v1');
    const answers = [() => ({ status: 429, headers: { 'retry-after': '7' } }), () => ({ status: 503, headers: {} })];
    server.intercept = (request, response) => {
      const next = request.url?.includes('/manifests/') ? answers.shift() : undefined;
      if (next) response.writeHead(next().status, next().headers).end();
      return next !== undefined;
    };
    expect((await repository.manifest('v1'))?.digest).toBeDefined();
    expect(system.waits[0]).toBe(7);
    expect(system.waits).toHaveLength(2);
  });

  test('five tries, then OCI_UNREACHABLE; a Retry-After beyond the limit is not waited for', async () => {
    const { server, system, repository } = await open();
    let asked = 0;
    let after: string | undefined;
    server.intercept = (request, response) => {
      if (!request.url?.includes('/manifests/')) return false;
      asked += 1;
      response.writeHead(503, after ? { 'retry-after': after } : {}).end();
      return true;
    };
    await expect(repository.manifest('v1')).rejects.toEqual(failure('OCI_UNREACHABLE', /answers 503 \(5 tries\)/));
    expect(asked).toBe(5);
    expect(system.waits.every((wait, index) => wait >= 0.37 * 2 ** index && wait <= 0.63 * 2 ** index)).toBe(true);
    after = '86400';
    await expect(repository.manifest('v1')).rejects.toEqual(failure('OCI_UNREACHABLE', /86400 s \(1 tries\)/));
  });

  test('other 4xx are not tried again, and the registry is quoted', async () => {
    const { server, repository } = await open();
    server.intercept = (request, response) => {
      if (!request.url?.includes('/manifests/')) return false;
      response.writeHead(403).end('{"errors":[{"code":"DENIED","message":"quota\\u001b[31m used up"}]}');
      return true;
    };
    await expect(repository.manifest('v1')).rejects.toEqual(
      failure('OCI_AUTH_REFUSED', /403 \(DENIED: quota \[31m used up\)/),
    );
    expect(server.seen.filter((line) => line.includes('manifests'))).toHaveLength(1);
  });

  test('a redirect to another origin is followed without the credential', async () => {
    const { server, repository } = await open({ auth: 'basic' });
    const bytes = Buffer.from('from the store');
    let authorization: string | undefined = 'not asked';
    const store = await serve((request, response) => {
      authorization = request.headers.authorization;
      response.end(bytes);
    });
    server.intercept = (request, response) => {
      if (!request.headers.authorization || !request.url?.includes('/blobs/')) return false;
      response.writeHead(307, { location: `http://${store}/bucket/1?signature=s` }).end();
      return true;
    };
    expect(await readAll(await repository.blob(blobOf(bytes)), 100)).toEqual(bytes);
    expect(authorization).toBeUndefined();
  });

  test('redirects without end stop', async () => {
    const { server, repository } = await open();
    server.intercept = (request, response) => {
      if (!request.url?.includes('/blobs/')) return false;
      response.writeHead(307, { location: request.url }).end();
      return true;
    };
    await expect(repository.blob(blobOf(Buffer.from('x')))).rejects.toEqual(failure('OCI_REFUSED', /307/));
  });

  test.each([206, 200])(
    'a blob whose connection breaks is taken up where it broke (server answers %i)',
    async (status) => {
      const { server, repository } = await open();
      const bytes = Buffer.alloc(300_000, 'blob ');
      server.blobs.set(digestOf(bytes), bytes);
      let broken = 0;
      const ranges: (string | undefined)[] = [];
      server.intercept = (request, response) => {
        if (request.method !== 'GET' || !request.url?.includes('/blobs/')) return false;
        ranges.push(request.headers.range);
        if (broken < 2) {
          const from = Number(/\d+/.exec(request.headers.range ?? '0')?.[0]);
          const partial = from > 0 && status === 206;
          response.writeHead(partial ? 206 : 200, {
            'content-length': String(bytes.length - (partial ? from : 0)),
            ...(partial && { 'content-range': `bytes ${from}-/*` }),
          });
          broken += 1;
          response.write(bytes.subarray(partial ? from : 0, 100_000 * broken), () =>
            setTimeout(() => response.destroy(), 20),
          );
          return true;
        }
        if (status === 206) return false;
        response.end(bytes);
        return true;
      };
      expect(await readAll(await repository.blob(blobOf(bytes)), 1e6)).toEqual(bytes);
      expect(ranges).toEqual([undefined, 'bytes=100000-', 'bytes=200000-']);
    },
  );

  test('a blob that is short, long or another one never ends cleanly', async () => {
    const { server, repository } = await open();
    const bytes = Buffer.from('right');
    for (const given of ['wrong', 'righ', 'right and more']) {
      server.intercept = (request, response) => {
        if (!request.url?.includes('/blobs/')) return false;
        response.end(given);
        return true;
      };
      await expect(repository.blob(blobOf(bytes)).then((stream) => readAll(stream, 100))).rejects.toEqual(
        failure('OCI_DIGEST_MISMATCH', /sha256/),
      );
    }
    server.intercept = () => false;
    await expect(repository.blob(blobOf(bytes))).rejects.toEqual(failure('OCI_NOT_FOUND', /does not have/));
  });

  test('a manifest that is not the one asked for, of two kinds, or too long is refused', async () => {
    const { server, repository } = await open();
    const image = await imageOf([[{ name: 'f' }]]);
    const answer = (bytes: Buffer, headers: Record<string, string>) => {
      server.intercept = (request, response) => {
        if (!request.url?.includes('/manifests/')) return false;
        response.writeHead(200, headers).end(bytes);
        return true;
      };
    };
    answer(image.manifest.bytes, { 'content-type': mediaTypes.manifest });
    await expect(repository.manifest(digestOf('other'))).rejects.toEqual(failure('OCI_DIGEST_MISMATCH', /not sha256/));
    answer(image.manifest.bytes, { 'content-type': mediaTypes.index });
    await expect(repository.manifest('v1')).rejects.toEqual(failure('OCI_MANIFEST_INVALID', /served as/));
    answer(image.manifest.bytes, { 'docker-content-digest': digestOf('other') });
    await expect(repository.manifest('v1')).rejects.toEqual(failure('OCI_DIGEST_MISMATCH', /not sha256/));
    answer(Buffer.alloc(5_000_000, ' '), {});
    await expect(repository.manifest('v1')).rejects.toEqual(failure('OCI_MANIFEST_INVALID', /longer than/));
    answer(Buffer.from('<html>'), {});
    await expect(repository.manifest('v1')).rejects.toEqual(failure('OCI_MANIFEST_INVALID', /not JSON/));
  });

  test('an upload that breaks is made again with a fresh stream; a source that lies is not believed', async () => {
    const { server, repository } = await open();
    const bytes = Buffer.alloc(500_000, 'upload');
    let puts = 0;
    server.intercept = (request) => {
      if (request.method !== 'PUT') return false;
      puts += 1;
      if (puts === 1) request.socket.destroy();
      return puts === 1;
    };
    let opened = 0;
    await repository.putBlob(blobOf(bytes), async () => {
      opened += 1;
      return Readable.from([bytes], { objectMode: false });
    });
    expect(opened).toBe(2);
    expect(server.blobs.get(digestOf(bytes))).toEqual(bytes);
    await repository.putBlob(blobOf(bytes), () => Promise.reject(new Error('must not be opened')));
    const lie = { ...blobOf(Buffer.from('abcdef')) };
    await expect(repository.putBlob(lie, streamOf(Buffer.from('ghijkl')))).rejects.toEqual(
      failure('OCI_DIGEST_MISMATCH', /gave bytes/),
    );
    expect(server.blobs.has(lie.digest)).toBe(false);
  });

  test('nobody there, an unknown host, and plain HTTP that was not allowed', async () => {
    const system = testSystem();
    await expect(registryRepository(system, '127.0.0.1:1', 'a').tags()).rejects.toEqual(
      failure('OCI_UNREACHABLE', /5 tries/),
    );
    await expect(registryRepository(system, 'no-such-host.invalid', 'a').tags()).rejects.toEqual(
      failure('OCI_UNREACHABLE', /no such host|connection fails/),
    );
    const server = await standIn();
    const elsewhere = {
      ...system,
      http: (request: Parameters<typeof system.http>[0]) =>
        system.http({ ...request, url: request.url.replace('registry.example', server.host) }),
    };
    await expect(registryRepository(elsewhere, 'registry.example', 'a').tags()).rejects.toEqual(
      failure('OCI_TLS', /does not speak TLS/),
    );
    expect(await registryRepository(elsewhere, 'registry.example', 'a', { insecure: true }).tags()).toEqual([]);
  });

  test('a list is followed page by page, and one without end is cut off', async () => {
    const { server, repository } = await open({ pageSize: 2 });
    const image = await imageOf([[{ name: 'f' }]]);
    for (const tag of ['a', 'b', 'c', 'd', 'e']) await pushImage(repository, image, tag);
    expect([...(await repository.tags())].sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
    server.intercept = (request, response) => {
      if (!request.url?.includes('/tags/')) return false;
      response.writeHead(200, { link: '</v2/org/app/tags/list?again>; rel=next' }).end('{"tags":[]}');
      return true;
    };
    await expect(repository.tags()).rejects.toEqual(failure('OCI_MANIFEST_INVALID', /never ends/));
  });
});

describe('referrers', () => {
  async function attached(options: StandInOptions) {
    const opened = await open(options);
    const image = await imageOf([[{ name: 'f' }]]);
    await pushImage(opened.repository, image, 'v1');
    const bundle = Buffer.from('{"bundle":1}');
    const manifest = (type: string) =>
      raw(
        {
          schemaVersion: 2,
          mediaType: mediaTypes.manifest,
          artifactType: type,
          config: { mediaType: mediaTypes.empty, digest: digestOf('{}'), size: 2 },
          layers: [{ ...blobOf(bundle), mediaType: type }],
          subject: descriptorOf(image.manifest),
          annotations: { made: 'in a test' },
        },
        mediaTypes.manifest,
      );
    const blobs = [
      { descriptor: { ...blobOf(Buffer.from('{}')), mediaType: mediaTypes.empty }, open: streamOf(Buffer.from('{}')) },
      { descriptor: blobOf(bundle), open: streamOf(bundle) },
    ];
    return { ...opened, image, manifest, blobs, tag: fallbackTag(image.manifest.digest) };
  }

  test.each<readonly [StandInOptions, 'registry' | 'fallback-tag']>([
    [{ referrers: 'api', subjectHeader: true }, 'registry'],
    [{ referrers: 'api', subjectHeader: false }, 'registry'],
    [{ referrers: 'quay', subjectHeader: false }, 'registry'],
    [{ referrers: 'missing' }, 'fallback-tag'],
  ])('%o: listed by the %s', async (options, listedBy) => {
    const { server, repository, image, manifest, blobs, tag } = await attached(options);
    expect((await attach(repository, manifest('a/b'), blobs)).listedBy).toBe(listedBy);
    const second = await attach(repository, manifest('c/d'), blobs);
    const found = await repository.referrers(image.manifest.digest);
    expect(found.map(({ artifactType }) => artifactType).sort()).toEqual(['a/b', 'c/d']);
    expect(found.some(({ digest }) => digest === second.descriptor.digest)).toBe(true);
    expect(server.manifests.has(`org/app:${tag}`)).toBe(listedBy === 'fallback-tag');
    // Once more changes nothing.
    await attach(repository, manifest('a/b'), blobs);
    expect(await repository.referrers(image.manifest.digest)).toHaveLength(2);
  });

  test('entries of the fallback index keep members that we do not know', async () => {
    const { server, repository, manifest, blobs, tag } = await attached({ referrers: 'missing' });
    const old = { mediaType: 'x/y', digest: digestOf('old'), size: 3, future: { kept: true } };
    const index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [old], annotations: { a: 'b' } };
    await repository.putManifest(raw(index, mediaTypes.index), tag);
    await attach(repository, manifest('a/b'), blobs);
    const written = JSON.parse(server.manifests.get(`org/app:${tag}`)?.bytes.toString() ?? '');
    expect(written.manifests[0]).toEqual(old);
    expect(written.manifests[1].annotations).toEqual({ made: 'in a test' });
    expect(written.annotations).toEqual({ a: 'b' });
  });

  test('both places are read: the API and the fallback tag', async () => {
    const { repository, manifest, blobs, image, tag } = await attached({ referrers: 'api' });
    await attach(repository, manifest('a/b'), blobs);
    const other = { mediaType: mediaTypes.manifest, digest: digestOf('elsewhere'), size: 9 };
    await repository.putManifest(
      raw({ schemaVersion: 2, mediaType: mediaTypes.index, manifests: [other] }, mediaTypes.index),
      tag,
    );
    expect(await repository.referrers(image.manifest.digest)).toHaveLength(2);
  });

  test('of an unknown digest there are none, whatever the registry answers', async () => {
    for (const referrers of ['api', 'missing', 'quay'] as const) {
      const { repository } = await open({ referrers });
      expect(await repository.referrers(digestOf('unknown'))).toEqual([]);
    }
  });

  test('a 400 about something else is an error', async () => {
    const { server, repository } = await open();
    server.intercept = (request, response) => {
      if (!request.url?.includes('/referrers/')) return false;
      response.writeHead(400).end('{"errors":[{"code":"NAME_INVALID"}]}');
      return true;
    };
    await expect(repository.referrers(digestOf('x'))).rejects.toEqual(failure('OCI_REFUSED', /400/));
  });

  test('a registry that forgets what it was told is not believed', async () => {
    const { server, repository, manifest, blobs, tag } = await attached({ referrers: 'missing' });
    server.intercept = (request, response) => {
      if (request.method !== 'PUT' || !request.url?.includes(tag)) return false;
      request.resume();
      response.writeHead(201).end();
      return true;
    };
    await expect(attach(repository, manifest('a/b'), blobs)).rejects.toEqual(failure('OCI_REFUSED', /does not list/));
  });
});

describe('copies', () => {
  async function indexAt(server: Awaited<ReturnType<typeof open>>, name: string) {
    const amd = await imageOf([[{ name: 'f', content: 'amd' }]], 'amd64');
    const arm = await imageOf([[{ name: 'f', content: 'arm' }]], 'arm64');
    const from = server.at(name);
    await pushImage(from, amd, amd.manifest.digest);
    await pushImage(from, arm, arm.manifest.digest);
    const entries = [amd, arm].map(({ manifest }, at) => ({
      ...descriptorOf(manifest),
      platform: { os: 'linux', architecture: at === 0 ? 'amd64' : 'arm64' },
    }));
    const index = raw({ schemaVersion: 2, mediaType: mediaTypes.index, manifests: entries }, mediaTypes.index);
    await from.putManifest(index, 'both');
    return { from, index, amd };
  }

  test.each(['yes', 'no', 'refused'] as const)('an index with its parts, the same bytes; mount: %s', async (mount) => {
    const opened = await open({ mount, auth: 'token' });
    const { from, index } = await indexAt(opened, 'candidate/app');
    // A registry keeps blobs by repository; the stand-in does not, so it forgets what the target must bring.
    const blobs = new Set<string>();
    opened.server.intercept = (request, response) => {
      const digest = /^\/v2\/blessed\/app\/blobs\/(sha256:\w+)$/.exec(request.url ?? '')?.[1];
      if (request.method === 'HEAD' && digest && !blobs.has(digest)) {
        blobs.add(digest);
        response.writeHead(404).end();
        return true;
      }
      return false;
    };
    const to = opened.at('blessed/app');
    const receipt = await copyImage(from, to, index, { tag: 'v1' });
    expect((await to.manifest('v1'))?.bytes.equals(index.bytes)).toBe(true);
    expect((await resolveImage(to, 'v1', { architecture: 'arm64' })).head.platform.architecture).toBe('arm64');
    const hows = receipt.steps.filter(({ what }) => what === 'blob').map(({ how }) => how);
    expect(hows).toEqual(Array(4).fill(mount === 'yes' ? 'mounted' : 'uploaded'));
    expect(receipt.steps.at(-1)).toMatchObject({ what: 'tag', how: 'written' });
    opened.server.seen.length = 0;
    const again = await copyImage(from, to, index, { tag: 'v1' });
    expect(again.steps.every(({ how }) => how === 'present')).toBe(true);
    expect(without(opened.server, 'GET').filter((line) => !line.startsWith('HEAD'))).toEqual([]);
  });

  test('without a tag nothing is tagged', async () => {
    const opened = await open();
    const { from, amd } = await indexAt(opened, 'candidate/app');
    const to = opened.at('blessed/app');
    await copyImage(from, to, amd.manifest);
    expect(await to.tags()).toEqual([]);
    expect((await to.manifest(amd.manifest.digest))?.digest).toBe(amd.manifest.digest);
  });

  test('an immutable tag with the same digest is done, with another one refused', async () => {
    const opened = await open({ immutable: ['v1'] });
    const { from, amd, index } = await indexAt(opened, 'candidate/app');
    const to = opened.at('blessed/app');
    await copyImage(from, to, amd.manifest, { tag: 'v1' });
    await copyImage(from, to, amd.manifest, { tag: 'v1' });
    expect(await to.putManifest(amd.manifest, 'v1')).toEqual({ subjectSeen: false });
    await expect(copyImage(from, to, index, { tag: 'v1' })).rejects.toEqual(
      failure('OCI_REFUSED', /409 \(TAG_IMMUTABLE/),
    );
  });

  test('a tag that another writer moves at once is seen', async () => {
    const opened = await open();
    const { from, amd, index } = await indexAt(opened, 'candidate/app');
    const to = opened.at('blessed/app');
    await to.putManifest(index, 'v1');
    opened.server.intercept = (request, response) => {
      if (request.method !== 'PUT' || !request.url?.endsWith('/v1')) return false;
      request.resume();
      response.writeHead(201).end();
      return true;
    };
    await expect(copyImage(from, to, amd.manifest, { tag: 'v1' })).rejects.toEqual(failure('OCI_TAG_MOVED', /v1/));
  });
});
