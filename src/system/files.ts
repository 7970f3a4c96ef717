/** Files. Every write that matters goes through a temporary name, fsync and rename. */

import { createHash } from 'node:crypto';
import { constants, createWriteStream, type Dirent, type Stats } from 'node:fs';
import * as fs from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import type { Digest } from '../base/digest.ts';
import { type FileLook, lookAtFiles, type WantedLook } from './file-look.ts';
import { openRegular } from './regular-file.ts';

/**
 * The file system. Paths are as the caller gives them; errors are Node's own (`code` ENOENT, EACCES, ENOSPC …), and EFTYPE
 * where a pipe or a device stands in a file's place.
 */
export interface Files {
  readonly readText: (path: string) => Promise<string>;
  readonly readBytes: (path: string) => Promise<Buffer>;
  /** Text, or undefined when the file is not there. */
  readonly readTextIfThere: (path: string) => Promise<string | undefined>;
  /** Writes whole, atomically: temporary name, fsync, rename, fsync of the directory. */
  readonly writeAtomic: (path: string, content: string | Uint8Array, mode?: number) => Promise<void>;
  /** Appends and fsyncs before it returns. */
  readonly appendDurably: (path: string, content: string, mode?: number) => Promise<void>;
  readonly makeDirectory: (path: string, mode?: number) => Promise<void>;
  readonly list: (path: string) => Promise<readonly string[]>;
  /** At most `length` bytes from `offset`, fewer where the file ends. Refuses a symbolic link; never waits for a FIFO. */
  readonly readRange: (path: string, offset: number, length: number) => Promise<Uint8Array>;
  readonly stat: (path: string) => Promise<Stats | undefined>;
  readonly remove: (path: string) => Promise<void>;
  readonly rename: (from: string, to: string) => Promise<void>;
  readonly copy: (from: string, to: string) => Promise<void>;
  readonly chmod: (path: string, mode: number) => Promise<void>;
  readonly realPath: (path: string) => Promise<string>;
  readonly digest: (path: string) => Promise<Digest>;
  readonly read: (path: string) => Readable;
  readonly write: (path: string, mode?: number) => Writable;
  /**
   * Makes a file that must not exist yet, whole and synced; false when it does. Nobody ever sees it empty, on no host (link(2)).
   * The base of every lock and lease.
   */
  readonly createExclusive: (path: string, content: string, mode?: number) => Promise<boolean>;
  /** Free bytes of the file system that holds the path. */
  readonly freeBytes: (path: string) => Promise<number>;
  /** The names in a directory with their types, unsorted; links are not followed. */
  readonly entries: (path: string) => Promise<readonly Dirent[]>;
  /**
   * Writes a whole new file with its mode and modification time, not fsynced. It must not exist yet, and no link is
   * followed in its last component.
   */
  readonly createFile: (
    path: string,
    content: Uint8Array | AsyncIterable<Uint8Array>,
    mode: number,
    modified: Date,
  ) => Promise<void>;
  readonly makeSymlink: (target: string, path: string) => Promise<void>;
  readonly makeHardLink: (existing: string, path: string) => Promise<void>;
  readonly readLink: (path: string) => Promise<string>;
  /** Sets the modification time of a file, a directory or a link itself. */
  readonly setModified: (path: string, modified: Date) => Promise<void>;
  /** Looks at many files: what each is, and the digest of its content. Their order is not kept. */
  readonly look: (wanted: AsyncIterable<WantedLook>) => AsyncIterable<FileLook>;
}

/** True when a thrown value is a system error with one of these codes. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && codes.includes((error as NodeJS.ErrnoException).code ?? '');
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await fs.open(path, 'r');
  try {
    await handle.sync();
  } catch (error) {
    // Some network file systems refuse fsync on a directory; the rename itself is then all there is.
    if (!hasCode(error, 'EINVAL', 'EBADF', 'ENOTSUP')) throw error;
  } finally {
    await handle.close();
  }
}

async function writeWhole(handle: fs.FileHandle, bytes: Uint8Array): Promise<void> {
  let offset = 0;
  while (offset < bytes.length) offset += (await handle.write(bytes, offset)).bytesWritten;
}

/** Makes a directory and its parents. Node's own recursive mkdir never returns where a file system says ENOENT for ever, as /proc does. */
async function makeDirectories(path: string, mode: number): Promise<void> {
  const make = async (): Promise<void> => {
    try {
      await fs.mkdir(path, { mode });
    } catch (error) {
      if (!hasCode(error, 'EEXIST') || !(await fs.stat(path)).isDirectory()) throw error;
    }
  };
  try {
    await make();
  } catch (error) {
    if (!hasCode(error, 'ENOENT') || dirname(path) === path) throw error;
    await makeDirectories(dirname(path), mode);
    await make();
  }
}

/** Node leaves the path out of some errors (EISDIR while reading); whoever tells of one needs it. */
async function named<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof Error
      ? Object.assign(error, { path: (error as NodeJS.ErrnoException).path ?? path })
      : error;
  }
}

let sequence = 0;

/** A name in the same directory that no other process uses, on no host. */
function temporaryBeside(path: string): string {
  sequence += 1;
  return join(dirname(path), `.${hostname()}.${process.pid}.${sequence}.tmp`);
}

async function readRegular(path: string): Promise<Buffer> {
  const handle = await named(path, openRegular(path));
  try {
    return await named(path, handle.readFile());
  } finally {
    await handle.close();
  }
}

async function* piecesOf(path: string): AsyncGenerator<Uint8Array> {
  const handle = await named(path, openRegular(path));
  // The stream closes its file.
  yield* handle.createReadStream() as AsyncIterable<Uint8Array>;
}

/** As `createExclusive`, where another may see the file before its content. */
async function createInPlace(path: string, content: string, mode: number): Promise<boolean> {
  try {
    await fs.writeFile(path, content, { mode, flag: 'wx', flush: true });
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/** The real file system. */
export const realFiles: Files = {
  readText: async (path) => (await readRegular(path)).toString('utf8'),
  readBytes: readRegular,
  readTextIfThere: async (path) => {
    try {
      return (await readRegular(path)).toString('utf8');
    } catch (error) {
      if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
      throw error;
    }
  },
  writeAtomic: async (path, content, mode = 0o640) => {
    const temporary = temporaryBeside(path);
    const handle = await fs.open(temporary, 'w', mode);
    try {
      await handle.writeFile(content);
      await handle.sync();
      await handle.close();
      await fs.rename(temporary, path);
    } catch (error) {
      await handle.close().catch(() => {});
      await fs.rm(temporary, { force: true });
      throw error;
    }
    await syncDirectory(dirname(path));
  },
  appendDurably: async (path, content, mode = 0o640) => {
    const handle = await fs.open(path, 'a', mode);
    try {
      await handle.writeFile(content);
      await handle.datasync();
    } finally {
      await handle.close();
    }
  },
  makeDirectory: (path, mode = 0o2750) => makeDirectories(path, mode),
  list: async (path) => (await fs.readdir(path)).sort(),
  readRange: async (path, offset, length) => {
    const handle = await fs.open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const buffer = Buffer.alloc(length);
      let filled = 0;
      while (filled < length) {
        const { bytesRead } = await handle.read(buffer, filled, length - filled, offset + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return buffer.subarray(0, filled);
    } finally {
      await handle.close();
    }
  },
  stat: async (path) => {
    try {
      return await fs.lstat(path);
    } catch (error) {
      if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
      throw error;
    }
  },
  remove: (path) => fs.rm(path, { recursive: true, force: true }),
  rename: (from, to) => fs.rename(from, to),
  copy: (from, to) => fs.copyFile(from, to),
  chmod: (path, mode) => fs.chmod(path, mode),
  realPath: (path) => fs.realpath(path),
  digest: async (path) => {
    const handle = await named(path, openRegular(path));
    try {
      const hash = createHash('sha256');
      const buffer = Buffer.allocUnsafe(64 * 1024);
      const piece = async () => (await named(path, handle.read(buffer))).bytesRead;
      for (let count = await piece(); count > 0; count = await piece()) hash.update(buffer.subarray(0, count));
      return `sha256:${hash.digest('hex')}`;
    } finally {
      await handle.close();
    }
  },
  read: (path) => Readable.from(piecesOf(path), { objectMode: false }),
  write: (path, mode = 0o640) => createWriteStream(path, { mode, flags: 'w' }),
  createExclusive: async (path, content, mode = 0o640) => {
    const temporary = temporaryBeside(path);
    const handle = await fs.open(temporary, 'wx', mode);
    try {
      await handle.writeFile(content);
      await handle.sync();
      await handle.close();
      await fs.link(temporary, path);
      return true;
    } catch (error) {
      await handle.close().catch(() => {});
      // Some file systems have no hard links.
      if (hasCode(error, 'EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP')) return await createInPlace(path, content, mode);
      if (!hasCode(error, 'EEXIST')) throw error;
      // NFS may lose the answer to a link that was made, and then says that it is there.
      return (await fs.stat(temporary)).nlink === 2;
    } finally {
      await fs.rm(temporary, { force: true });
    }
  },
  freeBytes: async (path) => {
    const stats = await fs.statfs(path);
    return stats.bavail * stats.bsize;
  },
  entries: (path) => fs.readdir(path, { withFileTypes: true }),
  createFile: async (path, content, mode, modified) => {
    const handle = await fs.open(path, 'wx', mode);
    try {
      if (content instanceof Uint8Array) await writeWhole(handle, content);
      else for await (const piece of content) await writeWhole(handle, piece);
      await handle.chmod(mode);
      await handle.utimes(modified, modified);
    } finally {
      await handle.close();
    }
  },
  makeSymlink: (target, path) => fs.symlink(target, path),
  makeHardLink: (existing, path) => fs.link(existing, path),
  readLink: (path) => fs.readlink(path),
  setModified: (path, modified) => fs.lutimes(path, modified, modified),
  look: lookAtFiles,
};
