import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { makeBundle } from '../../src/certify/bundle.ts';
import { blessingStatement } from '../../src/certify/kernels/blessing.ts';
import { generateKeyPair, loadSigner, writeKeyPair } from '../../src/certify/signer.ts';
import { addStatement } from '../../src/flow/blessings.ts';
import { kernels } from '../../src/flow/kernels.ts';
import { revoke } from '../../src/flow/revoke.ts';
import { realSystem } from '../../src/system/real-system.ts';
import type { System } from '../../src/system/system.ts';

/** A system whose clock says another time. */
const at = (now: string): System => {
  const real = realSystem(true);
  return { ...real, clock: { ...real.clock, now: () => now } };
};

it('ends a blessing that was signed by a clock which is ahead', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'assay-revoke-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const site = join(folder, 'site.yaml');
  writeFileSync(
    site,
    `site: s\nscheduler: { kind: local }\nlauncher: { kind: plain }\nruntime: { kind: bubblewrap }\npartitions: { p: { nodes: 1, processors: 1 } }\ndirectories: { runs: runs, images: images, store: a.db }\n`,
  );
  const ahead = at('2027-01-01T12:00:00.000Z');
  const behind = at('2027-01-01T11:00:00.000Z');
  const paths = await writeKeyPair(ahead, join(folder, 'key'), generateKeyPair());
  const signer = await loadSigner(ahead, paths.privateKey);
  const lines = ['kernel.release=6.1'];
  const fingerprint = digestOf(`${lines.join('\n')}\n`);
  const statement = blessingStatement(fingerprint, {
    site: 's',
    partition: 'p',
    release: '6.1',
    lines,
    evidence: { run: 'r', journal: digestOf('j'), image: digestOf('i'), suites: [], nodes: ['n1'] },
    by: 'somebody',
    from: ahead.clock.now(),
    until: '2027-06-01T00:00:00.000Z',
    reason: 'tested',
  });
  await addStatement(ahead, join(folder, 'blessings'), await makeBundle(statement, signer));
  const status = async () => (await kernels(ahead, { site, keys: [paths.publicKey] })).kernels.map((one) => one.status);
  expect(await status()).toEqual(['blessed']);
  const revoked = await revoke(behind, {
    fingerprint: fingerprint.slice(7, 20),
    key: paths.privateKey,
    reason: 'bad',
    site,
  });
  expect(revoked.at).toBe(ahead.clock.now());
  expect(readFileSync(revoked.file, 'utf8')).not.toBe('');
  expect(await status()).toEqual(['revoked']);
});
