/**
 * The image as its containers see it: with what the site mounts over it. What a mount hides is gone, and what it brings
 * along is read as the image's own files are: libraries below a mounted folder, and an MPI in place of that of the image.
 */
import { posix } from 'node:path';
import type { Image } from '../image/image.ts';
import { inspectImage } from '../image/inspect-image.ts';
import { directoryTree, type ImageTree, type ImageTreeEntry, treeOf } from '../image/tree.ts';
import type { InjectedLibrary } from '../preflight/finding.ts';
import { hasCode } from '../system/files.ts';
import type { System } from '../system/system.ts';
import type { SeenMount } from './site-mounts.ts';

/** An image under mounts. */
export interface MountedImage {
  readonly image: Image;
  /** The image without the mounts; left out when there are none, and both are the same. */
  readonly bare?: Image;
  /** A mounted folder that was not looked at to its end: what is missed may lie in it. */
  readonly unseen?: string;
  /** Libraries of the mounts, each with what its own search path finds in the container. */
  readonly libraries: readonly InjectedLibrary[];
}

/** Names looked at below one mounted folder, nearest first: a software tree has them near, a file system of users is not read. */
const mostNames = 20_000;
const deepest = 8;

/**
 * Looks at the image at `root` as it is under mounts whose sources are seen. Those that are not are told by preflight. Of the
 * site's `environment` LD_LIBRARY_PATH counts.
 */
export async function imageUnderMounts(
  system: System,
  image: Image,
  root: string,
  mounts: readonly SeenMount[],
  environment: Readonly<Record<string, string>> = {},
): Promise<MountedImage> {
  const seen = mounts.filter(({ is }) => is !== undefined);
  if (seen.length === 0) return { image, libraries: mounts.flatMap(({ libraries }) => libraries) };
  const hosts = new Map<string, string>();
  const bare = await directoryTree(system.files, root);
  let entries: readonly ImageTreeEntry[] = bare.entries;
  let unseen: string | undefined;
  // Sorted by target, what lies in another mount comes after it.
  for (const mount of seen) {
    const target = treeOf(entries, bare.read).resolve(mount.target)?.path ?? mount.target;
    const brought = await below(system, mount.source, target, hosts);
    if (brought.cut) unseen = mount.source;
    const covered = (path: string): boolean => path === target || path.startsWith(`${target}/`);
    entries = [...entries.filter(({ path }) => !covered(path)), ...brought.entries];
  }
  const tree = treeOf(entries, async (path, offset, length) => {
    const host = hosts.get(path);
    if (host === undefined) return bare.read(path, offset, length);
    return await system.files.readRange(host, offset, length).catch((error) => {
      if (hasCode(error, 'EACCES', 'EPERM', 'ENOENT', 'ELOOP', 'EIO', 'ESTALE')) return new Uint8Array();
      throw error;
    });
  });
  const { added, dropped } = image.holds;
  const { LD_LIBRARY_PATH: set } = environment;
  const asked = set === undefined ? image : { ...image, environment: { ...image.environment, LD_LIBRARY_PATH: set } };
  const again = await inspectImage(sourceOf(asked), tree, { added, dropped });
  const { name, digest, resolved, mediaType, config, layers } = image;
  const containerPaths = new Map([...hosts].map(([path, host]) => [host, path]));
  return {
    image: { ...again, name, digest, resolved, mediaType, config, layers, environment: image.environment },
    bare: image,
    ...(unseen !== undefined && { unseen }),
    libraries: mounts.flatMap(({ libraries }) =>
      libraries.map((one) => searched(one, libraries, tree, containerPaths)),
    ),
  };
}

/** The files of a source as they are seen at its target; `hosts` gets where their bytes are. */
async function below(
  system: System,
  source: string,
  target: string,
  hosts: Map<string, string>,
): Promise<{ readonly entries: readonly ImageTreeEntry[]; readonly cut: boolean }> {
  const { files } = system;
  const real = await files.realPath(source);
  const entries: ImageTreeEntry[] = [];
  const take = async (host: string, path: string): Promise<void> => {
    const stat = await files.stat(host).catch(() => undefined);
    if (stat?.isSymbolicLink()) {
      const link = await files.readLink(host).catch(() => undefined);
      if (link !== undefined) entries.push({ path, kind: 'link', mode: 0o777, size: 0, target: link });
    } else if (stat?.isFile()) {
      entries.push({ path, kind: 'file', mode: stat.mode & 0o7777, size: stat.size });
      hosts.set(path, host);
    }
  };
  if ((await files.stat(real))?.isDirectory() !== true) {
    await take(real, target);
    return { entries, cut: false };
  }
  entries.push({ path: target, kind: 'directory', mode: 0o755, size: 0 });
  let cut = false;
  const queue: (readonly [string, string, number])[] = [[real, target, 0]];
  for (const [host, path, depth] of queue) {
    if (entries.length > mostNames || depth > deepest) {
      cut = true;
      break;
    }
    const names = await files.entries(host).catch(() => undefined);
    if (!names) cut = true;
    for (const entry of names ?? []) {
      const [from, to] = [posix.join(host, entry.name), posix.join(path, entry.name)];
      if (entries.length > mostNames) cut = true;
      else if (entry.isDirectory()) {
        entries.push({ path: to, kind: 'directory', mode: 0o755, size: 0 });
        queue.push([from, to, depth + 1]);
      } else if (entry.isSymbolicLink() || entry.isFile()) await take(from, to);
    }
  }
  return { entries, cut };
}

/** What the search path of a library in the container finds of what it needs; an RPATH is passed on to those it loads. */
function searched(
  library: InjectedLibrary,
  together: readonly InjectedLibrary[],
  tree: ImageTree,
  containerPaths: ReadonlyMap<string, string>,
): InjectedLibrary {
  const places = (one: InjectedLibrary, paths: readonly string[] = []): readonly string[] => {
    const at = containerPaths.get(one.path);
    const origin = at === undefined ? undefined : posix.dirname(at);
    return paths.flatMap((path) => {
      const expanded = path.replaceAll(/\$(?:ORIGIN\b|\{ORIGIN\})/g, () => origin ?? '$');
      return expanded.startsWith('/') ? [expanded] : [];
    });
  };
  const directories = [...together.flatMap((one) => places(one, one.rpath)), ...places(library, library.runpath)];
  const found = library.needed.filter((name) =>
    directories.some((path) => tree.resolve(posix.join(path, name))?.kind === 'file'),
  );
  return { ...library, placed: true, ...(found.length > 0 && { found }) };
}

/** What an image was inspected from, as far as it goes into what is found in its files. */
function sourceOf(image: Image): Parameters<typeof inspectImage>[0] {
  const { name, digest, resolved, mediaType, architecture, os, variant, environment, layers } = image;
  const config = {
    architecture,
    os,
    variant,
    config: {
      Env: Object.entries(environment).map(([key, value]) => `${key}=${value}`),
      Entrypoint: image.entrypoint,
      Cmd: image.command,
      WorkingDir: image.workingDirectory,
      Labels: image.labels,
    },
    rootfs: { diff_ids: layers.flatMap(({ diffId }) => diffId ?? []) },
  };
  const bytes = Buffer.from(JSON.stringify(config));
  const manifest = { digest, mediaType, bytes };
  return {
    name,
    resolved: { ...manifest, digest: resolved },
    manifest,
    content: {
      schemaVersion: 2,
      mediaType,
      config: { mediaType, digest: image.config, size: bytes.length },
      layers: layers.map((layer) => ({ ...layer, mediaType })),
    },
    config: bytes,
  };
}
