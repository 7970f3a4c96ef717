// @ts-check
/**
 * The thread behind `lookAtFiles`: takes lists of paths, gives what each is. Synchronous calls in a few threads cost a
 * quarter of what promises do for thousands of small files. JavaScript, since a thread starts from a file that this
 * version of Node can run, in the source tree as in the build.
 */
import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync, readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';

const buffer = Buffer.allocUnsafe(1024 * 1024);

/** Bytes read of one list of files: a file of holes may claim to be larger than all that could be read in a year. */
const mostBytes = 64 * 2 ** 30;
let left = mostBytes;
const tooLarge = { code: 'EFBIG', message: 'the file is larger than what is read of it' };

/** @param {import('node:fs').Stats} stats */
const stampOf = (stats) => `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeMs}:${stats.ctimeMs}`;

/**
 * A regular file, opened so that nothing that took its place meanwhile is followed or waited for.
 * @param {string} path
 * @param {string | undefined} known
 * @param {number} most
 */
function readFile(path, known, most) {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    // Taken before the content is read: a change during the reading shows at the next look.
    const stats = fstatSync(file);
    const stamp = stampOf(stats);
    const plain = { kind: 'file', mode: stats.mode & 0o7777, size: stats.size, modified: stats.mtimeMs, stamp };
    if (stamp === known || !stats.isFile()) return stats.isFile() ? plain : { kind: 'other', mode: 0, size: 0 };
    if (stats.size > Math.min(most, left)) return { kind: 'unread', mode: 0, size: 0, ...tooLarge };
    left -= stats.size;
    const hash = createHash('sha256');
    for (let count = readSync(file, buffer); count > 0; count = readSync(file, buffer))
      hash.update(buffer.subarray(0, count));
    return { ...plain, sha256: hash.digest('hex') };
  } finally {
    closeSync(file);
  }
}

/** @param {{ path: string, stamp?: string, most?: number }} wanted */
function look({ path, stamp: known, most = Infinity }) {
  try {
    const stats = lstatSync(path);
    const mode = stats.mode & 0o7777;
    if (stats.isSymbolicLink()) return { path, kind: 'link', mode, size: 0, target: readlinkSync(path) };
    if (!stats.isFile()) return { path, kind: stats.isDirectory() ? 'directory' : 'other', mode, size: 0 };
    if (known !== undefined && stampOf(stats) === known)
      return { path, kind: 'file', mode, size: stats.size, modified: stats.mtimeMs, stamp: known };
    return { path, ...readFile(path, known, most) };
  } catch (error) {
    const { code = '', message } = /** @type {NodeJS.ErrnoException} */ (error);
    return { path, kind: 'unread', mode: 0, size: 0, code, message };
  }
}

parentPort?.on('message', (/** @type {readonly { path: string, stamp?: string, most?: number }[]} */ wanted) => {
  left = mostBytes;
  parentPort?.postMessage(wanted.map(look));
});
