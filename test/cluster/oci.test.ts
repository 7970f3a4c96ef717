/**
 * Against real parts, each where it is installed: docker-registry with TLS of a private authority and htpasswd, skopeo
 * on its other side, and umoci's unpacking of the same image beside ours.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { copyImage } from '../../src/oci/copy.ts';
import { readAll } from '../../src/oci/descriptor.ts';
import { cachedTreePath, openTree } from '../../src/oci/image-cache.ts';
import { layoutRepository } from '../../src/oci/layout.ts';
import { mediaTypes } from '../../src/oci/oci.ts';
import { attach, fallbackTag } from '../../src/oci/referrers.ts';
import { registryRepository } from '../../src/oci/registry-client.ts';
import { resolveImage } from '../../src/oci/resolve.ts';
import { realSystem } from '../../src/system/real-system.ts';
import { descriptorOf, imageOf, pushImage, raw } from '../oci/fixture-image.ts';

const demo = '/var/lib/assay-cluster/images/demo';
const made = mkdtempSync(join(tmpdir(), 'assay-oci-real-'));
/** Holds the authority's certificate alone, as skopeo wants it. */
const certificates = join(made, 'certificates');
const real = realSystem(true);
const system = { ...real, environment: { ...real.environment, variables: { HOME: made } } };
afterAll(() => rmSync(made, { recursive: true, force: true }));

describe('docker-registry and skopeo', () => {
  let registry: ChildProcess | undefined;
  let host = '';
  const file = (name: string) => join(made, name);
  const auth = (password: string) => {
    const path = file(`auth-${password}.json`);
    writeFileSync(
      path,
      JSON.stringify({ auths: { [host]: { auth: Buffer.from(`ci:${password}`).toString('base64') } } }),
      { mode: 0o600 },
    );
    return path;
  };
  const open = (name: string, password = 'secret-of-ci') =>
    registryRepository(system, host, name, { caFile: file('ca.crt'), authFile: auth(password) });
  const skopeo = (...words: string[]) =>
    execFileSync('skopeo', ['--insecure-policy', ...words], {
      encoding: 'utf8',
      maxBuffer: 1e8,
      stdio: ['ignore', 'pipe', 'pipe'],
    });

  beforeAll(async () => {
    const port = await new Promise<number>((resolve, reject) => {
      const server = createServer().on('error', reject);
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        server.close(() =>
          typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
        );
      });
    });
    host = `localhost:${port}`;
    const openssl = (...words: string[]) => execFileSync('openssl', words, { cwd: made, stdio: 'ignore' });
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    openssl(
      'req',
      '-x509',
      ...curve,
      '-days',
      '2',
      '-subj',
      '/CN=a private authority',
      '-addext',
      'basicConstraints=critical,CA:TRUE',
      '-keyout',
      'ca.key',
      '-out',
      'ca.crt',
    );
    openssl('req', ...curve, '-subj', '/CN=localhost', '-keyout', 'tls.key', '-out', 'tls.csr');
    writeFileSync(file('extensions'), 'subjectAltName=DNS:localhost\n');
    openssl(
      'x509',
      '-req',
      '-in',
      'tls.csr',
      '-CA',
      'ca.crt',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      '2',
      '-extfile',
      'extensions',
      '-out',
      'tls.crt',
    );
    mkdirSync(certificates);
    copyFileSync(file('ca.crt'), join(certificates, 'ca.crt'));
    // bcrypt of secret-of-ci: the registry reads no other kind.
    writeFileSync(file('htpasswd'), 'ci:$2y$05$abcdefghijklmnopqrstuufQFvFiAgBL3/54MR.Iqlz6aJwrq/2rW\n');
    writeFileSync(
      file('config.yml'),
      JSON.stringify({
        version: 0.1,
        log: { level: 'warn' },
        storage: { filesystem: { rootdirectory: file('store') } },
        http: { addr: `127.0.0.1:${port}`, tls: { certificate: file('tls.crt'), key: file('tls.key') } },
        auth: { htpasswd: { realm: 'test', path: file('htpasswd') } },
      }),
    );
    const log = openSync(file('registry.log'), 'w');
    registry = spawn('docker-registry', ['serve', file('config.yml')], { stdio: ['ignore', log, log] });
    const repository = open('ready');
    for (let tries = 0; tries < 50; tries += 1) {
      if (
        await repository.tags().then(
          () => true,
          () => false,
        )
      )
        return;
      await wait(200);
    }
    throw new Error('docker-registry did not come up');
  });
  afterAll(() => registry?.kill());

  test('a private authority must be named, and a wrong password is told without being shown', async () => {
    const without = registryRepository(system, host, 'a', { authFile: auth('secret-of-ci') });
    await expect(without.tags()).rejects.toMatchObject({ code: 'OCI_TLS', hint: expect.stringContaining('certs.d') });
    const error = await open('a', 'a-wrong-password')
      .tags()
      .catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'OCI_AUTH_REFUSED', message: expect.stringMatching(/"ci" from .*auth-/) });
    expect(error.message.replaceAll(auth('a-wrong-password'), '') + error.hint).not.toContain('a-wrong-password');
  });

  test('what we push skopeo reads, and the other way round, byte for byte', async () => {
    const image = await imageOf([[{ name: 'f', content: Buffer.alloc(3_000_000, 'layer ') }]]);
    await pushImage(open('ours'), image, 'v1');
    const words = ['--authfile', auth('secret-of-ci'), '--cert-dir', certificates];
    expect(
      Buffer.from(skopeo('inspect', '--raw', ...words, `docker://${host}/ours:v1`)).equals(image.manifest.bytes),
    ).toBe(true);
    const layout = file('skopeo');
    const copy = ['copy', '--preserve-digests', '--src-authfile', auth('secret-of-ci'), '--src-cert-dir', certificates];
    skopeo(...copy, `docker://${host}/ours:v1`, `oci:${layout}:v1`);
    expect((await layoutRepository(system, layout).manifest('v1'))?.digest).toBe(image.manifest.digest);
    skopeo(
      'copy',
      '--dest-authfile',
      auth('secret-of-ci'),
      '--dest-cert-dir',
      certificates,
      `oci:${layout}:v1`,
      `docker://${host}/theirs:v1`,
    );
    const found = await resolveImage(open('theirs'), 'v1');
    const [layer] = found.content.layers;
    expect(layer && (await readAll(await open('theirs').blob(layer), 1e7))).toEqual(image.layers[0]?.bytes);
  });

  test('Docker schema 2 is read', async () => {
    const words = [
      'copy',
      '--format',
      'v2s2',
      '--dest-authfile',
      auth('secret-of-ci'),
      '--dest-cert-dir',
      certificates,
    ];
    const layout = layoutRepository(system, file('plain'));
    await pushImage(layout, await imageOf([[{ name: 'f', content: 'x' }]]), 'v1');
    skopeo(...words, `oci:${file('plain')}:v1`, `docker://${host}/docker:v1`);
    const found = await resolveImage(open('docker'), 'v1', { architecture: 'amd64' });
    expect(found.manifest.mediaType).toBe(mediaTypes.dockerManifest);
    const tree = await openTree(system, file('cache'), found, open('docker'));
    expect(tree.tree.entries.map(({ path }) => path)).toEqual(['f']);
  });

  test('an index is promoted: mounted, the same digest, the tag last; a second time nothing happens', async () => {
    const from = open('candidate/app');
    const parts = [
      await imageOf([[{ name: 'f', content: 'a' }]]),
      await imageOf([[{ name: 'f', content: 'b' }]], 'arm64'),
    ];
    for (const part of parts) await pushImage(from, part, part.manifest.digest);
    const manifests = parts.map(({ manifest }, at) => ({
      ...descriptorOf(manifest),
      platform: { os: 'linux', architecture: at === 0 ? 'amd64' : 'arm64' },
    }));
    const index = raw({ schemaVersion: 2, mediaType: mediaTypes.index, manifests }, mediaTypes.index);
    await from.putManifest(index, 'candidate');
    const to = open('blessed/app');
    const receipt = await copyImage(from, to, index, { tag: 'blessed' });
    expect(receipt.steps.filter(({ how }) => how === 'mounted')).toHaveLength(4);
    const words = ['--authfile', auth('secret-of-ci'), '--cert-dir', certificates];
    expect(digestOf(skopeo('inspect', '--raw', ...words, `docker://${host}/blessed/app:blessed`))).toBe(index.digest);
    const again = await copyImage(from, to, index, { tag: 'blessed' });
    expect(again.steps.every(({ how }) => how === 'present')).toBe(true);
  });

  test('it has no referrers API: the fallback tag is written and read', async () => {
    const repository = open('attested');
    const image = await imageOf([[{ name: 'f' }]]);
    await pushImage(repository, image, 'v1');
    const config = { mediaType: mediaTypes.empty, digest: digestOf('{}'), size: 2 };
    const blobs = [{ descriptor: config, open: async () => Readable.from([Buffer.from('{}')], { objectMode: false }) }];
    for (const artifactType of ['a/one', 'a/two']) {
      const manifest = raw(
        {
          schemaVersion: 2,
          mediaType: mediaTypes.manifest,
          artifactType,
          config,
          layers: [config],
          subject: descriptorOf(image.manifest),
        },
        mediaTypes.manifest,
      );
      expect((await attach(repository, manifest, blobs)).listedBy).toBe('fallback-tag');
    }
    const found = await repository.referrers(image.manifest.digest);
    expect(found.map(({ artifactType }) => artifactType)).toEqual(['a/one', 'a/two']);
    expect(await repository.tags()).toContain(fallbackTag(image.manifest.digest));
  });
});

test("a whole distribution unpacks to what umoci's unpacking gives", async () => {
  const repository = layoutRepository(system, demo);
  const image = await resolveImage(repository, '');
  const cache = join(made, 'demo-cache');
  const { root, tree } = await openTree(system, cache, image, repository);
  expect(root).toBe(join(cachedTreePath(cache, image.manifest.digest), 'rootfs'));
  expect(tree.entries.length).toBeGreaterThan(1000);
  const theirs = join(made, 'umoci');
  execFileSync('umoci', ['unpack', '--rootless', '--image', `${demo}:demo`, theirs], { stdio: 'ignore' });
  // Contents, types and links; it prints and fails for any difference.
  expect(execFileSync('diff', ['-r', '--no-dereference', join(theirs, 'rootfs'), root], { encoding: 'utf8' })).toBe('');
});
