/** The C library of an image: whose it is and how old, from the files that programs name as their interpreter. */
import { posix } from 'node:path';
import type { Binaries, Binary } from './binaries.ts';
import type { Image } from './image.ts';
import { scanFile } from './scan.ts';
import type { ImageTree } from './tree.ts';

/** Which C library a program is for, by its interpreter (the `Interp` path of the psABI, or musl's). */
export function libcOf(binary: Binary): 'glibc' | 'musl' | undefined {
  const interpreter = binary.elf.interpreter;
  if (interpreter === undefined) return undefined;
  return posix.basename(interpreter).startsWith('ld-musl-') ? 'musl' : 'glibc';
}

/** The C library that most programs of the image are linked with; without such programs, the one that is there. */
export async function findLibc(tree: ImageTree, binaries: Binaries): Promise<Image['libc']> {
  const counted = { glibc: 0, musl: 0 };
  for (const binary of binaries.all) {
    const family = binary.kind === 'program' ? libcOf(binary) : undefined;
    if (family) counted[family] += 1;
  }
  const glibc = binaries.all.find((binary) => binary.elf.soname === 'libc.so.6');
  const musl = binaries.all.find((binary) => /^\/(?:usr\/)?lib\/ld-musl-[^/]+\.so\.1$/.test(binary.path));
  if (musl && (counted.musl > counted.glibc || (!glibc && counted.musl === counted.glibc)))
    return withVersion('musl', await muslVersion(tree, musl));
  if (glibc) return withVersion('glibc', await glibcVersion(tree, glibc));
  const wanted = counted.musl > counted.glibc ? 'musl' : 'glibc';
  return counted.glibc + counted.musl > 0
    ? { unknown: `its programs need ${wanted}, which the image does not hold` }
    : { unknown: 'the image holds no C library and no program that needs one' };
}

function withVersion(family: 'glibc' | 'musl', version: string | undefined): Image['libc'] {
  return { family, ...(version !== undefined && { version }) };
}

/** The banner of libc.so.6 (csu/version.c): `GNU C Library (…) stable release version 2.36.` */
async function glibcVersion(tree: ImageTree, libc: Binary): Promise<string | undefined> {
  const { banner } = await scanFile(tree, libc.path, {
    banner: /GNU C Library [^\0\n]{0,200}release version (\d+\.\d+(?:\.\d+)?)/,
  });
  return banner;
}

/** `ldd` of musl prints `Version` and this text, a constant of its own in the loader (src/internal/version.c). */
async function muslVersion(tree: ImageTree, musl: Binary): Promise<string | undefined> {
  const { version } = await scanFile(tree, musl.path, { version: /\0(1\.\d+\.\d+(?:-git-[0-9a-z-]+)?)\0/ });
  return version;
}
