/** `assay bless --revoke`: signs that every blessing of a kernel made until now is void. */
import { type Digest, isDigest } from '../base/digest.ts';
import { makeBundle } from '../certify/bundle.ts';
import { revocationStatement } from '../certify/kernels/blessing.ts';
import { claimedFingerprint, readKernelStatement } from '../certify/kernels/read-statement.ts';
import { loadSigner, ownTrust, type PassphraseSource } from '../certify/signer.ts';
import type { System } from '../system/system.ts';
import { addStatement, readBlessings } from './blessings.ts';
import { kernelUnknown } from './errors.ts';
import { openSite } from './open-site.ts';

/** What is to be revoked, and by whom. */
export interface RevokeRequest {
  /** A fingerprint, whole, or its first digits (8 at least) as they are unique among the blessings. */
  readonly fingerprint: string;
  readonly key: string;
  readonly passphrase?: PassphraseSource;
  readonly reason: string;
  readonly site?: string;
}

/** The revocation that was made, and its file. */
export interface Revoked {
  readonly outcome: 'revoked';
  readonly fingerprint: Digest;
  readonly at: string;
  readonly digest: Digest;
  readonly file: string;
}

/** Revokes. A whole fingerprint needs no blessing: a kernel may be barred before somebody blesses it elsewhere. */
export async function revoke(system: System, request: RevokeRequest): Promise<Revoked> {
  const signer = await loadSigner(system, request.key, request.passphrase);
  const { site } = await openSite(system, request.site);
  const folder = site.directories.blessings;
  const statements = (await readBlessings(system, folder)).map((file) => readKernelStatement(file, ownTrust(signer)));
  const known = new Set(statements.flatMap((one) => claimedFingerprint(one) ?? []));
  const fingerprint = meant(request.fingerprint, [...known].sort(), folder);
  const now = system.clock.now();
  // A blessing that another host signed, whose clock is ahead, must not outlive its revocation.
  const begun = statements.flatMap((one) =>
    one.kind === 'blessing' && one.fingerprint === fingerprint ? [one.from] : [],
  );
  const at = [now, ...begun].reduce((latest, one) => (Date.parse(one) > Date.parse(latest) ? one : latest));
  if (at !== now)
    system.log.warn(
      `a blessing of this kernel begins at ${at}, and this clock says ${now}: the revocation counts from then`,
    );
  const by = system.environment.user;
  const statement = revocationStatement(fingerprint, `kernel:${site.name}`, { by, at, reason: request.reason });
  const attestation = await makeBundle(statement, signer);
  const file = await addStatement(system, folder, attestation);
  return { outcome: 'revoked', fingerprint, at, digest: attestation.digest, file };
}

function meant(text: string, known: readonly Digest[], folder: string): Digest {
  const hex = text.replace(/^sha256:/, '').toLowerCase();
  const whole = `sha256:${hex}`;
  if (isDigest(whole)) return whole;
  if (!/^[0-9a-f]{8,}$/.test(hex))
    throw kernelUnknown(`"${text}" is no fingerprint`, 'write its 64 hex digits, or 8 or more of the first ones');
  const found = known.filter((one) => one.startsWith(whole));
  const [only] = found;
  if (only && found.length === 1) return only;
  throw kernelUnknown(
    found.length > 1
      ? `"${text}" is the beginning of ${found.length} fingerprints`
      : `no blessing in ${folder} is about a kernel "${text}"`,
    found.length > 1 ? `write more of it: ${found.join(', ')}` : 'see: assay kernels',
  );
}
