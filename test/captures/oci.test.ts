/** Every manifest, index and configuration among the captures: read, or refused with a reason that fits. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HarnessError } from '../../src/base/error.ts';
import { rawManifest, readConfig, readManifest } from '../../src/oci/manifest.ts';

const folder = '../shared/captures/oci';
const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')) : [];

/** What the file's bytes are to us. */
function kindOf(name: string): string {
  const bytes = readFileSync(join(folder, name));
  try {
    return readManifest(rawManifest(bytes, undefined, name), name).kind;
  } catch (error) {
    if (!(error instanceof HarnessError)) throw error;
    return error.code;
  }
}

const odd: Readonly<Record<string, string>> = {
  'ci-non-json.manifest.json': 'OCI_MANIFEST_INVALID',
  'ci-v2s1.manifest.json': 'OCI_MANIFEST_UNSUPPORTED',
  'ci-v2s1-invalid-signatures.manifest.json': 'OCI_MANIFEST_UNSUPPORTED',
  // Docker schema 1, without its signatures.
  'quay-manifest_unencoded_unicode.json': 'OCI_MANIFEST_UNSUPPORTED',
  'quay-validated_manifest.json': 'OCI_MANIFEST_UNSUPPORTED',
  // Their configuration's digest is the empty text.
  'ci-ociv1.artifact.json': 'OCI_MANIFEST_INVALID',
  'ci-ociv1nomime.artifact.json': 'OCI_MANIFEST_INVALID',
  'ci-unknown-version.manifest.json': 'OCI_MANIFEST_UNSUPPORTED',
};

test.skipIf(names.length === 0).each(names.filter((name) => !/config|att-layer/.test(name)))('%s', (name) => {
  const expected = odd[name] ?? (/index|v2list|schema2list/.test(name) ? 'index' : 'image');
  expect(kindOf(name)).toBe(expected);
});

test.skipIf(names.length === 0)('image configurations', () => {
  const heads = names
    .filter((name) => /^(ci-image|quay|regclient).*config/.test(name))
    .map((name) => readConfig(readFileSync(join(folder, name)), name));
  expect(heads.length).toBeGreaterThan(3);
  for (const { platform, diffIds } of heads) {
    expect(platform.os).toBe('linux');
    expect(diffIds.length).toBeGreaterThan(0);
  }
});
