/**
 * Opening files whose names come from elsewhere: a run directory belongs to the user whose image is judged, who may put a
 * pipe or a device where an output was. A pipe without a writer, opened the usual way, holds its reader for ever.
 */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** What the shell makes of `<(command)` is a pipe, and meant. */
const meant = /^\/(?:dev|proc\/self|proc\/\d+)\//;

/**
 * Opens a file for reading, links followed. Pipes, sockets and devices are refused with the code EFTYPE, unless their path
 * lies in /dev or among the descriptors of a process.
 */
export async function openRegular(path: string): Promise<FileHandle> {
  if (meant.test(path)) return open(path, 'r');
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = await handle.stat();
    if (stats.isFile()) return handle;
    const code = stats.isDirectory() ? 'EISDIR' : 'EFTYPE';
    throw Object.assign(new Error(`${path} is no regular file`), { code, path });
  } catch (error) {
    await handle.close();
    throw error;
  }
}
