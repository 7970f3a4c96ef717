/** A blessed kernel for tests: a run on it, statements about it, and the keys that sign them. */
import { digestOf } from '../../../src/base/digest.ts';
import { makeBundle } from '../../../src/certify/bundle.ts';
import { blessingStatement, revocationStatement } from '../../../src/certify/kernels/blessing.ts';
import type { BlessingPredicate } from '../../../src/certify/kernels/kernel-statement.ts';
import type { KernelFile } from '../../../src/certify/kernels/read-statement.ts';
import { ownTrust } from '../../../src/certify/signer.ts';
import type { Statement } from '../../../src/certify/statement.ts';
import { digest, newSigner } from '../example.ts';

export const administrator = newSigner();
export const stranger = newSigner('ed25519');
export const trust = ownTrust(administrator);

export const lines = [
  'assay.fingerprint=kernel/1',
  'kernel.machine=x86_64',
  'kernel.release=6.1.0-28',
  'kernel.version=#1',
];
export const fingerprint = digestOf(`${lines.join('\n')}\n`);
export const otherLines = lines.map((line) => line.replace('#1', '#2'));
export const otherFingerprint = digestOf(`${otherLines.join('\n')}\n`);

export const predicate: BlessingPredicate = {
  site: 'hpc1',
  partition: 'batch',
  release: '6.1.0-28',
  lines,
  evidence: {
    run: 'r0',
    journal: digest('journal'),
    image: digest('image'),
    suites: [{ name: 'wireup', digest: digest('wireup') }],
    nodes: ['n1', 'n2'],
  },
  by: 'grace',
  from: '2026-11-01T00:00:00.000Z',
  until: '2026-12-31T23:59:59.999Z',
  reason: 'wireup and lammps passed',
};

/** A file of the folder of blessings. */
export async function fileOf(statement: Statement, signer = administrator): Promise<KernelFile & { bytes: Buffer }> {
  const { bytes, digest: name } = await makeBundle(statement, signer);
  return { name: `${name.slice(7)}.json`, bytes };
}

/** A blessing of the kernel, with some members changed. */
export function blessing(change: Partial<BlessingPredicate> = {}, signer = administrator) {
  const made = { ...predicate, ...change };
  return fileOf(blessingStatement(digestOf(`${made.lines.join('\n')}\n`), made), signer);
}

/** A revocation of the kernel. */
export function revocation(at: string, signer = administrator) {
  return fileOf(
    revocationStatement(fingerprint, 'kernel:hpc1', { by: 'grace', at, reason: 'it loses packets' }),
    signer,
  );
}

/** The file with its signed content changed, and the old signature. */
export function tampered(file: KernelFile & { bytes: Buffer }, from: string, to: string): KernelFile {
  const bundle = JSON.parse(file.bytes.toString());
  const text = Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString().replace(from, to);
  bundle.dsseEnvelope.payload = Buffer.from(text).toString('base64');
  return { name: file.name, bytes: Buffer.from(JSON.stringify(bundle)) };
}
