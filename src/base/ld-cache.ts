/**
 * /etc/ld.so.cache as glibc writes it (sysdeps/generic/dl-cache.h): where ld.so finds libraries that no path names.
 * ld.so reads this file and never /etc/ld.so.conf, from which ldconfig(8) makes it.
 */
import { elfFields } from './elf.ts';

const oldMagic = 'ld.so-1.7.0';
const newMagic = 'glibc-ld.so.cache1.1';
const mostEntries = 1 << 20;

/** Paths by soname, in the order of the cache; undefined when the bytes are no such cache. */
export function readLdCache(
  bytes: Uint8Array,
  byteOrder: 'little' | 'big',
): ReadonlyMap<string, readonly string[]> | undefined {
  const start = newFormatStart(bytes, byteOrder);
  if (start === undefined) return undefined;
  const cache = bytes.subarray(start);
  const fields = elfFields(cache, byteOrder);
  const count = fields.u32(20);
  if (!(count <= mostEntries)) return undefined;
  const paths = new Map<string, string[]>();
  for (let index = 0; index < count; index += 1) {
    const at = 48 + 24 * index;
    const soname = textAt(cache, fields.u32(at + 4));
    const path = textAt(cache, fields.u32(at + 8));
    if (soname === undefined || path === undefined) return undefined;
    // A hwcap marks a copy for newer processors; whether a node takes it depends on the node. The plain copy is there too.
    if (fields.u64(at + 16) !== 0) continue;
    const known = paths.get(soname);
    if (known) known.push(path);
    else paths.set(soname, [path]);
  }
  return paths;
}

/** The new format stands alone, or behind the old one (glibc before 2.32), aligned to 8 bytes. */
function newFormatStart(bytes: Uint8Array, byteOrder: 'little' | 'big'): number | undefined {
  const startsWith = (at: number, magic: string): boolean =>
    new TextDecoder('latin1').decode(bytes.subarray(at, at + magic.length)) === magic;
  if (startsWith(0, newMagic)) return 0;
  if (!startsWith(0, oldMagic)) return undefined;
  const count = elfFields(bytes, byteOrder).u32(12);
  const after = Math.ceil((16 + 12 * count) / 8) * 8;
  return startsWith(after, newMagic) ? after : undefined;
}

function textAt(bytes: Uint8Array, at: number): string | undefined {
  const text = bytes.subarray(at, at + 4096);
  const end = text.indexOf(0);
  return end > 0 ? new TextDecoder().decode(text.subarray(0, end)) : undefined;
}
