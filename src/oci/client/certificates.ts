/** Which certificate authorities a registry's certificate may come from, beside Node's own list. */
import { join } from 'node:path';
import { messageOf } from '../../base/error.ts';
import { hasCode } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import { tlsFailed } from '../errors.ts';

/** Certificates as one PEM text, and the files they came from. */
export interface Authorities {
  readonly pem?: string;
  readonly files: readonly string[];
}

// The bundle that a distribution keeps; sites add their own authority to it. Debian, Red Hat, SUSE.
const systemBundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
];

/**
 * Collects what containers-certs.d(5) and Docker's certs.d name for this host and port, `SSL_CERT_FILE`,
 * `NODE_EXTRA_CA_CERTS`, the distribution's bundle, and the file the site names, which must be readable (OCI_TLS).
 */
export async function findAuthorities(system: System, registry: string, caFile?: string): Promise<Authorities> {
  const { HOME, SSL_CERT_FILE, NODE_EXTRA_CA_CERTS } = system.environment.variables;
  const bundles = SSL_CERT_FILE ? [SSL_CERT_FILE] : systemBundles;
  const directories = [
    ...(HOME ? [join(HOME, '.config/containers/certs.d', registry), join(HOME, '.docker/certs.d', registry)] : []),
    join('/etc/containers/certs.d', registry),
    join('/etc/docker/certs.d', registry),
  ];
  const found: { file: string; text: string }[] = [];
  if (caFile !== undefined) found.push({ file: caFile, text: await readNamed(system, caFile) });
  for (const directory of directories) {
    for (const name of await namesIn(system, directory)) {
      const text = name.endsWith('.crt') ? await readIfPossible(system, join(directory, name)) : undefined;
      if (text) found.push({ file: join(directory, name), text });
    }
  }
  for (const file of [...bundles, ...(NODE_EXTRA_CA_CERTS ? [NODE_EXTRA_CA_CERTS] : [])]) {
    const text = await readIfPossible(system, file);
    if (text) found.push({ file, text });
  }
  if (found.length === 0) return { files: [] };
  return { pem: found.map(({ text }) => text).join('\n'), files: found.map(({ file }) => file) };
}

async function readNamed(system: System, file: string): Promise<string> {
  try {
    const text = await system.files.readText(file);
    if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  } catch (error) {
    throw tlsFailed(`the CA file ${file} cannot be read: ${messageOf(error)}`, 'correct `ca` in the site file');
  }
  throw tlsFailed(`the CA file ${file} holds no PEM certificate`, 'correct `ca` in the site file');
}

async function namesIn(system: System, directory: string): Promise<readonly string[]> {
  try {
    return await system.files.list(directory);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EPERM')) return [];
    throw error;
  }
}

async function readIfPossible(system: System, file: string): Promise<string | undefined> {
  try {
    const text = await system.files.readTextIfThere(file);
    return text?.includes('-----BEGIN CERTIFICATE-----') ? text : undefined;
  } catch (error) {
    if (hasCode(error, 'EACCES', 'EPERM', 'EISDIR')) return undefined;
    throw error;
  }
}
