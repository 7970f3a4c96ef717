/** `assay verify`: is this image attested by a key we trust? Needs the image's repository and the public key alone. */
import { parseImageRef } from '../base/image-ref.ts';
import { loadTrust } from '../certify/trust.ts';
import { type Verification, verifyImage } from '../publish/verification.ts';
import type { System } from '../system/system.ts';
import { openRepository, referenceOf } from './open-repository.ts';
import { openSite } from './open-site.ts';

/** Verifies an image in a registry or in a layout on disk. The site, when given, says how its registry is reached. */
export async function verify(
  system: System,
  image: string,
  keys: readonly string[],
  site: string | undefined,
): Promise<Verification> {
  const trust = await loadTrust(system, keys);
  const ref = parseImageRef(image);
  const registries = site === undefined ? {} : (await openSite(system, site)).site.registries;
  return verifyImage(openRepository(system, ref, registries), referenceOf(ref), trust);
}
