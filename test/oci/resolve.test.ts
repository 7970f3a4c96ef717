import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { copyImage } from '../../src/oci/copy.ts';
import type { Descriptor } from '../../src/oci/descriptor.ts';
import { layoutRepository } from '../../src/oci/layout.ts';
import { rawManifest, readManifest } from '../../src/oci/manifest.ts';
import { mediaTypes } from '../../src/oci/oci.ts';
import { attach } from '../../src/oci/referrers.ts';
import { choosePlatform, resolveImage } from '../../src/oci/resolve.ts';
import { descriptorOf, imageOf, pushImage, raw } from './fixture-image.ts';
import { scratch, testSystem } from './fixture-system.ts';

const system = testSystem();
const layout = () => layoutRepository(system, join(scratch(), 'layout'));
const failure = (code: string, text: RegExp, hint = /./) =>
  expect.objectContaining({ code, message: expect.stringMatching(text), hint: expect.stringMatching(hint) });

function entry(architecture: string, variant?: string, os = 'linux'): Descriptor {
  const platform = { os, architecture, ...(variant && { variant }) };
  return { mediaType: mediaTypes.manifest, digest: digestOf(`${os}${architecture}${variant}`), size: 1, platform };
}

describe('a platform of an index', () => {
  const chosen = (entries: readonly Descriptor[], architecture: string, variant?: string) => {
    const { platform } = choosePlatform(entries, { architecture, ...(variant && { variant }) }, 'x');
    return [platform?.architecture, platform?.variant].filter((part) => part).join('/');
  };

  test('the same variant, else one without', () => {
    expect(chosen([entry('arm', 'v6'), entry('arm', 'v7'), entry('arm64', 'v8')], 'arm', 'v7')).toBe('arm/v7');
    expect(chosen([entry('arm64', 'v8')], 'arm64')).toBe('arm64/v8');
    expect(chosen([entry('arm64')], 'arm64', 'v8')).toBe('arm64');
    expect(chosen([entry('amd64', 'v3'), entry('amd64')], 'amd64')).toBe('amd64');
    expect(chosen([entry('amd64', 'v3'), entry('amd64')], 'amd64', 'v2')).toBe('amd64');
  });

  test('a missing one is told with those that are there', () => {
    const entries = [entry('arm', 'v7'), entry('amd64', undefined, 'windows'), entry('unknown', undefined, 'unknown')];
    const error = failure('OCI_PLATFORM_MISSING', /linux\/amd64/, /^it holds: linux\/arm\/v7, windows\/amd64$/);
    expect(() => choosePlatform(entries, { architecture: 'amd64' }, 'x')).toThrow(error);
    expect(() => choosePlatform(entries, { architecture: 'arm', variant: 'v6' }, 'x')).toThrow(/linux\/arm\/v6/);
    expect(() => choosePlatform([], { architecture: 'arm' }, 'x')).toThrow(
      failure('OCI_PLATFORM_MISSING', /./, /no image/),
    );
  });

  test('without a wish there must be just one, build records aside', () => {
    const record = {
      ...entry('unknown', undefined, 'unknown'),
      annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
    };
    expect(choosePlatform([entry('ppc64le'), record], undefined, 'x').platform?.architecture).toBe('ppc64le');
    expect(() => choosePlatform([entry('arm64'), entry('amd64')], undefined, 'x')).toThrow(/2 platforms/);
  });
});

describe('from a name to a manifest', () => {
  test('an index of an index; the digest of the index is kept beside that of the manifest', async () => {
    const repository = layout();
    const image = await imageOf([[{ name: 'f' }]], 'arm64');
    await pushImage(repository, image, image.manifest.digest);
    const inner = raw(
      {
        schemaVersion: 2,
        manifests: [{ ...descriptorOf(image.manifest), platform: { os: 'linux', architecture: 'arm64' } }],
      },
      mediaTypes.index,
    );
    await repository.putManifest(inner, inner.digest);
    const outer = raw(
      { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [descriptorOf(inner)] },
      mediaTypes.index,
    );
    await repository.putManifest(outer, 'v1');
    const found = await resolveImage(repository, 'v1', { architecture: 'arm64' });
    expect(found.resolved.digest).toBe(outer.digest);
    expect(found.manifest.digest).toBe(image.manifest.digest);
    expect(found.head).toEqual({
      platform: { os: 'linux', architecture: 'arm64' },
      diffIds: [image.layers[0]?.diffId],
    });
  });

  test('what is not there, with the tags that are', async () => {
    const repository = layout();
    await pushImage(repository, await imageOf([]), 'v1');
    await expect(resolveImage(repository, 'v2')).rejects.toEqual(failure('OCI_NOT_FOUND', /:v2 is not there/, /v1/));
    await expect(resolveImage(repository, digestOf('x'))).rejects.toEqual(failure('OCI_NOT_FOUND', /@sha256/));
  });

  test.each<readonly [string, unknown, string, RegExp]>([
    ['schema 1', { schemaVersion: 1, fsLayers: [] }, 'OCI_MANIFEST_UNSUPPORTED', /schema 1/],
    [
      'index and manifest at once',
      { schemaVersion: 2, manifests: [], config: {}, layers: [] },
      'OCI_MANIFEST_INVALID',
      /at once/,
    ],
    ['no JSON object', [], 'OCI_MANIFEST_INVALID', /object/],
    [
      'a sha512 layer',
      {
        schemaVersion: 2,
        mediaType: mediaTypes.manifest,
        config: { mediaType: mediaTypes.config, digest: `sha512:${'a'.repeat(128)}`, size: 1 },
      },
      'OCI_MANIFEST_INVALID',
      /digest/,
    ],
    ['an unknown kind', { schemaVersion: 2, mediaType: 'a/b' }, 'OCI_MANIFEST_UNSUPPORTED', /a\/b/],
    [
      'a negative size',
      {
        schemaVersion: 2,
        mediaType: mediaTypes.manifest,
        config: { mediaType: mediaTypes.config, digest: digestOf(''), size: -1 },
      },
      'OCI_MANIFEST_INVALID',
      /size/,
    ],
  ])('%s is refused', (_, value, code, message) => {
    const bytes = Buffer.from(JSON.stringify(value));
    expect(() => readManifest(rawManifest(bytes, undefined, 'it'), 'it')).toThrow(failure(code, message));
  });

  test('an artifact is no image, and configuration and layers must fit', async () => {
    const repository = layout();
    const blob = (bytes: string, mediaType: string) => ({
      mediaType,
      digest: digestOf(bytes),
      size: Buffer.byteLength(bytes),
    });
    const put = async (bytes: string, mediaType: string) =>
      repository.putBlob(blob(bytes, mediaType), async () =>
        Readable.from([Buffer.from(bytes)], { objectMode: false }),
      );
    await put('{}', mediaTypes.empty);
    const artifact = raw(
      {
        schemaVersion: 2,
        mediaType: mediaTypes.manifest,
        artifactType: 'x/sbom',
        config: blob('{}', mediaTypes.empty),
        layers: null,
      },
      mediaTypes.manifest,
    );
    await repository.putManifest(artifact, 'sbom');
    await expect(resolveImage(repository, 'sbom')).rejects.toEqual(failure('OCI_MANIFEST_UNSUPPORTED', /x\/sbom/));
    const config = JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { diff_ids: [digestOf('')] } });
    await put(config, mediaTypes.dockerConfig);
    const odd = raw(
      { schemaVersion: 2, config: blob(config, mediaTypes.dockerConfig), layers: [] },
      mediaTypes.dockerManifest,
    );
    await repository.putManifest(odd, 'odd');
    await expect(resolveImage(repository, 'odd')).rejects.toEqual(failure('OCI_MANIFEST_INVALID', /0 layers.*names 1/));
  });
});

describe('a layout on disk', () => {
  test('what is written is read, by tag, by digest, and as the only one', async () => {
    const path = join(scratch(), 'l');
    const repository = layoutRepository(system, path);
    const image = await imageOf([[{ name: 'f', content: 'x' }]]);
    await pushImage(repository, image, 'v1');
    for (const reference of ['v1', image.manifest.digest, ''])
      expect((await repository.manifest(reference))?.bytes.equals(image.manifest.bytes)).toBe(true);
    expect(await repository.tags()).toEqual(['v1']);
    const other = await imageOf([[{ name: 'g' }]]);
    await pushImage(repository, other, 'v1');
    expect((await repository.manifest('v1'))?.digest).toBe(other.manifest.digest);
    await pushImage(repository, image, 'v0');
    await expect(repository.manifest('')).rejects.toEqual(failure('OCI_LAYOUT_INVALID', /2 images/, /v1, v0/));
    expect(readdirSync(path).sort()).toEqual(['blobs', 'index.json', 'oci-layout']);
  });

  test('writers side by side lose nothing', async () => {
    const path = join(scratch(), 'l');
    const images = await Promise.all(['a', 'b', 'c', 'd'].map((name) => imageOf([[{ name }]])));
    // In real time: a clock that runs ahead makes a lease look stale while its holder still writes.
    const timed = testSystem({}, 'real');
    await Promise.all(images.map((image, at) => pushImage(layoutRepository(timed, path), image, `v${at}`)));
    expect([...(await layoutRepository(system, path).tags())].sort()).toEqual(['v0', 'v1', 'v2', 'v3']);
  });

  test('an index from one layout to another, and its referrers', async () => {
    const from = layout();
    const to = layout();
    const image = await imageOf([[{ name: 'f', content: 'x' }]]);
    await pushImage(from, image, 'v1');
    await copyImage(from, to, image.manifest, { tag: 'kept' });
    const config = { mediaType: mediaTypes.empty, digest: digestOf('{}'), size: 2 };
    const note = raw(
      {
        schemaVersion: 2,
        mediaType: mediaTypes.manifest,
        artifactType: 'a/b',
        config,
        layers: [config],
        subject: descriptorOf(image.manifest),
      },
      mediaTypes.manifest,
    );
    const open = async () => Readable.from([Buffer.from('{}')], { objectMode: false });
    await attach(to, note, [{ descriptor: config, open }]);
    expect((await to.referrers(image.manifest.digest)).map(({ artifactType }) => artifactType)).toEqual(['a/b']);
    expect((await resolveImage(to, 'kept')).manifest.digest).toBe(image.manifest.digest);
  });

  test('damage is seen', async () => {
    const path = join(scratch(), 'l');
    const repository = layoutRepository(system, path);
    await expect(repository.manifest('v1')).rejects.toEqual(failure('OCI_LAYOUT_INVALID', /no index.json/));
    const image = await imageOf([[{ name: 'f', content: 'x' }]]);
    await pushImage(repository, image, 'v1');
    const file = join(path, 'blobs/sha256', image.manifest.digest.slice(7));
    writeFileSync(file, readFileSync(file, 'utf8').replace('schemaVersion": 2', 'schemaVersion" : 2').concat(' '));
    await expect(repository.manifest('v1')).rejects.toEqual(failure('OCI_DIGEST_MISMATCH', /holds bytes of/));
    writeFileSync(join(path, 'index.json'), '{"manifests": 3}');
    await expect(repository.manifest('v1')).rejects.toMatchObject({ code: 'OCI_MANIFEST_INVALID' });
    await expect(repository.putManifest(image.manifest, 'v2')).rejects.toMatchObject({ code: 'OCI_MANIFEST_INVALID' });
    expect(existsSync(join(path, '.index.lock'))).toBe(false);
  });
});
