import { beforeEach, describe, expect, it } from 'vitest';
import { HarnessError } from '../../src/base/error.ts';
import type { RawManifest } from '../../src/oci/descriptor.ts';
import { promote } from '../../src/publish/promotion.ts';
import { verifyImage } from '../../src/publish/verification.ts';
import { newSigner } from '../certify/example.ts';
import { evidenceOf, requestOf, signedOf, trust } from './example.ts';
import { type Behaviour, type MemoryRepository, memoryRepository, pushImage } from './memory-repository.ts';

const behaviours: readonly Behaviour[] = [
  { referrers: 'listing', tags: 'mutable' },
  { referrers: 'quiet', tags: 'immutable' },
  { referrers: 'none', tags: 'mutable' },
  { referrers: 'none', tags: 'immutable' },
];

let source: MemoryRepository;
let target: MemoryRepository;
let raw: RawManifest;

beforeEach(async () => {
  source = memoryRepository('registry.example/dev/app');
  target = memoryRepository('registry.example/blessed/app');
  raw = await pushImage(source, '1.2');
});

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    return JSON.stringify(await work);
  } catch (error) {
    if (error instanceof HarnessError) return error.code;
    throw error;
  }
}

describe.each(behaviours)('promotion into a registry with referrers $referrers and $tags tags', (behaviour) => {
  beforeEach(() => {
    target = memoryRepository('registry.example/blessed/app', behaviour);
  });

  it('copies the very bytes, attaches, tags, and gives a receipt that verifies', async () => {
    const receipt = await promote(await requestOf(source, target, raw));
    expect(receipt).toMatchObject({
      outcome: 'promoted',
      repository: 'registry.example/blessed/app',
      tag: 'v1',
      digest: raw.digest,
      source: { repository: 'registry.example/dev/app', tag: '1.2' },
      blobs: { count: 3 },
    });
    expect(target.manifests.get(raw.digest)?.bytes.equals(raw.bytes)).toBe(true);
    expect((await verifyImage(target, 'v1', trust)).outcome).toBe('verified');
  });

  it('does nothing the second time, even with signatures made anew at another time', async () => {
    await promote(await requestOf(source, target, raw));
    const before = target.writes.length;
    const again = await promote(await requestOf(source, target, raw, {}, '2026-11-20T15:00:00Z'));
    expect(again.outcome).toBe('already-there');
    expect(target.writes.length).toBe(before);
  });

  it('can break at every call, before or after it took effect, and is finished by another try', async () => {
    const calls = await countCalls();
    for (const at of ['before', 'after'] as const) {
      for (let broken = 0; broken < calls; broken += 1) {
        target = memoryRepository('registry.example/blessed/app', behaviour);
        const request = await requestOf(source, target, raw);
        breakAt([source, target], broken, at);
        const first = await codeOf(promote(request).catch((error) => ({ error: String(error) })));
        restore();
        if (target.named.has('v1'))
          expect((await verifyImage(target, 'v1', trust)).reasons, `${at} ${broken}: ${first}`).toEqual([]);
        const later = await requestOf(source, target, raw, {}, '2026-11-20T16:00:00Z');
        expect(await promote(later), `${at} ${broken}`).toHaveProperty('digest', raw.digest);
        expect((await verifyImage(target, 'v1', trust)).outcome).toBe('verified');
      }
    }
    expect(calls).toBeGreaterThan(20);
  });

  async function countCalls(): Promise<number> {
    let calls = 0;
    for (const repository of [source, target])
      repository.hook = (_, at) => {
        calls += at === 'before' ? 1 : 0;
      };
    await promote(await requestOf(source, target, raw));
    restore();
    return calls;
  }
});

function breakAt(repositories: readonly MemoryRepository[], broken: number, when: 'before' | 'after'): void {
  let calls = -1;
  for (const repository of repositories)
    repository.hook = (call, at) => {
      if (at === 'before') calls += 1;
      if (at === when && calls === broken) throw new Error(`connection lost at ${call}`);
    };
}

function restore(): void {
  for (const repository of [source, target]) repository.hook = () => {};
}

describe('promote', () => {
  it('never tags before the attestations are listed', async () => {
    await promote(await requestOf(source, target, raw));
    expect(target.writes.at(-1)).toBe('tag v1');
    expect(target.writes.filter((write) => write === 'tag v1').length).toBe(1);
  });

  it('holds when the candidate tag moved or is gone, and writes nothing', async () => {
    const request = await requestOf(source, target, raw);
    await pushImage(source, '1.2', { labels: { other: 'image' } });
    expect(await promote(request)).toMatchObject({ outcome: 'hold', reason: expect.stringContaining('test it again') });
    source.named.delete('1.2');
    expect(await promote(request)).toMatchObject({ outcome: 'hold' });
    expect(target.writes).toEqual([]);
  });

  it('holds when the tested manifest is gone', async () => {
    const request = await requestOf(source, target, raw);
    const candidate = { ...request.decision.candidate, tag: '1.3', digest: raw.digest };
    source.named.set('1.3', raw.digest);
    source.manifests.delete(raw.digest);
    expect(await promote({ ...request, decision: { ...request.decision, candidate } })).toMatchObject({
      outcome: 'hold',
    });
  });

  it('gives back any decision but promote', async () => {
    const request = await requestOf(source, target, raw);
    for (const outcome of ['hold', 'refuse'] as const)
      expect(await promote({ ...request, decision: { ...request.decision, outcome } })).toMatchObject({ outcome });
    expect(target.writes).toEqual([]);
  });

  it('refuses an image that would expire on Quay', async () => {
    for (const options of [
      { labels: { 'quay.expires-after': '2w' } },
      { annotations: { 'quay.expires-after': '1d' } },
    ]) {
      const expiring = await pushImage(source, '1.2', options);
      const result = await promote(await requestOf(source, target, expiring));
      expect(result).toMatchObject({ outcome: 'refuse', reason: expect.stringContaining('quay.expires-after') });
    }
    expect(target.writes).toEqual([]);
  });

  it('never promotes into the repository of the candidate, nor from another one than was tested', async () => {
    const request = await requestOf(source, target, raw);
    expect(await codeOf(promote({ ...request, target: source }))).toBe('PUBLISH_SAME_REPOSITORY');
    const same = memoryRepository('Registry.example:443/dev/app');
    expect(await codeOf(promote({ ...request, target: same }))).toBe('PUBLISH_SAME_REPOSITORY');
    const other = memoryRepository('registry.example/dev/other');
    expect(await codeOf(promote({ ...request, source: other }))).toBe('PUBLISH_WRONG_SOURCE');
  });

  it('moves a taken tag only when asked, and tells what it named', async () => {
    const old = await pushImage(target, 'v1');
    target.writes.length = 0;
    expect(await codeOf(promote(await requestOf(source, target, raw)))).toBe('PUBLISH_TAG_TAKEN');
    expect(target.writes).toEqual([]);
    const receipt = await promote(await requestOf(source, target, raw, { taken: 'move' }));
    expect(receipt).toMatchObject({ outcome: 'promoted', previous: old.digest });
    expect(target.named.get('v1')).toBe(raw.digest);
  });

  it('refuses attestations that nobody could verify, before it writes anything', async () => {
    const evidence = evidenceOf(source.name, raw);
    const good = await requestOf(source, target, raw);
    const [summary, result] = good.attestations;
    const other = await requestOf(source, target, await pushImage(source, '1.3'));
    if (!summary || !result) throw new Error('no attestations');
    const bad = [
      [],
      [summary],
      [result],
      [summary, summary, result],
      other.attestations,
      await signedOf(evidence, good.decision, target.name, newSigner()),
      await signedOf(evidence, { ...good.decision, outcome: 'hold' }, target.name),
      await signedOf(evidence, { ...good.decision, decidedAt: '2026-11-20T11:00:00Z' }, target.name),
      [summary, { ...result, bytes: Buffer.from('{}') }],
    ];
    for (const attestations of bad)
      expect(await codeOf(promote({ ...good, attestations }))).toBe('PUBLISH_ATTESTATION_UNUSABLE');
    expect(target.writes).toEqual([]);
  });

  it('says so when the registry does not give back what it was given', async () => {
    target.hook = (call, at) => {
      if (call === 'putManifest' && at === 'after') target.blobs.delete(lastLayer(raw));
    };
    expect(await codeOf(promote(await requestOf(source, target, raw)))).toBe('PUBLISH_NOT_AS_PUSHED');
    expect(target.named.has('v1')).toBe(false);
  });

  it('says so when the tag is taken away at once', async () => {
    const other = await pushImage(target, 'other');
    target.hook = (call, at) => {
      if (call === 'putTag' && at === 'after') target.named.set('v1', other.digest);
    };
    expect(await codeOf(promote(await requestOf(source, target, raw)))).toBe('PUBLISH_TAG_RACED');
  });
});

function lastLayer(manifest: RawManifest) {
  return JSON.parse(manifest.bytes.toString()).layers[0].digest;
}
