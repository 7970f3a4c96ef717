/**
 * The real cosign and a real registry: what Assay attaches, cosign verifies by key alone, offline; and what cosign attaches, Assay
 * verifies. docker-registry 2.8 has no referrers API, so all of it goes through the fallback tag.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canonicalJson, type Digest, digestOf } from '../../src/base/digest.ts';
import { type Attestation, makeBundle } from '../../src/certify/bundle.ts';
import { generateKeyPair, loadSigner, writeKeyPair } from '../../src/certify/signer.ts';
import { type Statement, testResultType, verificationSummaryType } from '../../src/certify/statement.ts';
import { loadTrust, type Trust } from '../../src/certify/trust.ts';
import { copyImage } from '../../src/oci/copy.ts';
import type { RawManifest } from '../../src/oci/descriptor.ts';
import { layoutRepository } from '../../src/oci/layout.ts';
import { attach } from '../../src/oci/referrers.ts';
import { registryRepository } from '../../src/oci/registry-client.ts';
import { attachmentOf, findBundles } from '../../src/publish/attachment.ts';
import { promote } from '../../src/publish/promotion.ts';
import { verifyImage } from '../../src/publish/verification.ts';
import { realSystem } from '../../src/system/real-system.ts';
import { now } from '../certify/example.ts';
import { evidenceOf, requestOf, signedOf } from '../publish/example.ts';
import { memoryRepository, pushImage } from '../publish/memory-repository.ts';

const version = 'v3.1.3';
/** Tools that are slow to build are kept here between runs. */
const toolDirectory = process.env.ASSAY_TOOLS ?? '/opt/assay-tools/bin';
const system = realSystem(true);

let directory = '';
let cosign = '';
let registry = '';
let server: ChildProcess | undefined;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'assay-cosign-'));
  cosign = findCosign();
  registry = await startRegistry();
}, 900_000);

afterAll(() => {
  server?.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

/** Never skipped in silence: without cosign it is built, and when that cannot be the test fails and says why. */
function findCosign(): string {
  const places = [toolDirectory, ...(process.env.PATH ?? '').split(delimiter)];
  const found = places.map((place) => join(place, 'cosign')).find((path) => existsSync(path));
  if (found) return found;
  const environment = { ...process.env, GOBIN: toolDirectory, PATH: `${process.env.PATH}:/usr/local/go/bin` };
  execFileSync('go', ['install', `github.com/sigstore/cosign/v3/cmd/cosign@${version}`], { env: environment });
  return join(toolDirectory, 'cosign');
}

async function startRegistry(): Promise<string> {
  const port = await freePort();
  const config = join(directory, 'registry.yml');
  const storage = join(directory, 'blobs');
  writeFileSync(
    config,
    `version: 0.1\nstorage: {filesystem: {rootdirectory: ${storage}}}\nhttp: {addr: "127.0.0.1:${port}"}\nlog: {level: error}\n`,
  );
  server = spawn('docker-registry', ['serve', config], { stdio: 'ignore' });
  for (let tries = 0; tries < 100; tries += 1) {
    const up = await fetch(`http://127.0.0.1:${port}/v2/`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (up) return `127.0.0.1:${port}`;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('docker-registry did not answer; install the package docker-registry');
}

async function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/** Runs cosign with no network but the registry: any proxy it might use points nowhere. */
function run(...words: readonly string[]) {
  const environment = {
    PATH: process.env.PATH,
    HOME: directory,
    HTTPS_PROXY: 'http://127.0.0.1:1',
    NO_PROXY: '127.0.0.1',
    COSIGN_PASSWORD: '',
  };
  const result = spawnSync(cosign, words, { env: environment, encoding: 'utf8', cwd: directory });
  return { status: result.status, out: result.stdout, err: result.stderr };
}

function verifyByCosign(image: string, key: string, type: string) {
  return run('verify-attestation', '--key', key, '--insecure-ignore-tlog', '--type', type, '--output', 'json', image);
}

async function keyAt(name: string, algorithm: 'ecdsa-p256' | 'ed25519') {
  const paths = await writeKeyPair(system, join(directory, name), generateKeyPair(algorithm));
  return {
    ...paths,
    signer: await loadSigner(system, paths.privateKey),
    trust: await loadTrust(system, [paths.publicKey]),
  };
}

async function pushedImage(
  name: string,
): Promise<{ readonly source: ReturnType<typeof registryRepository>; readonly raw: RawManifest }> {
  const made = memoryRepository('memory');
  const raw = await pushImage(made, name);
  const source = registryRepository(system, registry, `dev/${name}`);
  await copyImage(made, source, raw, { tag: '1.2' });
  return { source, raw };
}

async function promoted(name: string, algorithm: 'ecdsa-p256' | 'ed25519') {
  const key = await keyAt(name, algorithm);
  const { source, raw } = await pushedImage(name);
  const target = registryRepository(system, registry, `blessed/${name}`);
  const unsigned = await requestOf(source, target, raw, { trust: key.trust });
  const evidence = evidenceOf(source.name, raw);
  const attestations = await signedOf(evidence, unsigned.decision, target.name, key.signer);
  const receipt = await promote({ ...unsigned, attestations });
  return { key, raw, target, receipt, image: `${target.name}@${raw.digest}` };
}

describe.each(['ecdsa-p256', 'ed25519'] as const)('an image promoted with a key of kind %s', (algorithm) => {
  it('is verified by cosign for both kinds of statement, which gives back what was signed', async () => {
    const { key, receipt, target, image } = await promoted(`app-${algorithm}`, algorithm);
    expect(receipt.outcome).toBe('promoted');
    const mine = await verifyImage(target, 'v1', key.trust);
    expect(mine.reasons).toEqual([]);
    for (const type of [testResultType, verificationSummaryType]) {
      const { status, out, err } = verifyByCosign(image, key.publicKey, type);
      expect(status, err).toBe(0);
      const statement = mine.attestations.flatMap(({ verified }) =>
        verified.outcome === 'verified' && verified.statement.predicateType === type ? [verified.statement] : [],
      )[0];
      expect(payloadOf(out)).toBe(canonicalJson(statement));
    }
  });

  it('is refused by cosign under another key and for another kind', async () => {
    const { key, image } = await promoted(`other-${algorithm}`, algorithm);
    const stranger = await keyAt(`stranger-${algorithm}`, algorithm);
    expect(verifyByCosign(image, stranger.publicKey, testResultType).status).not.toBe(0);
    expect(verifyByCosign(image, key.publicKey, 'https://example.org/other/v1').status).not.toBe(0);
  });
});

describe('forged attestations', () => {
  it('are refused by both', async () => {
    const key = await keyAt('forger', 'ecdsa-p256');
    const { source, raw } = await pushedImage('forged');
    const other = await pushedImage('honest');
    const attachTo = async (subject: RawManifest, attestation: Attestation) => {
      const { manifest, blobs } = attachmentOf(attestation, subject, now);
      await attach(source, manifest, blobs);
    };
    const honest = await makeBundle(statementAbout(other.raw.digest), key.signer);
    await attachTo(raw, honest);
    const bundle = JSON.parse((await makeBundle(statementAbout(raw.digest), key.signer)).bytes.toString());
    const forged = { ...statementAbout(raw.digest), predicate: { result: 'PASSED', configuration: [], forged: true } };
    bundle.dsseEnvelope.payload = Buffer.from(canonicalJson(forged)).toString('base64');
    const bytes = Buffer.from(JSON.stringify(bundle));
    await attachTo(raw, { bytes, digest: digestOf(bytes), predicateType: testResultType });
    expect((await findBundles(source, raw.digest)).length).toBe(2);
    expect(verifyByCosign(`${source.name}@${raw.digest}`, key.publicKey, testResultType).status).not.toBe(0);
    const mine = await verifyImage(source, '1.2', key.trust, [testResultType]);
    expect(mine.outcome).toBe('not-verified');
    expect(mine.attestations.map(({ verified }) => verified.outcome)).toEqual(['refused', 'refused']);
  });
});

describe('an attestation made by cosign', () => {
  it('is found and verified by Assay', async () => {
    const key = await keyAt('theirs', 'ecdsa-p256');
    const { source, raw } = await pushedImage('attested');
    expect(run('import-key-pair', '--key', key.privateKey, '--output-key-prefix', 'imported').err).toContain(
      'imported',
    );
    expect(run('signing-config', 'create', '--out', 'signing.json').status).toBe(0);
    writeFileSync(join(directory, 'predicate.json'), '{"result":"PASSED","configuration":[]}');
    const attested = run(
      ...['attest', '--key', 'imported.key', '--signing-config', 'signing.json', '--yes'],
      ...['--type', testResultType, '--predicate', 'predicate.json', `${source.name}@${raw.digest}`],
    );
    expect(attested.status, attested.err).toBe(0);
    const trust: Trust = await loadTrust(system, [join(directory, 'imported.pub')]);
    expect(readFileSync(join(directory, 'imported.pub'), 'utf8')).toContain('PUBLIC KEY');
    const mine = await verifyImage(source, '1.2', trust, [testResultType]);
    expect(mine.reasons).toEqual([]);
  });
});

describe('a copy of the blessed image in a layout', () => {
  it('is verified offline, without any registry', async () => {
    const { key, raw, target } = await promoted('carried', 'ecdsa-p256');
    const layout = layoutRepository(system, join(directory, 'carried-layout'));
    await copyImage(target, layout, raw);
    await layout.putManifest(raw, 'v1');
    for (const found of await findBundles(target, raw.digest)) {
      if (!('bytes' in found)) throw new Error(found.unreadable);
      const manifest = await target.manifest(found.manifest);
      if (!manifest) throw new Error('no manifest');
      await copyImage(target, layout, manifest);
    }
    const mine = await verifyImage(layout, 'v1', key.trust);
    expect(mine.reasons).toEqual([]);
  });
});

function statementAbout(digest: Digest): Statement {
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ digest: { sha256: digest.slice(7) } }],
    predicateType: testResultType,
    predicate: { result: 'FAILED', configuration: [] },
  };
}

function payloadOf(out: string): string {
  return Buffer.from(JSON.parse(out.trim().split('\n')[0] ?? '').payload, 'base64').toString();
}
