/** Trees of images made in memory, for tests. */
import { posix } from 'node:path';
import { type ImageTree, type ImageTreeEntry, treeOf } from '../../src/image/tree.ts';
import { type ElfPlan, makeElf } from '../base/elf-file.ts';

/** A file's content (text, bytes or an ELF plan), or a link. Programs are those whose plan has an interpreter. */
export type Content = string | Uint8Array | { readonly elf: ElfPlan } | { readonly link: string };

/** The tree of these files, with every directory above them. */
export function imageTree(files: Readonly<Record<string, Content>>): ImageTree {
  const entries = new Map<string, ImageTreeEntry>();
  const bytes = new Map<string, Uint8Array>();
  for (const [path, content] of Object.entries(files)) {
    for (let above = posix.dirname(path); above !== '/'; above = posix.dirname(above))
      if (!entries.has(above)) entries.set(above, { path: above, kind: 'directory', mode: 0o755, size: 0 });
    if (typeof content === 'object' && 'link' in content) {
      entries.set(path, { path, kind: 'link', mode: 0o777, size: content.link.length, target: content.link });
      continue;
    }
    const elf = typeof content === 'object' && 'elf' in content ? content.elf : undefined;
    const data = elf ? makeElf(elf) : typeof content === 'string' ? Buffer.from(content) : (content as Uint8Array);
    const mode = elf?.interpreter !== undefined || elf?.type === 2 ? 0o755 : 0o644;
    entries.set(path, { path, kind: 'file', mode, size: data.length });
    bytes.set(path, data);
  }
  return treeOf([...entries.values()], async (path, offset, length) =>
    (bytes.get(path) ?? new Uint8Array()).subarray(offset, offset + length),
  );
}

/** An /etc/ld.so.cache as ldconfig writes it (new format, little-endian), from soname to path. */
export function ldCache(entries: Readonly<Record<string, string>>, magicBefore = false): Uint8Array {
  const list = Object.entries(entries);
  const stringsAt = 48 + 24 * list.length;
  const strings = Buffer.from(list.map(([soname, path]) => `${soname}\0${path}\0`).join(''));
  const head = Buffer.alloc(stringsAt);
  head.write('glibc-ld.so.cache1.1', 0, 'latin1');
  head.writeUInt32LE(list.length, 20);
  head.writeUInt32LE(strings.length, 24);
  let at = stringsAt;
  for (const [index, [soname, path]] of list.entries()) {
    head.writeUInt32LE(at, 48 + 24 * index + 4);
    head.writeUInt32LE(at + soname.length + 1, 48 + 24 * index + 8);
    at += soname.length + path.length + 2;
  }
  const cache = Buffer.concat([head, strings]);
  if (!magicBefore) return cache;
  // The old format in front: magic, padding, the number of its entries (here 1), one entry of 12 bytes, aligned to 8.
  const old = Buffer.alloc(32);
  old.write('ld.so-1.7.0', 0, 'latin1');
  old.writeUInt32LE(1, 12);
  return Buffer.concat([old, cache]);
}

const interpreter = '/lib64/ld-linux-x86-64.so.2';

/** A program that needs these libraries. */
export function program(needed: readonly string[], more: ElfPlan = {}): Content {
  return { elf: { interpreter, needed, ...more } };
}

/** A library with its soname. */
export function library(soname: string, more: ElfPlan = {}): Content {
  return { elf: { soname, ...more } };
}

const mpiSymbols = { MPI_Init: '', MPI_Comm_size: '', PMPI_Init: '' };

/** Open MPI's library of a version. */
export function openMpi(version: string, more: ElfPlan = {}): Content {
  return library('libmpi.so.40', {
    defines: { ...mpiSymbols, ompi_mpi_comm_world: '', ompi_version_string: version, MPIR_MPIOInit: '' },
    ...more,
  });
}

/** MPICH's library of a version, with texts as in its data. */
export function mpich(version: string, text: string, more: ElfPlan = {}): Content {
  return library('libmpi.so.12', {
    defines: { ...mpiSymbols, MPIR_Err_create_code: '', MPII_Version_string: version },
    text,
    ...more,
  });
}
