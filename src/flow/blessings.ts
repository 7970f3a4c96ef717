/** The folder of blessings: one file for each statement, named by its digest, written once and never changed. */
import { join } from 'node:path';
import { digestOf, hexOf } from '../base/digest.ts';
import { messageOf } from '../base/error.ts';
import { type Attestation, largestBundle } from '../certify/bundle.ts';
import type { KernelFile } from '../certify/kernels/read-statement.ts';
import { hasCode } from '../system/files.ts';
import type { System } from '../system/system.ts';
import { blessingsUnreadable, blessingsUnwritable } from './errors.ts';

const ending = '.json';

/**
 * The statements in a folder, by name; none when the folder is not there. Files of other names are not looked at. Throws
 * FLOW_BLESSINGS_UNREADABLE when the folder cannot be listed: a revocation might lie in it.
 */
export async function readBlessings(system: System, folder: string): Promise<readonly KernelFile[]> {
  let names: readonly string[];
  try {
    names = await system.files.list(folder);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw blessingsUnreadable(
      `the folder of blessings ${folder} cannot be read: ${messageOf(error)}`,
      'let its owner give this user the right to read it, or name another one in the site file under directories',
      { cause: error },
    );
  }
  const files: KernelFile[] = [];
  for (const name of names.filter((one) => one.endsWith(ending) && !one.startsWith('.')))
    files.push(await readOne(system, folder, name));
  return files;
}

async function readOne(system: System, folder: string, name: string): Promise<KernelFile> {
  const path = join(folder, name);
  try {
    const stat = await system.files.stat(path);
    if (!stat?.isFile()) return { name, unreadable: 'it is no plain file' };
    if (stat.size > largestBundle) return { name, unreadable: 'it is too large' };
    return { name, bytes: await system.files.readBytes(path) };
  } catch (error) {
    return { name, unreadable: messageOf(error) };
  }
}

/** Adds a statement and gives its path. What is there already is left alone. Throws FLOW_BLESSINGS_UNWRITABLE. */
export async function addStatement(system: System, folder: string, { bytes }: Attestation): Promise<string> {
  const { files } = system;
  const path = join(folder, `${hexOf(digestOf(bytes))}${ending}`);
  const temporary = join(folder, `.${system.random(8)}.tmp`);
  try {
    if (!(await files.stat(folder))) await files.makeDirectory(folder, 0o2755);
    await files.createExclusive(temporary, bytes.toString('utf8'), 0o644);
    // The umask may have taken rights away, and everybody may read what is signed.
    await files.chmod(temporary, 0o644);
    // A link fails where a name is taken; a rename would replace it.
    await files.makeHardLink(temporary, path).catch((error: unknown) => {
      if (!hasCode(error, 'EEXIST')) throw error;
    });
    await files.remove(temporary);
  } catch (error) {
    await files.remove(temporary).catch(() => {});
    throw blessingsUnwritable(
      `the statement cannot be written to ${folder}: ${messageOf(error)}`,
      'name a folder that is there and yours in the site file, under directories as blessings',
      { cause: error },
    );
  }
  return path;
}
