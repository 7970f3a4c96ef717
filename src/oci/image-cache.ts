/** Blobs and unpacked trees on a shared file system, made once for all processes and hosts that want them. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { addAbortSignal, type Readable } from 'node:stream';
import { canonicalJson, type Digest, digestOf, hexOf } from '../base/digest.ts';
import { HarnessError, messageOf } from '../base/error.ts';
import { showBytes } from '../base/quantity.ts';
import { hasCode } from '../system/files.ts';
import type { System } from '../system/system.ts';
import { type LeaseTimes, withLease } from './cache/lease.ts';
import { type Descriptor, verified } from './descriptor.ts';
import { cacheUnusable, treeAltered } from './errors.ts';
import type { Repository } from './registry.ts';
import type { ResolvedImage } from './resolve.ts';
import type { Tree } from './tree/tree.ts';
import { readTreeFile } from './tree/tree-file.ts';
import { type FileStamps, type TreeDifference, verifyTree } from './tree/verify-tree.ts';
import { type LayerSource, type Preparation, preparationKey, unpackLayers } from './unpack.ts';

/** A tree in the cache, verified when it was opened unless that was not asked for. */
export interface CachedTree {
  /** The directory to run from: what the image's root directory is. */
  readonly root: string;
  /** The tree's manifest as a file, beside the root. */
  readonly manifestFile: string;
  readonly tree: Tree;
  /** Of the files that were read and found good in this call: none where the tree was made or not verified. */
  readonly stamps?: FileStamps;
  readonly image: Digest;
  /** `made` in this call, or found and verified. */
  readonly how: 'found' | 'made';
}

/** Wishes and limits of the cache. */
export interface CacheOptions {
  readonly preparation?: Preparation;
  readonly maxBytes?: number;
  readonly lease?: LeaseTimes;
  /** False: a tree that is there is taken by its manifest alone, for a plan that runs nothing of it. */
  readonly verify?: boolean;
  /** Aborted, downloading and unpacking stop at once, with an AbortError; what was half made is removed. */
  readonly signal?: AbortSignal;
}

const noPreparation: Preparation = { directories: [], files: [] };

/** Path of a blob in a cache. */
export function cachedBlobPath(cache: string, digest: Digest): string {
  return join(cache, 'blobs/sha256', hexOf(digest));
}

/** Directory of an image's tree in a cache: `trees/<manifest's hex>-<16 digits of the preparation>`. */
export function cachedTreePath(cache: string, image: Digest, preparation: Preparation = noPreparation): string {
  return join(cache, 'trees', `${hexOf(image)}-${hexOf(digestOf(preparationKey(preparation))).slice(0, 16)}`);
}

/**
 * The path of a blob in the cache, downloaded and verified if it was not there. OCI_CACHE_UNUSABLE, OCI_CACHE_BUSY and
 * the repository's own errors. A blob that is there was verified when it was stored and has its length.
 */
export async function ensureBlob(
  system: System,
  cache: string,
  repository: Repository,
  descriptor: Descriptor,
  { lease: times = {}, signal }: Pick<CacheOptions, 'lease' | 'signal'> = {},
): Promise<string> {
  const path = cachedBlobPath(cache, descriptor.digest);
  const isThere = async () => (await system.files.stat(path))?.size === descriptor.size;
  return usable(system, cache, async () => {
    if (await isThere()) return path;
    await makeCache(system, cache);
    const purpose = `download ${descriptor.digest}`;
    return withLease(
      system,
      leasePath(cache, hexOf(descriptor.digest)),
      purpose,
      async () => {
        if (await isThere()) return path;
        system.log.progress(`downloading ${descriptor.digest} (${showBytes(descriptor.size)}) from ${repository.name}`);
        const temporary = `${path}.${randomBytes(6).toString('hex')}.part`;
        try {
          const bytes = stoppable(verified(await repository.blob(descriptor), descriptor, repository.name), signal);
          await system.files.createFile(temporary, bytes, 0o640, new Date(system.clock.now()));
          await system.files.rename(temporary, path);
        } catch (error) {
          await system.files.remove(temporary);
          throw error;
        }
        return path;
      },
      times,
    );
  });
}

/**
 * The unpacked tree of an image, verified in full: every byte of it is what its layers hold. Made when it is not there
 * and made again when files are missing (a scratch file system was purged). When anything was altered or added it is
 * set aside, never repaired in silence: OCI_TREE_ALTERED says where it is now, and the next call makes it anew.
 */
export async function openTree(
  system: System,
  cache: string,
  image: ResolvedImage,
  repository: Repository,
  options: CacheOptions = {},
): Promise<CachedTree> {
  const path = cachedTreePath(cache, image.manifest.digest, options.preparation);
  return usable(system, cache, async () => {
    const verify = options.verify !== false;
    const found = await inspectTree(system, path, image.manifest.digest, verify);
    if (found.state === 'good') return foundTree(path, image, found);
    if (found.state === 'altered') throw await setAside(system, path, image, found.why);
    await makeCache(system, cache);
    const purpose = `unpack ${image.name}`;
    const name = path.slice(path.lastIndexOf('/') + 1);
    return withLease(
      system,
      leasePath(cache, name),
      purpose,
      async () => {
        // Another process may have made it while this one waited.
        const again = await inspectTree(system, path, image.manifest.digest, verify);
        if (again.state === 'good') return foundTree(path, image, again);
        if (again.state === 'altered') throw await setAside(system, path, image, again.why);
        const tree = await makeTree(system, cache, path, image, repository, options);
        return { ...placeOf(path, image), tree, how: 'made' };
      },
      options.lease,
    );
  });
}

function placeOf(path: string, image: ResolvedImage): Pick<CachedTree, 'root' | 'manifestFile' | 'image'> {
  return { root: join(path, 'rootfs'), manifestFile: join(path, 'tree.json'), image: image.manifest.digest };
}

type GoodTree = { readonly state: 'good'; readonly tree: Tree; readonly stamps?: FileStamps };

function foundTree(path: string, image: ResolvedImage, { tree, stamps }: GoodTree): CachedTree {
  return { ...placeOf(path, image), tree, ...(stamps && { stamps }), how: 'found' };
}

type Inspected =
  | GoodTree
  | { readonly state: 'absent' | 'incomplete' }
  | { readonly state: 'altered'; readonly why: string };

async function inspectTree(system: System, path: string, image: Digest, verify: boolean): Promise<Inspected> {
  if (!(await system.files.stat(path))) return { state: 'absent' };
  const file = await readTreeFile(system, join(path, 'tree.json'));
  if (!file) return { state: 'incomplete' };
  const { tree } = file;
  if (!tree || file.image !== image)
    return { state: 'altered', why: 'its manifest tree.json is not the one that was written' };
  if (!verify) return { state: 'good', tree };
  const difference = await verifyTree(system, join(path, 'rootfs'), tree);
  const { missing, altered, extra } = difference;
  if (altered.length > 0 || extra.length > 0) return { state: 'altered', why: describe(difference) };
  return missing.length > 0 ? { state: 'incomplete' } : { state: 'good', tree, stamps: difference.stamps };
}

function describe({ altered, extra, missing }: TreeDifference): string {
  const part = (paths: readonly string[], what: string): string[] =>
    paths.length === 0
      ? []
      : [`${paths.length} ${what}: ${paths.slice(0, 3).join(', ')}${paths.length > 3 ? ', …' : ''}`];
  return [...part(altered, 'altered'), ...part(extra, 'added'), ...part(missing, 'missing')].join('; ');
}

async function setAside(system: System, path: string, image: ResolvedImage, why: string): Promise<HarnessError> {
  const aside = `${path}.altered-${system.clock.now().replaceAll(/[-:.]/g, '')}`;
  let now = `it was set aside as ${aside}; the next run makes it anew`;
  try {
    await system.files.rename(path, aside);
  } catch (error) {
    now = hasCode(error, 'ENOENT', 'ENOTEMPTY', 'EEXIST')
      ? 'another process set it aside; the next run makes it anew'
      : `it could not be set aside (${messageOf(error)}): move ${path} away`;
  }
  return treeAltered(
    `the unpacked tree of ${image.name} was changed since it was unpacked (${why})`,
    `${now}. Find out who changed it: results from it are not results of this image`,
  );
}

async function makeTree(
  system: System,
  cache: string,
  path: string,
  image: ResolvedImage,
  repository: Repository,
  options: CacheOptions,
): Promise<Tree> {
  const { files } = system;
  const name = path.slice(path.lastIndexOf('/') + 1);
  const trees = join(cache, 'trees');
  // What an earlier holder of this lease left half made.
  for (const left of await files.list(trees)) if (left.startsWith(`.${name}.`)) await files.remove(join(trees, left));
  const temporary = join(trees, `.${name}.${randomBytes(6).toString('hex')}`);
  try {
    await files.makeDirectory(temporary);
    const tree = await unpackFromCache(system, cache, join(temporary, 'rootfs'), image, repository, options);
    await files.writeAtomic(join(temporary, 'tree.json'), canonicalJson({ image: image.manifest.digest, ...tree }));
    await publish(system, temporary, path);
    return tree;
  } catch (error) {
    await files.remove(temporary);
    throw error;
  }
}

/** Renames a made tree into its place; an incomplete one that stands there is moved away first. */
async function publish(system: System, temporary: string, path: string): Promise<void> {
  const { files } = system;
  const old = `${temporary}.incomplete`;
  if (await files.stat(path)) await files.rename(path, old);
  try {
    await files.rename(temporary, path);
  } catch (error) {
    // A holder that lost its lease finds that another was faster: the same image unpacks to the same tree.
    if (!hasCode(error, 'ENOTEMPTY', 'EEXIST')) throw error;
    await files.remove(temporary);
  }
  await files.remove(old);
}

async function unpackFromCache(
  system: System,
  cache: string,
  root: string,
  image: ResolvedImage,
  repository: Repository,
  options: CacheOptions,
): Promise<Tree> {
  const { layers } = image.content;
  const sources: LayerSource[] = [];
  for (const [index, descriptor] of layers.entries()) {
    const file = await ensureBlob(system, cache, repository, descriptor, options);
    const diffId = image.head.diffIds[index];
    if (!diffId) throw new Error('a resolved image has a diff id for each layer');
    const open = async () => stoppable(verified(system.files.read(file), descriptor, file), options.signal);
    sources.push({ descriptor, diffId, open });
  }
  const unpack = () =>
    unpackLayers(system, sources, root, {
      ...(options.maxBytes !== undefined && { maxBytes: options.maxBytes }),
      preparation: options.preparation ?? noPreparation,
      onLayer: (layer, number) =>
        system.log.progress(
          `unpacking layer ${number} of ${layers.length} (${showBytes(layer.size)}) of ${image.name}`,
        ),
    });
  try {
    return await unpack();
  } catch (error) {
    if (options.signal?.aborted || !(error instanceof HarnessError) || !(await dropDamaged(system, cache, layers)))
      throw error;
  }
  // A blob in the cache had gone bad, which is no fault of the image: once more with fresh ones.
  system.log.warn(`a blob of ${image.name} in the cache was damaged; it is downloaded again`);
  await system.files.remove(root);
  for (const descriptor of layers) await ensureBlob(system, cache, repository, descriptor, options);
  return unpack();
}

/** The stream, ending with an error when the signal comes. */
function stoppable(stream: Readable, signal: AbortSignal | undefined): Readable {
  if (!signal) return stream;
  // The signal may come before anybody reads; whoever then does is told all the same.
  stream.on('error', () => {});
  return addAbortSignal(signal, stream);
}

async function dropDamaged(system: System, cache: string, layers: readonly Descriptor[]): Promise<boolean> {
  let dropped = false;
  for (const { digest } of layers) {
    const file = cachedBlobPath(cache, digest);
    if (!(await system.files.stat(file)) || (await system.files.digest(file)) === digest) continue;
    await system.files.remove(file);
    dropped = true;
  }
  return dropped;
}

function leasePath(cache: string, name: string): string {
  return join(cache, 'leases', `${name}.lock`);
}

async function makeCache(system: System, cache: string): Promise<void> {
  for (const part of ['blobs/sha256', 'trees', 'leases']) await system.files.makeDirectory(join(cache, part));
}

/** Runs work on the cache; failures of the file system become OCI_CACHE_UNUSABLE with what there is to do. */
async function usable<T>(system: System, cache: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? '') : '';
    if (error instanceof HarnessError || !/^E[A-Z0-9]+$/.test(code)) throw error;
    throw cacheUnusable(
      `the image cache ${cache} cannot be used: ${messageOf(error)}`,
      await hintFor(system, cache, code),
      {
        cause: error,
      },
    );
  }
}

async function hintFor(system: System, cache: string, code: string): Promise<string> {
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return `make ${cache} writable for ${system.environment.user}, or name another directory in the site file`;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return `check the file system of ${cache}`;
  const free = await system.files.freeBytes(cache).catch(() => undefined);
  const left = free === undefined ? '' : ` (${showBytes(free)} free)`;
  return `make room there${left}: blobs and trees of images no longer used may be removed`;
}
